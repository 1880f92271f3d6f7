import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Member } from '#shared/domain/entities';
import { balancesOf, HOUR, makeTestSite, NOW, TestDevice, type TestSite } from '../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import { createSessionToken, hashSessionToken } from '../services/auth/session-token';
import { startTestMailServer, type TestMailServer } from '../services/mail/testing-mail-server';
import { CLAIMED_FOR } from '../services/notices/due-notices';
import { REMINDED_BEFORE } from '../services/notices/tell-by-clock';
import { addNotice, addPhone, dueNotices, prefer, type TestPhone } from '../services/notices/testing-notices';
import { startTestPushService, type TestPushService } from '../services/push/testing-push-service';
import { hastenJob } from './job-runs';
import { createMortals, type Mortal, type Mortals } from './testing-mortal';
import { TAKEN, type Step } from './testing-mortal-messages';

/*
 * B7, and what issue 6 asks of jobs: the process is killed (SIGKILL) between an effect and its mark, and another one goes on. Rows
 * have each effect once. Over the wire a message that was taken may come once more for each process that died before it was marked,
 * under the key by which its receiver shows it once: push a topic and the notice's id, of which the service worker makes the tag
 * (worker-notifications.test.ts), mail its Message-ID.
 *
 * One process lives at a time; who takes up what one has left is the next one to be killed. A start takes one second of processor
 * time, so that tests with several have more patience than others.
 */
const MINUTE = 60_000;
const OFFER_TIME = 10 * MINUTE;
let database: TestDatabase;
let service: TestPushService;
let mailServer: TestMailServer;
let site: TestSite;
let mortals: Mortals;
let mortal: Mortal;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startTestPushService();
  mailServer = await startTestMailServer();
  site = await makeTestSite(database.pool, { offerTime: OFFER_TIME, creditPrice: 50, coolingOff: 0 });
  mortals = await createMortals(database.pool);
  await live();
});
afterAll(async () => {
  await mortals.close();
  await mailServer.close();
  await service.close();
  await database.close();
});

/** Another process, whose clock is the test's. */
async function live(): Promise<void> {
  mortal = await mortals.start({
    ...{ databaseUrl: database.url, pushService: service.url, now: site.clock.now() },
    secretKey: Buffer.from(site.secretKey).toString('base64'),
    smtpUrl: `smtp://127.0.0.1:${String(mailServer.port)}`,
  });
}

/** What the process is to come by, or to do, so that it stops: it is killed at the last of the steps. */
async function dieAt(steps: readonly Step[], cause: () => Promise<unknown>): Promise<void> {
  await mortal.tell({ now: site.clock.now(), steps });
  // Whoever asked it for something hears nothing more.
  cause().catch(() => undefined);
  await mortal.stopped();
  await mortal.kill();
}

const run = (name: string) =>
  hastenJob(database.pool, { name, every: HOUR, run: () => Promise.reject(new Error('runs elsewhere')) });
const iso = () => new Date(site.clock.now()).toISOString();

async function count(table: string, where: string, values: readonly unknown[]): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    `select count(*)::int as count from ${table} where ${where}`,
    [...values],
  );
  return rows[0]!.count;
}
const told = (member: Member, kind: string) =>
  count('notices', 'member_id = $1 and kind = $2', [member.id, kind]);
const applied = (op: string, id: string) =>
  count('intents', `op = $1 and status = 'applied' and args::text like '%' || $2 || '%'`, [op, id]);

/** Pushed at any hour, mailed never. */
async function someone(): Promise<{ member: Member; phone: TestPhone }> {
  const member = await site.join();
  const off = Object.fromEntries(
    ['changed', 'reminder_start', 'waitlist_offer', 'topup_paid'].map((kind) => [kind, 'off'] as const),
  );
  await prefer(site, member, { mail: off });
  return { member, phone: await addPhone(site, service, member) };
}

const deviceOf = (member: Member) => new TestDevice(site, member, site.arbiter());

/** Sends the wish to the process that lives, as the member's own browser. */
async function wish(member: Member, op: string, args: object): Promise<Response> {
  const token = createSessionToken();
  await database.pool.query(
    `insert into sessions (token_sha256, user_id, site_id, created_at, expires_at, last_seen_at)
     select $1, user_id, site_id, $3, $4, $3 from members where member_id = $2`,
    [hashSessionToken(token), member.id, new Date(site.clock.now()), new Date(site.clock.now() + 24 * HOUR)],
  );
  const intent = { seq: 1, id: randomUUID(), op, args, deviceTime: site.clock.now(), expiresAt: null };
  return await fetch(`${mortal.url}/trpc/sync.push`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: `undercroft=${token}` },
    body: JSON.stringify({ proto: 1, build: 'test', clientId: randomUUID(), intents: [intent] }),
  });
}

