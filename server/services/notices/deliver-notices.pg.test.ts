import type { Pool, PoolClient } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { noticeKinds } from '#shared/domain/notice-kinds';
import { HOUR, makeTestSite, NOW, type TestSite } from '../../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { waitingMails } from '../mail/testing-mail';
import type { PushTransport } from '../push/push-transport';
import { startTestPushService, type TestPushService } from '../push/testing-push-service';
import { BATCH_LASTS } from './deliver-notices';
import { isPressing } from './delivery';
import { CLAIMED_FOR } from './due-notices';
import { addNotice, addPhone, createDeliverer, dueNotices, prefer } from './testing-notices';

let database: TestDatabase;
let service: TestPushService;
let site: TestSite;
beforeAll(async () => {
  database = await createTestDatabase();
  service = await startTestPushService();
});
afterAll(async () => {
  await service.close();
  await database.close();
});
beforeEach(async () => {
  site = await makeTestSite(database.pool);
  // The key of Web Push is sealed with the former site's secret.
  await site.pool.query('truncate notices, notice_deliveries, mails, server_secrets, push_subscriptions');
  service.answer(201);
});

const MINUTE = 60_000;
const deliver = () => createDeliverer(site, service.transport)();
const mails = <K extends 'notice' | 'digest'>(kind: K) =>
  waitingMails(site.pool, { kind, secretKey: site.secretKey });

async function someone() {
  const member = await site.join();
  await prefer(site, member, { mail: { changed: 'off' } });
  return { member, phone: await addPhone(site, service, member) };
}

