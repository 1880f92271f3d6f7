import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SMTPServerOptions } from 'smtp-server';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createLogger } from '../../platform/logger';
import type { Mail } from './mail';
import { claimMail, MAIL_KEPT_FOR, MAIL_USEFUL_FOR, pruneMails, retryAfter } from './mail-queue';
import { createMails } from './mails';
import { sendMails } from './send-mails';
import { createSmtpTransport, type MailTransport } from './smtp';
import { TEST_SECRET_KEY } from './testing-mail';
import { startTestMailServer, type TestMailServer } from './testing-mail-server';

const START = Date.UTC(2026, 10, 22);
const secretKey = TEST_SECRET_KEY;
const link = 'https://parking.example/recover#secretsecret';
const recover: Mail = {
  ...{ kind: 'recover', to: 'ada@example.test', locale: 'de' },
  content: { name: 'Ada Löwe', link },
};
const changed: Mail = {
  ...{ kind: 'ways_in_changed', to: 'bob@example.test', locale: 'en' },
  content: { name: 'Bob', what: 'password_set' },
};

let database: TestDatabase;
const open: (MailTransport | TestMailServer)[] = [];
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const it of open.splice(0)) await it.close();
  await database.close();
});

/** A mail server and who sends by it. */
async function start(options: SMTPServerOptions = {}, query = '') {
  const server = await startTestMailServer(options);
  open.push(server);
  return { server, ...createSender(server.port, query) };
}

function createSender(port: number, query = '') {
  const clock = createSettableClock(START);
  const lines: string[] = [];
  const logger = createLogger({ write: (line) => lines.push(line) });
  const url = `smtp://127.0.0.1:${port}${query}`;
  const transport = createSmtpTransport({ url, from: 'Undercroft <parking@example.org>' });
  open.push(transport);
  const { pool } = database;
  const mails = createMails({ pool, clock, newId, secretKey });
  return {
    clock,
    lines,
    mails,
    transport,
    send: () => sendMails({ pool, clock, secretKey, transport, logger }),
  };
}

const rows = async () =>
  (
    await database.pool.query<{ attempts: number; next: Date; failed: Date | null }>(
      'select attempts, next_attempt_at as next, failed_at as failed from mails order by created_at, mail_id',
    )
  ).rows;

