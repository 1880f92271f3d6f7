import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defaultNoticePreferences, type NoticePreferences } from '#shared/domain/notice-kinds';
import type { Row } from '#shared/protocol/rows';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { newId } from '../platform/ids';
import { createLogger } from '../platform/logger';
import { pruneNotices, READ_KEPT, UNREAD_KEPT } from '../services/notices/prune-notices';
import { createPull } from '../services/sync/pull';
import type { Arbiter } from './arbiter';
import { HOUR, makeTestSite, NOW, outcomesOf, TestDevice, type TestSite } from './testing';
import { KEPT_OF_A_KIND, RUNG_AN_HOUR } from './write-notices';

let database: TestDatabase;
let site: TestSite;
let arbiter: Arbiter;
let owner: TestDevice;
let guest: TestDevice;
let slotId: string;

beforeAll(async () => void (database = await createTestDatabase()));
afterAll(() => database.close());
beforeEach(async () => {
  site = await makeTestSite(database.pool, { reservationsAtATime: 9 });
  arbiter = site.arbiter();
  [owner, guest] = [await device(), await device()];
  slotId = await site.addSlot('A', { owner: owner.member, lent: [NOW - HOUR, NOW + 24 * HOUR] });
});
afterEach(() => arbiter.drain());

const device = async (role?: Parameters<TestSite['join']>[0]) =>
  new TestDevice(site, await site.join(role), arbiter);

interface StoredNotice {
  notice_id: string;
  kind: string;
  data: Record<string, unknown>;
  told_key: string;
  created_at: Date;
  read_at: Date | null;
  deliver_at: Date | null;
}

async function noticesOf({ member }: TestDevice): Promise<StoredNotice[]> {
  const { rows } = await site.pool.query<StoredNotice>(
    `select notice_id, kind, data, told_key, created_at, read_at, deliver_at from notices
      where site_id = $1 and member_id = $2 order by notice_id`,
    [site.siteId, member.id],
  );
  return rows;
}

/** What a device of the member is told now, and from then on at each call. */
function createCopy({ member }: TestDevice) {
  const pull = createPull({ ...site, logger: createLogger({ level: 'error' }) });
  const clientId = randomUUID();
  const scope = `member:${member.id}`;
  let cookie: string | null = null;
  return async () => {
    const result = await pull({ siteId: site.siteId, member, clientId, cookie });
    if (!result.ok) throw new Error(result.code);
    cookie = result.response.cookie;
    const { put, del } = result.response.changes[scope] ?? { put: [], del: [] };
    const rows = put.flatMap(({ entity, row }) => (entity === 'notice' ? [row as Row<'notice'>] : []));
    const settings = put.flatMap(({ entity, row }) =>
      entity === 'notice_preferences' ? [(row as Row<'notice_preferences'>).preferences] : [],
    );
    return { rows, settings, gone: del.flatMap(({ entity, id }) => (entity === 'notice' ? [id] : [])) };
  };
}