describe('a process that is killed', () => {
  it('B4 B7 as it tells what the clock tells: each is written once, and shown once', async () => {
    const { member, phone } = await someone();
    expect(await deviceOf(member).reserve(await site.addSlot('A'), 1, 2)).toMatchObject({
      status: 'applied',
    });
    site.clock.set(NOW + HOUR - REMINDED_BEFORE);
    const looked = { at: 'tell-reminder_start', with: iso() };
    await dieAt([looked, { at: 'jobs-settle-run', with: 'tell-by-clock' }], () => run('tell-by-clock'));
    expect(await told(member, 'reminder_start')).toBe(1);

    site.clock.advance(CLAIMED_FOR);
    await live();
    await expect.poll(() => dueNotices(site)).toEqual(new Map());
    expect(await told(member, 'reminder_start')).toBe(1);
    expect(new Set(phone.received()).size).toBe(1);
  });

  it('B4 B7 in the middle of a batch: what the push service had taken comes once more, under its topic, the others once', async () => {
    const { member, phone } = await someone();
    const at = site.clock.now() + MINUTE;
    const ids = [];
    for (let number = 0; number < 5; number++) ids.push(await addNotice(site, member, { at }));
    site.clock.set(at);
    await dieAt([{ at: TAKEN }, { at: TAKEN }], () => run('deliver-notices'));
    const first = phone.received();
    expect(new Set(first).size).toBe(2);
    site.clock.advance(CLAIMED_FOR);
    await live();
    await expect.poll(() => dueNotices(site)).toEqual(new Map());
    expect(phone.received().sort()).toEqual([...ids, ...first].sort());
    const topics = phone.messages().map(({ headers }) => headers['topic']);
    expect(topics).toEqual(phone.received().map((id) => id.replaceAll('-', '')));
  });

  it('B4 B7 when the mail server has taken a mail: it comes once more, under its Message-ID', async () => {
    const { member } = await someone();
    await prefer(site, member, { push: { changed: false }, mail: { changed: 'at_once' } });
    await dieAt([{ at: 'delete from mails where mail_id' }], () => addNotice(site, member));
    expect(mailServer.received).toHaveLength(1);
    site.clock.advance(CLAIMED_FOR);
    await live();
    await expect.poll(() => count('mails', 'true', [])).toBe(0);
    const keys = mailServer.received.map(({ raw }) => /^Message-ID: (.+)$/im.exec(raw)?.[1]);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it(
    'E8 B7 between a slot that got free and its offer, and between the offer and anything else: one offer, nobody passed over',
    { timeout: 90_000 },
    async () => {
      const [{ member: holder }, first, second] = [await someone(), await someone(), await someone()];
      const [slotId, reservationId] = [await site.addSlot('C', { level: 'C' }), newId()];
      const base = Math.ceil((site.clock.now() - NOW) / HOUR);
      expect(await deviceOf(holder).reserve(slotId, base + 3, base + 5, reservationId)).toMatchObject({
        status: 'applied',
      });
      const entryIds = [newId(), newId()] as const;
      for (const [index, { member }] of [first, second].entries()) {
        const window = { start: NOW + (base + 3) * HOUR, end: NOW + (base + 5) * HOUR };
        const entryId = entryIds[index]!;
        const asked = { entryId, ...window, kinds: [], levels: ['C'], maxPrice: null, takeForMe: false };
        expect(await deviceOf(member).do('waitlist.join@1', asked)).toMatchObject({ status: 'applied' });
        site.clock.advance(1);
      }
      const states = async () =>
        Promise.all(
          entryIds.map(async (entryId) => {
            const { rows } = await database.pool.query<{ state: string }>(
              'select state from waitlist_entries where entry_id = $1',
              [entryId],
            );
            return rows[0]!.state;
          }),
        );

      const freed = { at: 'arbiter-update-reservations', with: reservationId };
      await dieAt([freed, { at: 'COMMIT' }, { at: 'waitlist-find-waiting' }], () =>
        wish(holder, 'reservation.cancel@1', { reservationId }),
      );
      expect(
        await count('reservations', `reservation_id = $1 and state = 'cancelled'`, [reservationId]),
      ).toBe(1);
      expect(await states()).toEqual(['waiting', 'waiting']);

      const offered = { at: 'arbiter-update-waitlist', with: entryIds[0] };
      await live();
      await dieAt([offered, { at: 'COMMIT' }], () => run('offer-slots'));
      expect(await states()).toEqual(['waiting', 'waiting']);

      await live();
      await dieAt([offered, { at: 'COMMIT' }, { at: 'waitlist-find-waiting' }], () => run('offer-slots'));
      expect(await states()).toEqual(['offered', 'waiting']);

      await live();
      await run('offer-slots');
      await expect.poll(() => first.phone.received()).toHaveLength(1);
      expect(await states()).toEqual(['offered', 'waiting']);
      expect(await applied('waitlist.offer@1', entryIds[0])).toBe(1);
      expect(await told(first.member, 'waitlist_offer')).toBe(1);
      expect(await count('reservations', `slot_id = $1 and state = 'held'`, [slotId])).toBe(1);

      site.clock.advance(OFFER_TIME);
      await mortal.tell({ now: site.clock.now(), steps: [] });
      await run('offer-slots');
      await expect.poll(states).toEqual(['lapsed', 'offered']);
      expect(await told(second.member, 'waitlist_offer')).toBe(1);
    },
  );

  it('C1 B7 once it has followed weekly rules: the next one sees that, and asks for nothing again', async () => {
    const owner = await site.join();
    const slotId = await site.addSlot('R', { owner });
    const rule = { ruleId: newId(), slotId, weekdays: [1, 2, 3, 4, 5], from: 8 * 60, until: 18 * 60 };
    const dates = { startsOn: '2026-01-01', endsOn: null, daysOff: [], paused: false };
    const lent = async () => {
      const { rows } = await database.pool.query<{ windows: number; follows: boolean }>(
        `select (select count(*) from unnest(lent))::int as windows, rules_revision = followed_revision as follows
           from slots where slot_id = $1`,
        [slotId],
      );
      return rows[0]!;
    };
    expect(await deviceOf(owner).do('rule.set@1', { ...rule, ...dates })).toMatchObject({
      status: 'applied',
    });
    const written = { at: 'arbiter-update-slots', with: slotId };
    const settled = { at: 'jobs-settle-run', with: 'follow-lending-rules' };
    await dieAt([written, settled], () => run('follow-lending-rules'));
    // Working days up to a week beyond what may be reserved, as of Monday the 2nd: see follow-rules.pg.test.ts.
    expect(await lent()).toEqual({ windows: 28, follows: true });

    await live();
    await run('follow-lending-rules');
    await expect.poll(() => count('job_runs', `name = 'follow-lending-rules' and error is null`, [])).toBe(1);
    expect(await lent()).toEqual({ windows: 28, follows: true });
    expect(await applied('share.follow_rules@1', slotId)).toBe(1);
  });

  it(
    'B8 B7 as it takes a payment in, sent again as its provider does: credits, receipt and notice once',
    { timeout: 90_000 },
    async () => {
      const { member } = await someone();
      const topupId = newId();
      const begun = await deviceOf(member).do('topup.begin@1', { topupId, credits: 10 });
      expect(begun).toMatchObject({ status: 'applied', data: { amount: 500 } });
      const before = (await balancesOf(site)).get(member.id)!;
      const payload = JSON.stringify({
        ...{ id: `evt_${topupId}`, object: 'event', type: 'checkout.session.completed' },
        data: {
          object: {
            ...{ id: 'cs_1', object: 'checkout.session', payment_status: 'paid', payment_intent: 'pi_1' },
            ...{ amount_total: 500, currency: 'eur', metadata: { siteId: site.siteId, topupId } },
          },
        },
      });
      const pay = async () => {
        const signature = new Stripe('sk_test_1').webhooks.generateTestHeaderString({
          payload,
          secret: 'whsec_test',
        });
        const headers = { 'stripe-signature': signature };
        const answer = await fetch(`${mortal.url}/payments/webhook/stripe`, {
          ...{ method: 'POST', body: payload, headers },
        });
        return await answer.text();
      };
      const paid = async () => ({
        credits: (await balancesOf(site)).get(member.id)! - before,
        movements: await count('movements', 'topup_id = $1', [topupId]),
        told: await told(member, 'topup_paid'),
        events: await count('payment_events', 'event_id = $1', [`evt_${topupId}`]),
      });
      const settled = { at: 'arbiter-update-topups', with: topupId };
      await dieAt([settled, { at: 'COMMIT' }], pay);
      expect(await paid()).toEqual({ credits: 0, movements: 0, told: 0, events: 0 });

      await live();
      await dieAt([{ at: 'payments-note-event' }], pay);
      expect(await paid()).toEqual({ credits: 10, movements: 1, told: 1, events: 0 });

      await live();
      expect(await pay()).toBe('done');
      expect(await pay()).toBe('again');
      expect(await paid()).toEqual({ credits: 10, movements: 1, told: 1, events: 1 });
      expect(await count('topups', 'topup_id = $1 and receipt_number is not null', [topupId])).toBe(1);
    },
  );
});