describe('sendMails', () => {
  it('B4 sends text and HTML in one message to one address, and keeps nothing of it', async () => {
    const { server, mails, send } = await start();
    await mails.queue(recover);
    await mails.queue(changed);
    const { rows: kept } = await database.pool.query<{ text: string }>(
      'select mails::text as text from mails',
    );
    for (const { text } of kept) expect(text).not.toContain('secretsecret');
    await expect(send()).resolves.toBe(2);
    await expect(rows()).resolves.toEqual([]);
    await expect(send()).resolves.toBe(0);
    const mail = server.received.find(({ to }) => to.includes(recover.to));
    expect(mail).toMatchObject({ from: 'parking@example.org', to: [recover.to] });
    expect(mail?.raw).toMatch(/^From: Undercroft <parking@example\.org>/m);
    expect(mail?.raw).toMatch(/^Auto-Submitted: auto-generated/m);
    expect(mail?.raw).toMatch(/^Subject: =\?UTF-8\?Q\?Zur=C3=BCck_in_Ihr_Konto\?=/m);
    expect(mail?.raw).toMatch(/multipart\/alternative/);
    expect(mail?.raw).toMatch(/text\/plain[\s\S]*text\/html/);
    const whole = mail?.raw.replace(/=\r\n/g, '').replaceAll('=3D', '=');
    expect(whole?.split(link).length).toBeGreaterThan(2);
    expect(server.received).toHaveLength(2);
  });

  it('B7 takes up a link that somebody waits for before digests that were due earlier', async () => {
    const { mails, clock } = createSender(1);
    const content = { name: 'Bob', siteName: 'Hillside', timeZone: 'Europe/Berlin', told: [], link };
    await mails.queue({ kind: 'digest', to: changed.to, locale: 'en', content });
    clock.advance(1000);
    await mails.queue(recover);
    const claim = () => claimMail(database.pool, secretKey, clock.now());
    expect([(await claim())?.mail?.kind, (await claim())?.mail?.kind]).toEqual(['recover', 'digest']);
  });

  it('B7 tries again later what the server does not take now, with the same message id', async () => {
    let isBusy = true;
    const messageIds: (string | undefined)[] = [];
    const { mails, send, clock, lines } = await start({
      onData(stream, _session, done) {
        let raw = '';
        stream.on('data', (chunk: Buffer) => (raw += chunk.toString('utf8')));
        stream.on('end', () => {
          messageIds.push(/^Message-ID: (<.+>)/im.exec(raw)?.[1]);
          const busy = Object.assign(new Error('try later, bob@example.test'), { responseCode: 451 });
          done(isBusy ? busy : null);
        });
      },
    });
    await mails.queue(changed);
    await expect(send()).resolves.toBe(0);
    await expect(send()).resolves.toBe(0);
    expect(await rows()).toEqual([{ attempts: 1, next: new Date(START + retryAfter(1)), failed: null }]);
    clock.advance(retryAfter(1));
    await send();
    expect((await rows())[0]).toMatchObject({ attempts: 2, failed: null });
    isBusy = false;
    clock.advance(retryAfter(2));
    await expect(send()).resolves.toBe(1);
    expect(messageIds).toHaveLength(3);
    expect(new Set(messageIds)).toEqual(new Set([expect.stringMatching(/@example\.org>$/)]));
    expect(lines.filter((line) => line.includes('could not be sent yet'))).toHaveLength(2);
    expect(lines.join('')).toContain('451');
    expect(lines.join('')).not.toMatch(/example\.test/);
  });

  it('B7 gives up an address that the server does not know, and goes on with the next mail', async () => {
    const { server, mails, send, clock } = await start({
      onRcptTo({ address }, _session, done) {
        done(address === recover.to ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null);
      },
    });
    await mails.queue(recover);
    await mails.queue(changed);
    await expect(send()).resolves.toBe(1);
    expect(server.received.map(({ to }) => to)).toEqual([[changed.to]]);
    expect(await rows()).toEqual([{ attempts: 1, next: expect.any(Date) as Date, failed: new Date(START) }]);
    clock.advance(MAIL_KEPT_FOR);
    await expect(pruneMails(database.pool, clock.now())).resolves.toBe(1);
  });

  it('B7 waits for a server that is down, but sends no link that is over', async () => {
    const { port, close } = await startTestMailServer();
    await close();
    const { mails, send, clock } = createSender(port);
    await mails.queue(recover);
    await mails.queue(changed);
    await expect(send()).resolves.toBe(0);
    expect(await rows()).toMatchObject([{ failed: null }, { failed: null }]);
    clock.advance(MAIL_USEFUL_FOR.recover);
    await send();
    const [link, other] = await rows();
    expect(link).toMatchObject({ failed: new Date(clock.now()) });
    expect(other).toMatchObject({ attempts: 2, failed: null });
  });

  it('B7 of several processes one sends a mail, and none twice', async () => {
    const { server, mails } = await start();
    const count = 40;
    for (let at = 0; at < count; at++) await mails.queue({ ...changed, to: `bob-${at}@example.test` });
    const processes = [1, 2, 3, 4].map(() => createSender(server.port));
    const sent = await Promise.all(processes.map(({ send }) => send()));
    expect(sent.reduce((one, other) => one + other)).toBe(count);
    expect(new Set(server.received.map(({ to }) => to[0])).size).toBe(count);
    expect(server.received).toHaveLength(count);
  });

  it('B7 takes up what a process has left when it died', async () => {
    const { server, mails, send, clock, transport } = await start();
    await mails.queue(changed);
    // What such a process has done: claimed it, and nothing more.
    await claimMail(database.pool, secretKey, clock.now());
    await expect(send()).resolves.toBe(0);
    clock.advance(retryAfter(1));
    await expect(send()).resolves.toBe(1);
    expect(server.received).toHaveLength(1);
    transport.close();
    await mails.queue(changed);
    await expect(send()).resolves.toBe(0);
    expect(await rows()).toMatchObject([{ attempts: 0 }]);
  });

  it('A7 sends nothing without TLS where TLS is wanted', async () => {
    const { server, mails, send } = await start({}, '?requireTLS=true');
    await mails.queue(recover);
    await expect(send()).resolves.toBe(0);
    expect(server.received).toEqual([]);
    expect(await rows()).toMatchObject([{ attempts: 1, failed: null }]);
  });

  it('A7 uses TLS where the server has it', async () => {
    const encrypted = await start({ disabledCommands: ['AUTH'] }, '?tls.rejectUnauthorized=false');
    await encrypted.mails.queue(recover);
    await expect(encrypted.send()).resolves.toBe(1);
    expect(encrypted.server.received).toMatchObject([{ wasEncrypted: true }]);
  });

  it('A7 puts a mail aside that was sealed with another key', async () => {
    const { send, clock, lines } = await start();
    const { pool } = database;
    await createMails({ pool, clock, newId, secretKey: new Uint8Array(32) }).queue(changed);
    await expect(send()).resolves.toBe(0);
    expect(await rows()).toMatchObject([{ failed: new Date(START) }]);
    expect(lines.join('')).toContain('SECRET_KEY');
  });
});