describe('what an intent tells', () => {
  it('B4 is written with it, to go out at once, and pokes whom it is for', async () => {
    const copy = createCopy(owner);
    await copy();
    await guest.reserve(slotId, 1, 2);
    const [notice, ...others] = await noticesOf(owner);
    expect(others).toEqual([]);
    expect(notice).toMatchObject({ kind: 'slot_reserved', data: { slotLabel: 'A', credits: 3 } });
    expect(notice).toMatchObject({ read_at: null, created_at: new Date(NOW), deliver_at: new Date(NOW) });
    expect(site.committed.flat()).toContain(`member:${owner.member.id}`);
    expect((await copy()).rows).toEqual([
      {
        id: notice!.notice_id,
        ...{ kind: 'slot_reserved', data: notice!.data, createdAt: NOW, readAt: null },
      },
    ]);
    expect(await noticesOf(guest)).toEqual([]);
  });

  it('B4 X2 had waited and was refused: told once, however often it is sent', async () => {
    await guest.reserve(slotId, 1, 2);
    const late = await device();
    const wish = late.intent(
      'reservation.create@1',
      { reservationId: newId(), slotId, start: NOW + HOUR, end: NOW + 2 * HOUR },
      { deviceTime: NOW - HOUR },
    );
    for (let time = 0; time < 2; time++)
      expect(outcomesOf(await late.push(wish))[0]).toMatchObject({ status: 'refused', code: 'slot_taken' });
    expect(await noticesOf(late)).toMatchObject([
      { kind: 'refused', told_key: `refused:${wish.id}`, data: { code: 'slot_taken', slotLabel: 'A' } },
    ]);
  });

  it.each([-2, 2])(
    'B4 a phone whose clock is wrong by %i minutes is told of no booking that did not wait',
    async (minutes) => {
      const phone = NOW + minutes * 60_000;
      const wish = (waited: number, from: number) =>
        guest.intent(
          'reservation.create@1',
          { reservationId: newId(), slotId, start: NOW + from * HOUR, end: NOW + (from + 1) * HOUR },
          { deviceTime: phone - waited },
        );
      guest.sentAt = phone;
      outcomesOf(await guest.push(wish(1000, 1)));
      expect(await noticesOf(guest)).toEqual([]);
      outcomesOf(await guest.push(wish(90_000, 3)));
      expect(await noticesOf(guest)).toMatchObject([{ kind: 'confirmed' }]);
    },
  );

  it('B4 X2 came too late to be decided: told like a refusal, once; who looks at the screen is not', async () => {
    const late = await device();
    const args = { reservationId: newId(), slotId, start: NOW + HOUR, end: NOW + 2 * HOUR };
    const wish = late.intent('reservation.create@1', args, { deviceTime: NOW - HOUR, expiresAt: NOW });
    const fresh = late.intent('reservation.create@1', args, { deviceTime: NOW - 1000, expiresAt: NOW });
    const outcome = { status: 'expired', code: 'intent_expired' };
    for (let time = 0; time < 2; time++)
      expect(outcomesOf(await late.push(wish, fresh))).toMatchObject([outcome, outcome]);
    expect(await noticesOf(late)).toMatchObject([
      { kind: 'refused', told_key: `refused:${wish.id}`, data: { code: 'intent_expired', slotLabel: 'A' } },
    ]);
    expect((await late.do('reservation.cancel@1', { reservationId: args.reservationId })).code).toBe(
      'reservation_not_found',
    );
  });

  it('B4 is told once under its key, whoever tells it first', async () => {
    const reservationId = newId();
    const about = [reservationId, slotId, NOW + HOUR, NOW + 2 * HOUR].join(':');
    await site.pool.query(
      `insert into notices (site_id, notice_id, member_id, kind, data, told_key, created_at) values ($1, $2, $3, 'slot_reserved', '{}', $4, $5)`,
      [site.siteId, newId(), owner.member.id, `slot_reserved:${about}`, new Date(NOW)],
    );
    expect(await guest.reserve(slotId, 1, 2, reservationId)).toMatchObject({ status: 'applied' });
    expect(await noticesOf(owner)).toHaveLength(1);
  });

  it('C1 B4 a claim reaches every manager, and no one else', async () => {
    const [first, second] = [await device('manager'), await device('manager')];
    const args = { claimId: newId(), label: 'B-7', level: 'B', kind: 'car', note: 'mine', photo: null };
    const outcome = await guest.do('slot.claim@1', args);
    expect(outcome).toMatchObject({ status: 'applied' });
    for (const { length } of [await noticesOf(first), await noticesOf(second)]) expect(length).toBe(1);
    expect(await noticesOf(owner)).toEqual([]);
  });
});

describe('a neighbour who reserves and cancels all day', () => {
  /** As one push: so many times there and back. */
  const comeAndGo = async (times: number): Promise<void> => {
    const intents = Array.from({ length: times }, () => newId()).flatMap((reservationId) => [
      guest.intent('reservation.create@1', {
        ...{ reservationId, slotId, start: NOW + 20 * HOUR, end: NOW + 21 * HOUR },
      }),
      guest.intent('reservation.cancel@1', { reservationId }),
    ]);
    const outcomes = outcomesOf(await guest.push(...intents));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['applied']));
  };
  const due = async (kind: string) =>
    (await noticesOf(owner)).filter((one) => one.kind === kind && one.deliver_at !== null).length;

  it('B4 rings an owner’s phone so many times an hour, of that kind alone', async () => {
    await comeAndGo(15);
    expect(await due('slot_reserved')).toBe(15);
    await comeAndGo(15);
    expect(await noticesOf(owner)).toHaveLength(60);
    for (const kind of ['slot_reserved', 'slot_freed']) expect(await due(kind)).toBe(RUNG_AN_HOUR);
    const [other] = [await device()];
    const mine = await site.addSlot('B', { owner: other.member, lent: [NOW, NOW + 24 * HOUR] });
    expect(await guest.reserve(mine, 3, 4)).toMatchObject({ status: 'applied' });
    expect(await noticesOf(other)).toMatchObject([{ deliver_at: new Date(NOW) }]);
    site.clock.advance(HOUR);
    await comeAndGo(1);
    for (const kind of ['slot_reserved', 'slot_freed']) expect(await due(kind)).toBe(RUNG_AN_HOUR + 1);
  });

  it('B4 fills an owner’s copy up to the newest of that kind, and drives nothing else out', async () => {
    await site.pool.query(
      `insert into notices (site_id, notice_id, member_id, kind, data, told_key, created_at)
       select $1, gen_random_uuid(), $2, kind, '{}', kind || number, $3::timestamptz - number * interval '1 minute'
         from generate_series(1, $4::int) as number, unnest(array['slot_reserved', 'topup_paid']) as kind`,
      [site.siteId, owner.member.id, new Date(NOW), KEPT_OF_A_KIND],
    );
    const copy = createCopy(owner);
    await copy();
    await comeAndGo(5);
    const kept = await noticesOf(owner);
    const of = (wanted: string) => kept.filter(({ kind }) => kind === wanted);
    expect(of('slot_reserved')).toHaveLength(KEPT_OF_A_KIND);
    const numbers = of('slot_reserved').flatMap(
      ({ told_key: key }) => /^slot_reserved(\d+)$/.exec(key)?.[1] ?? [],
    );
    expect(Math.max(...numbers.map(Number))).toBe(KEPT_OF_A_KIND - 5);
    expect(of('topup_paid')).toHaveLength(KEPT_OF_A_KIND);
    expect(of('slot_freed')).toHaveLength(5);
    const news = await copy();
    expect([news.rows.length, news.gone.length]).toEqual([10, 5]);
  });
});