describe('delivering notices', () => {
  it('B4 wakes each browser of the member once, encrypted for it, and says where and when only to who wants that', async () => {
    const { member, phone } = await someone();
    const tablet = await addPhone(site, service, member);
    const { phone: stranger } = await someone();
    const discreet = await addNotice(site, member);
    expect(await deliver()).toBe(1);
    const [message] = phone.messages();
    expect(phone.read(message!)).toEqual({
      kind: 'notice',
      noticeId: discreet,
      siteId: site.siteId,
      noticeKind: 'changed',
      unread: 1,
    });
    expect(() => stranger.read(message!)).toThrow();
    expect(message!.headers).toMatchObject({
      ...{ ttl: String(24 * 3600), urgency: 'normal', topic: discreet.replaceAll('-', '') },
    });
    await prefer(site, member, { detailsOnLockScreen: true, mail: { changed: 'off' } });
    const open = await addNotice(site, member, { data: { slotLabel: 'B2-14', start: NOW } });
    await deliver();
    expect(phone.read(phone.messages()[1]!)).toMatchObject({
      ...{ data: { slotLabel: 'B2-14', start: NOW }, timeZone: 'Europe/Berlin', unread: 2, siteName: 'Test' },
    });
    expect(await deliver()).toBe(0);
    expect(phone.received()).toEqual([discreet, open]);
    expect(tablet.received()).toEqual([discreet, open]);
    expect(stranger.received()).toEqual([]);
    expect(await dueNotices(site)).toEqual(new Map());
  });

  it('B4 sends nothing that was read, that the member does not want, that is over, or to who has left', async () => {
    const { member, phone } = await someone();
    await prefer(site, member, { push: { confirmed: false }, mail: { waitlist_offer: 'off' } });
    const read = await addNotice(site, member);
    await site.pool.query('update notices set read_at = now() where notice_id = $1', [read]);
    await addNotice(site, member, { kind: 'confirmed', data: {} });
    await addNotice(site, member, { kind: 'waitlist_offer', data: { until: NOW } });
    const gone = await someone();
    await addNotice(site, gone.member);
    await site.pool.query('update members set left_at = now() where member_id = $1', [gone.member.id]);
    expect(await deliver()).toBeGreaterThan(0);
    expect([...phone.received(), ...gone.phone.received()]).toEqual([]);
    expect(await dueNotices(site)).toEqual(new Map());
  });

  it('B4 C10 settles what is for nobody any more at once, however much, and goes on to what is for somebody', async () => {
    const gone = await someone();
    await addNotice(site, gone.member);
    await site.pool.query(
      `insert into notices (site_id, notice_id, member_id, kind, data, told_key, created_at, deliver_at)
       select site_id, gen_random_uuid(), member_id, kind, data, 'more ' || number, created_at, deliver_at - interval '1 minute'
         from notices, generate_series(1, 450) as number`,
    );
    await site.pool.query('update members set left_at = now(), user_id = null where member_id = $1', [
      gone.member.id,
    ]);
    const { member, phone } = await someone();
    const noticeId = await addNotice(site, member);
    expect(await deliver()).toBe(1);
    expect(phone.received()).toEqual([noticeId]);
    expect(await dueNotices(site)).toEqual(new Map());
  });

  it('B4 one that cannot be looked at keeps no other from going, and nothing is sent twice', async () => {
    const { member, phone } = await someone();
    const elsewhere = await makeTestSite(database.pool);
    const poisoned = await elsewhere.join();
    await prefer(elsewhere, poisoned, { mail: { changed: 'off' } });
    await database.pool.query(`update sites set time_zone = 'Mars/Olympus' where site_id = $1`, [
      elsewhere.siteId,
    ]);
    const broken = await addNotice(elsewhere, poisoned, { kind: 'slot_reserved', data: {}, at: NOW });
    const id = await addNotice(site, member);
    expect(await deliver()).toBe(2);
    expect(phone.received()).toEqual([id]);
    expect(await dueNotices(site)).toEqual(new Map([[broken, NOW + 30_000]]));
    site.clock.set(NOW + 30_000);
    await deliver();
    expect(phone.received()).toEqual([id]);
    site.clock.set(NOW + 3 * 24 * HOUR);
    await deliver();
    expect(await dueNotices(site)).toEqual(new Map());
  });

  it('B4 a mail that cannot be queued is tried again later, and what was pushed is not pushed again', async () => {
    const { member, phone } = await someone();
    await prefer(site, member, { mail: { changed: 'at_once' } });
    const { member: other } = await someone();
    await prefer(site, other, { push: { changed: false }, mail: { changed: 'at_once' } });
    const [failing] = [await addNotice(site, member), await addNotice(site, other)];
    let fails = true;
    const deliverWith = createDeliverer(site, service.transport, {
      mails: (mails) => ({
        ...mails,
        queue: (mail, client) =>
          fails && mail.kind === 'notice' ? Promise.reject(new Error('no mail')) : mails.queue(mail, client),
      }),
    });
    await deliverWith();
    expect(phone.received()).toEqual([failing]);
    expect(await mails('notice')).toHaveLength(0);
    fails = false;
    site.clock.advance(30_000);
    await deliverWith();
    expect(await mails('notice')).toHaveLength(2);
    expect(phone.received()).toEqual([failing]);
    expect(await dueNotices(site)).toEqual(new Map());
  });

  it('B4 a browser that has another building open is told which one it is of, and keeps its number', async () => {
    const { member, phone } = await someone();
    const other = await makeTestSite(database.pool);
    await site.pool.query(
      `update sessions set site_id = $2 where user_id = (select user_id from members where member_id = $1)`,
      [member.id, other.siteId],
    );
    const id = await addNotice(site, member);
    await deliver();
    expect(phone.read(phone.messages()[0]!)).toEqual({
      ...{ kind: 'notice', noticeId: id, siteId: site.siteId, noticeKind: 'changed' },
    });
  });

  it('B4 in quiet hours waits for the morning, but not with what is urgent, nor with what was read meanwhile', async () => {
    const { member, phone } = await someone();
    // Berlin is an hour ahead: 23:00 there.
    site.clock.set(NOW + 12 * HOUR);
    await prefer(site, member, { quietHours: { from: 22 * 60, until: 7 * 60 }, mail: { changed: 'off' } });
    const quiet = await addNotice(site, member);
    const read = await addNotice(site, member);
    const end = NOW + 13 * HOUR;
    const urgent = await addNotice(site, member, { kind: 'reminder_end', data: { end } });
    await deliver();
    expect(phone.received()).toEqual([urgent]);
    const morning = Date.UTC(2026, 2, 3, 6);
    expect(await dueNotices(site)).toEqual(new Map([quiet, read].map((id) => [id, morning])));
    await site.pool.query('update notices set read_at = now(), deliver_at = null where notice_id = $1', [
      read,
    ]);
    site.clock.set(morning);
    await deliver();
    expect(phone.received()).toEqual([urgent, quiet]);
  });

  it.each([
    ['429 with seconds', 429, '600', 10 * MINUTE],
    ['503 with a date', 503, new Date(NOW + 5 * MINUTE).toUTCString(), 5 * MINUTE],
    ['500 without a word', 500, undefined, 30_000],
    ['429 with nonsense', 429, 'soon', 30_000],
  ])(
    'B4 %s: only that browser is tried again, when it was asked for',
    async (_name, status, retryAfter, wait) => {
      const { member, phone } = await someone();
      const tablet = await addPhone(site, service, member);
      service.answer(status, { path: tablet.path, ...(retryAfter !== undefined && { retryAfter }) });
      const id = await addNotice(site, member);
      await deliver();
      expect(await dueNotices(site)).toEqual(new Map([[id, NOW + wait]]));
      service.answer(201);
      site.clock.advance(wait - 1);
      expect(await deliver()).toBe(0);
      site.clock.advance(1);
      await deliver();
      expect(phone.received()).toEqual([id]);
      expect(tablet.received()).toEqual([id, id]);
      expect(await dueNotices(site)).toEqual(new Map());
    },
  );

  it('B4 forgets a browser that is gone, keeps one that refuses, and gives up what nobody took within a day', async () => {
    const { member, phone } = await someone();
    const [gone, lost, refusing] = await Promise.all([1, 2, 3].map(() => addPhone(site, service, member)));
    service.answer(404, { path: gone!.path });
    service.answer(410, { path: lost!.path });
    service.answer(403, { path: refusing!.path });
    const id = await addNotice(site, member);
    await deliver();
    expect(phone.received()).toEqual([id]);
    expect(await dueNotices(site)).toEqual(new Map());
    const { rows } = await site.pool.query<{ endpoint: string }>('select endpoint from push_subscriptions');
    expect(rows.map(({ endpoint }) => endpoint).sort()).toEqual(
      [phone, refusing!].map(({ path }) => `${service.url}${path}`).sort(),
    );
    service.answer(503);
    await addNotice(site, member);
    let attempts = 0;
    while ((await dueNotices(site)).size > 0 && attempts < 50) {
      site.clock.set([...(await dueNotices(site)).values()][0]!);
      await deliver();
      attempts++;
    }
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(20);
    expect(site.clock.now()).toBeLessThan(NOW + 24 * HOUR);
  });

  it('B4 mails at once what the member wants at once, and the rest of the day at seven by the site’s clock', async () => {
    const { member, phone } = await someone();
    const { member: unconfirmed } = await someone();
    await prefer(site, member, { push: { changed: false }, mail: { credits_low: 'daily' } }, 'de');
    await site.pool.query(
      'update users set email_verified_at = null where user_id = (select user_id from members where member_id = $1)',
      [unconfirmed.id],
    );
    await addNotice(site, member);
    await addNotice(site, member, {
      kind: 'slot_reserved',
      data: { slotLabel: 'B2-14', credits: 3, start: NOW, end: NOW + HOUR },
    });
    const read = await addNotice(site, member, { kind: 'slot_freed', data: {} });
    await addNotice(site, member, { kind: 'credits_low', data: { balance: 2 } });
    await addNotice(site, unconfirmed, { kind: 'credits_low', data: { balance: 2 } });
    await deliver();
    const [atOnce] = await mails('notice');
    expect(await mails('notice')).toHaveLength(1);
    expect(atOnce).toMatchObject({ locale: 'de', content: { siteName: 'Test', told: { kind: 'changed' } } });
    expect(await mails('digest')).toEqual([]);
    expect(new Set((await dueNotices(site)).values())).toEqual(new Set([Date.UTC(2026, 2, 3, 6)]));
    await site.pool.query('update notices set read_at = now(), deliver_at = null where notice_id = $1', [
      read,
    ]);
    site.clock.set(Date.UTC(2026, 2, 3, 6));
    await deliver();
    const digests = await mails('digest');
    expect(digests).toHaveLength(1);
    expect(digests[0]!.content.told.map(({ kind }) => kind)).toEqual(['slot_reserved', 'credits_low']);
    expect(await mails('notice')).toHaveLength(1);
    expect(phone.received()).toEqual([]);
    expect(await dueNotices(site)).toEqual(new Map());
  });

  it('B4 B7 a reminder waits for nobody whose browser takes every message and never answers', async () => {
    const [evil, honest] = [await someone(), await someone()];
    await addMany(evil.member, 3000);
    site.clock.advance(1000);
    const ordinary = await addNotice(site, honest.member);
    const start = site.clock.now() + HOUR;
    const reminder = await addNotice(site, honest.member, { kind: 'reminder_start', data: { start } });
    const { transport, posts, letGo } = tarpit(evil.phone);
    const deliverHere = createDeliverer(site, transport);
    const run = deliverHere();
    await expect.poll(() => honest.phone.received(), { timeout: 1000 }).toEqual([reminder]);
    // While the batch hangs, what presses has a run of its own.
    const end = site.clock.now() + HOUR;
    const next = await addNotice(site, honest.member, { kind: 'reminder_end', data: { end } });
    expect(await deliverHere({ onlyPressing: true })).toBe(1);
    expect(honest.phone.received()).toEqual([reminder, next]);
    expect(posts()).toBe(4);
    letGo();
    expect(await run).toBe(3002);
    // Whoever has not answered is not asked again in this run, and keeps what is of others waiting no longer.
    expect(posts()).toBe(4);
    expect(honest.phone.received()).toEqual([reminder, next, ordinary]);
    const again = [...(await dueNotices(site)).values()];
    expect(again).toHaveLength(3000);
    expect(new Set(again)).toEqual(new Set([site.clock.now() + 30_000]));
  });

  it('B4 B7 a batch ends long before others may claim it, however slow a browser’s service answers', async () => {
    const { member, phone } = await someone();
    await addMany(member, 100);
    const began = site.clock.now();
    const deliverHere = createDeliverer(site, {
      accepts: () => true,
      post: async (...args) => {
        site.clock.advance(2000);
        return await service.transport.post(...args);
      },
    });
    expect(await deliverHere()).toBe(100);
    expect(site.clock.now() - began).toBeLessThanOrEqual(BATCH_LASTS);
    const sent = phone.received().length;
    expect(sent).toBeGreaterThan(0);
    expect((await dueNotices(site)).size).toBe(100 - sent);
    site.clock.advance(30_000);
    await deliver();
    expect(new Set(phone.received()).size).toBe(100);
    expect(phone.received()).toHaveLength(100);
  });

  it('B4 what presses has an index, of the very kinds that press', async () => {
    const { rows } = await site.pool.query<{ indexdef: string }>(
      `select indexdef from pg_indexes where indexname = 'notices_pressing'`,
    );
    const named = noticeKinds.filter((kind) => rows[0]!.indexdef.includes(`'${kind}'`));
    expect(named).toEqual(noticeKinds.filter(isPressing));
  });

  it('B7 three processes deliver each notice once', async () => {
    const people = [];
    for (let count = 0; count < 10; count++) people.push(await someone());
    const sent: string[] = [];
    for (let count = 0; count < 30; count++)
      for (const { member } of people) sent.push(await addNotice(site, member));
    const counts = await Promise.all([deliver(), deliver(), deliver()]);
    expect(counts.reduce((one, other) => one + other)).toBe(300);
    expect(people.flatMap(({ phone }) => phone.received()).sort()).toEqual(sent.sort());
  });

  it('B7 a process that dies at any step shows each notice once, and mails it once', async () => {
    const { member, phone } = await someone();
    let steps = 0;
    let wasKilled = true;
    for (; wasKilled; steps++) {
      await site.pool.query('delete from notices');
      await site.pool.query('delete from mails');
      service.messages.length = 0;
      await prefer(site, member, {});
      const ids = [await addNotice(site, member), await addNotice(site, member)];
      await addNotice(site, member, { kind: 'credits_low', data: { balance: 1 } });
      const mortal = createMortal(site.pool, service.transport, steps);
      await createDeliverer(site, mortal.transport, { pool: mortal.pool })().catch(() => undefined);
      wasKilled = mortal.isDead();
      await untilRolledBack();
      // Then by another process, once what was claimed is free again; the next morning, too, by one that dies as well.
      site.clock.advance(CLAIMED_FOR);
      await deliver();
      const dying = createMortal(site.pool, service.transport, steps);
      site.clock.advance(24 * HOUR);
      await createDeliverer(site, dying.transport, { pool: dying.pool })().catch(() => undefined);
      await untilRolledBack();
      site.clock.advance(CLAIMED_FOR);
      await deliver();
      const shown = new Map(phone.received().map((id) => [id, true]));
      expect([...shown.keys()].sort(), `killed after ${steps} steps`).toEqual(ids.sort());
      expect(await mails('notice'), `killed after ${steps} steps`).toHaveLength(2);
      expect(await mails('digest'), `killed after ${steps} steps`).toHaveLength(1);
      expect(await dueNotices(site)).toEqual(new Map());
    }
    expect(steps).toBeGreaterThan(8);
  });
});

/** So many notices as a wish that had waited and was refused leaves. */
async function addMany(member: { readonly id: string }, count: number): Promise<void> {
  await site.pool.query(
    `insert into notices (site_id, notice_id, member_id, kind, data, told_key, created_at, deliver_at)
     select $1, gen_random_uuid(), $2, 'refused', '{}', 'many ' || number, $3, $3 from generate_series(1, $4::int) as number`,
    [site.siteId, member.id, new Date(site.clock.now()), count],
  );
}

/** Takes what is for that phone and answers nothing until it is let go; then, as the transport after 10 s, that no answer came. */
function tarpit({ path }: { readonly path: string }) {
  let posts = 0;
  let letGo: () => void = () => undefined;
  const isOver = new Promise<null>((resolve) => (letGo = () => resolve(null)));
  const transport: PushTransport = {
    accepts: () => true,
    post: async (endpoint, post) => {
      if (!endpoint.endsWith(path)) return await service.transport.post(endpoint, post);
      posts++;
      return await isOver;
    },
  };
  return { transport, posts: () => posts, letGo: () => letGo() };
}

/** Postgres may still look after the connection that was cut: its locks keep a notice from being claimed for that moment. */
const untilRolledBack = () =>
  expect
    .poll(async () => {
      const { rowCount } = await site.pool.query(
        `select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
      );
      return rowCount;
    })
    .toBe(0);

/** A process that is killed after so many statements and messages: nothing it does afterwards reaches anybody. */
function createMortal(pool: Pool, transport: PushTransport, lives: number) {
  let left = lives;
  let isDead = false;
  const step = () => {
    if (left-- > 0) return;
    isDead = true;
    throw new Error('killed');
  };
  const mortalPool = {
    query: async (...args: Parameters<Pool['query']>) => {
      step();
      return await (pool.query(...args) as unknown as Promise<unknown>);
    },
    connect: async () => {
      step();
      const client = await pool.connect();
      return new Proxy(client, {
        get(target, key) {
          if (key === 'query') {
            return async (...args: Parameters<PoolClient['query']>) => {
              step();
              return await (target.query(...args) as unknown as Promise<unknown>);
            };
          }
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
  return {
    isDead: () => isDead,
    pool: mortalPool as unknown as Pool,
    transport: {
      accepts: (endpoint: string) => transport.accepts(endpoint),
      post: async (...args: Parameters<PushTransport['post']>) => {
        step();
        return await transport.post(...args);
      },
    },
  };
}