describe('reading', () => {
  it('B4 on one device is reading on all, and nothing goes out any more', async () => {
    const copy = createCopy(owner);
    await guest.reserve(slotId, 1, 2);
    await guest.reserve(slotId, 3, 4);
    await copy();
    const [read, unread] = await noticesOf(owner);
    const noticeIds = [read!.notice_id, newId()];
    expect(await owner.do('notice.read@1', { noticeIds })).toMatchObject({ status: 'applied' });
    expect((await copy()).rows).toMatchObject([{ id: read!.notice_id, readAt: NOW }]);
    site.clock.set(NOW + HOUR);
    await owner.do('notice.read@1', { noticeIds });
    expect(await noticesOf(owner)).toMatchObject([
      { read_at: new Date(NOW), deliver_at: null },
      { notice_id: unread!.notice_id, read_at: null, deliver_at: new Date(NOW) },
    ]);
  });

  it('B4 of what is somebody else’s, or nobody’s, changes nothing, and is answered alike', async () => {
    await guest.reserve(slotId, 1, 2);
    const [notice] = await noticesOf(owner);
    for (const id of [notice!.notice_id, newId()]) {
      expect(await guest.do('notice.read@1', { noticeIds: [id] })).toMatchObject({
        ...{ status: 'applied', code: null, data: {} },
      });
    }
    expect(await noticesOf(owner)).toEqual([notice]);
  });
});

describe('preferences', () => {
  const quiet: NoticePreferences = { ...defaultNoticePreferences, push: { changed: false } };

  it('B4 are kept, replaced, and reach the member’s other devices alone', async () => {
    const [copy, other] = [createCopy(owner), createCopy(guest)];
    expect((await copy()).settings).toEqual([]);
    for (const preferences of [defaultNoticePreferences, quiet])
      expect(await owner.do('notice.set_preferences@1', { preferences })).toMatchObject({
        status: 'applied',
      });
    expect((await copy()).settings).toEqual([quiet]);
    expect((await other()).settings).toEqual([]);
  });

  it('B4 of a version that cannot be read are the defaults, and lock nobody out', async () => {
    await owner.do('notice.set_preferences@1', { preferences: quiet });
    await site.pool.query(`update notice_preferences set preferences = '{"push": {"of_tomorrow": true}}'`);
    expect((await createCopy(owner)()).settings).toEqual([defaultNoticePreferences]);
  });
});

describe('keeping', () => {
  it('B4 what was read goes after 90 days, what nobody read after 180', async () => {
    await guest.reserve(slotId, 1, 2);
    await guest.reserve(slotId, 3, 4);
    const copy = createCopy(owner);
    await copy();
    const ids = async () => (await noticesOf(owner)).map(({ notice_id: id }) => id);
    const [read, unread] = await ids();
    await owner.do('notice.read@1', { noticeIds: [read!] });
    await pruneNotices(site.pool, NOW + READ_KEPT);
    expect(await ids()).toEqual([read, unread]);
    await pruneNotices(site.pool, NOW + READ_KEPT + 1);
    expect((await copy()).gone).toEqual([read]);
    await pruneNotices(site.pool, NOW + UNREAD_KEPT);
    expect(await ids()).toEqual([unread]);
    await pruneNotices(site.pool, NOW + UNREAD_KEPT + 1);
    expect(await ids()).toEqual([]);
  });
});
