import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '#shared/domain/entities';
import { toldKeyOf, type ClockNoticeKind } from '#shared/domain/notice-kinds';
import { HOUR, makeTestSite, NOW, TestDevice, type TestSite } from '../../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { newId } from '../../platform/ids';
import { claimDue, settleDue } from './due-notices';
import { OVERSTAYING_AFTER, REMINDED_BEFORE, tellByClock } from './tell-by-clock';

const MINUTE = 60_000;
const ALL = { limit: 10, onlyPressing: false };

let database: TestDatabase;
let site: TestSite;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.pool.query('truncate notices, notice_deliveries, told_until');
  await database.pool.query('truncate reservations cascade');
  site = await makeTestSite(database.pool);
});

interface Booked {
  readonly reservationId: string;
  readonly slotId: string;
  readonly member: Member;
  readonly start: number;
  readonly end: number;
}

/** A reservation as it stands in the table, without asking the rules. */
async function book(fields: {
  start: number;
  end: number;
  state?: string;
  member?: Member;
  slotId?: string;
}) {
  const { start, end, state = 'confirmed' } = fields;
  const member = fields.member ?? (await site.join());
  const slotId = fields.slotId ?? (await site.addSlot(newId().slice(-8)));
  const reservationId = newId();
  await site.pool.query(
    `insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, hold_expires_at, cost,
                               receiver_account_id, created_at, ended_at)
     values ($1, $2, $3, $4, tstzrange($5, $6), $7, case when $7 = 'held' then $6::timestamptz end, 0, $1, $8,
             case when $7 not in ('held', 'confirmed') then $6::timestamptz end)`,
    [site.siteId, reservationId, slotId, member.id, new Date(start), new Date(end), state, new Date(NOW)],
  );
  return { reservationId, slotId, member, start, end };
}

/** A guard has seen the car of the reservation. */
async function seen(booked: Booked, direction: 'entry' | 'exit', at: number): Promise<string> {
  const { pool, siteId } = site;
  const known = await pool.query<{ pass_id: string }>(
    'select pass_id from passes where reservation_id = $1',
    [booked.reservationId],
  );
  let passId = known.rows[0]?.pass_id;
  if (passId === undefined) {
    const guest = new TestDevice(site, booked.member, site.arbiter());
    const slotId = await site.addSlot(newId().slice(-8));
    const { data } = await guest.reserve(slotId, 40, 41);
    passId = data['passId'] as string;
    await pool.query('update passes set reservation_id = $2 where pass_id = $1', [
      passId,
      booked.reservationId,
    ]);
  }
  const scanId = newId();
  await pool.query(
    `insert into scans (site_id, scan_id, pass_id, guard_id, client_id, gate, scanned_at, recorded_at, result, counts, code, direction)
     values ($1, $2, $3, $4, $5, 1, $6, $6, 'valid', $7, '', $8)`,
    [siteId, scanId, passId, booked.member.id, newId(), new Date(at), direction === 'entry', direction],
  );
  return scanId;
}

const told = async () => {
  const { rows } = await site.pool.query<{
    kind: ClockNoticeKind;
    member_id: string;
    told_key: string;
    data: unknown;
  }>(
    'select kind, member_id, told_key, data from notices where site_id = $1 order by created_at, kind, told_key',
    [site.siteId],
  );
  return rows;
};
const kinds = async () => (await told()).map(({ kind }) => kind);
/** Looks again and again, and at `to` last. */
async function runUntil(from: number, to: number) {
  for (let now = from; now < to; now += 5 * MINUTE) await tellByClock(site.pool, now);
  await tellByClock(site.pool, to);
}

describe('what the clock tells', () => {
  it('B4 reminds 15 minutes before the start and before the end, and tells when the time is over', async () => {
    const booked = await book({ start: NOW + HOUR, end: NOW + 2 * HOUR });
    await tellByClock(site.pool, booked.start - REMINDED_BEFORE - 1);
    expect(await kinds()).toEqual([]);
    expect(await tellByClock(site.pool, booked.start - REMINDED_BEFORE)).toEqual([
      `member:${booked.member.id}`,
    ]);
    expect(await kinds()).toEqual(['reminder_start']);
    await runUntil(booked.start, booked.end - REMINDED_BEFORE);
    expect(await kinds()).toEqual(['reminder_start', 'reminder_end']);
    await runUntil(booked.end - REMINDED_BEFORE, booked.end + OVERSTAYING_AFTER - 1);
    expect(await kinds()).toHaveLength(2);
    await site.pool.query(`update reservations set state = 'completed', ended_at = ends_at`);
    await tellByClock(site.pool, booked.end + OVERSTAYING_AFTER);
    const all = await told();
    expect(all.map(({ kind }) => kind)).toEqual(['reminder_start', 'reminder_end', 'overstaying']);
    const { reservationId, slotId, start, end } = booked;
    for (const { kind, member_id: memberId, told_key: toldKey, data } of all) {
      expect(memberId).toBe(booked.member.id);
      expect(toldKey).toBe(toldKeyOf(kind, booked));
      expect(data).toEqual({ reservationId, slotId, start, end, slotLabel: expect.any(String) as string });
    }
  });

  it('B4 B7 tells each once, however many processes look and however often', async () => {
    const booked = await book({ start: NOW + HOUR, end: NOW + 2 * HOUR });
    const now = booked.start - REMINDED_BEFORE;
    await Promise.all([1, 2, 3].map(() => tellByClock(site.pool, now)));
    await tellByClock(site.pool, now + 1000);
    expect(await kinds()).toEqual(['reminder_start']);
  });

  it('B4 tells anew of what was moved, and nothing of what was cancelled, is held, or of who has left', async () => {
    const moved = await book({ start: NOW + HOUR, end: NOW + 2 * HOUR });
    const gone = await book({ start: NOW + HOUR, end: NOW + 2 * HOUR });
    await site.pool.query('update members set left_at = now() where member_id = $1', [gone.member.id]);
    await book({ start: NOW + HOUR, end: NOW + 2 * HOUR, state: 'cancelled' });
    await book({ start: NOW + HOUR, end: NOW + 2 * HOUR, state: 'held' });
    await runUntil(NOW, NOW + HOUR - REMINDED_BEFORE);
    expect((await told()).map((row) => row.member_id)).toEqual([moved.member.id]);
    await site.pool.query('update reservations set during = tstzrange($2, $3) where reservation_id = $1', [
      ...[moved.reservationId, new Date(NOW + 3 * HOUR), new Date(NOW + 4 * HOUR)],
    ]);
    await runUntil(NOW + HOUR, NOW + 3 * HOUR - REMINDED_BEFORE);
    expect(await kinds()).toEqual(['reminder_start', 'reminder_start']);
  });

  it('B4 of a short one the start is reminder enough', async () => {
    await book({ start: NOW + HOUR, end: NOW + HOUR + REMINDED_BEFORE });
    await runUntil(NOW, NOW + HOUR + REMINDED_BEFORE);
    expect(await kinds()).toEqual(['reminder_start']);
  });

  it('B4 after the server was away tells what still helps', async () => {
    await tellByClock(site.pool, NOW);
    await book({ start: NOW + HOUR, end: NOW + 8 * HOUR });
    const missed = await book({ start: NOW + HOUR, end: NOW + 2 * HOUR, state: 'completed' });
    const late = await book({ start: NOW + HOUR, end: NOW + 4 * HOUR, state: 'completed' });
    const soon = await book({ start: NOW + 5 * HOUR + MINUTE, end: NOW + 8 * HOUR });
    await tellByClock(site.pool, NOW + 5 * HOUR);
    const rows = await told();
    expect(rows.map((row) => [row.kind, row.member_id])).toEqual([
      ['overstaying', late.member.id],
      ['reminder_start', soon.member.id],
    ]);
    expect(rows.some((row) => row.member_id === missed.member.id)).toBe(false);
  });

  it('B4 rings only where a guard saw the car come and not leave; where nobody looks the app alone says it', async () => {
    const end = NOW + 2 * HOUR;
    const unseen = await book({ start: NOW, end, state: 'completed' });
    const inside = await book({ start: NOW, end, state: 'completed' });
    await seen(inside, 'entry', NOW);
    await tellByClock(site.pool, end + OVERSTAYING_AFTER);
    const { rows } = await site.pool.query<{ member_id: string; goes_out: boolean }>(
      `select member_id, deliver_at is not null as goes_out from notices where kind = 'overstaying'`,
    );
    expect(new Map(rows.map((row) => [row.member_id, row.goes_out]))).toEqual(
      new Map([
        [unseen.member.id, false],
        [inside.member.id, true],
      ]),
    );
  });

  it('B4 reminds nobody of the end whose car has left', async () => {
    const [gone, inside] = [
      await book({ start: NOW, end: NOW + HOUR, state: 'completed' }),
      await book({ start: NOW, end: NOW + HOUR, state: 'completed' }),
    ];
    for (const booked of [gone, inside]) await seen(booked, 'entry', NOW);
    await seen(gone, 'exit', NOW + MINUTE);
    // Only now: `seen` reserves, and who has a reservation may not have another one.
    await site.pool.query(
      `update reservations set state = 'confirmed', ended_at = null where reservation_id = any($1)`,
      [[gone.reservationId, inside.reservationId]],
    );
    await tellByClock(site.pool, NOW + HOUR - REMINDED_BEFORE);
    const rows = (await told()).filter(({ kind }) => kind === 'reminder_end');
    expect(rows.map((row) => row.member_id)).toEqual([inside.member.id]);
  });

  it.each([
    ['cancelled', `state = 'cancelled', ended_at = now()`],
    ['moved', `during = tstzrange(lower(during) + interval '1 hour', upper(during) + interval '1 hour')`],
  ])(
    'B4 what is %s meanwhile is not reminded of any more, though its push is tried again',
    async (_name, change) => {
      const [kept, changed] = [
        await book({ start: NOW + HOUR, end: NOW + 2 * HOUR }),
        await book({ start: NOW + HOUR, end: NOW + 2 * HOUR }),
      ];
      const now = kept.start - REMINDED_BEFORE;
      await tellByClock(site.pool, now);
      const { due: first } = await claimDue(site.pool, now, ALL);
      expect(first).toHaveLength(2);
      await settleDue(
        site.pool,
        first.map((notice) => ({ notice, reached: [], dueAt: now + 1000 })),
        now,
      );
      await site.pool.query(`update reservations set ${change} where reservation_id = $1`, [
        changed.reservationId,
      ]);
      const { due: again } = await claimDue(site.pool, now + 1000, ALL);
      expect(again.map(({ memberId }) => memberId)).toEqual([kept.member.id]);
      const { rows } = await site.pool.query(
        'select from notices where member_id = $1 and deliver_at is not null',
        [changed.member.id],
      );
      expect(rows).toEqual([]);
    },
  );

  it('B4 tells nobody whose car a guard saw leave, nor who goes on parking there', async () => {
    const end = NOW + 2 * HOUR;
    const completed = { start: NOW, end, state: 'completed' };
    const left = await book(completed);
    await seen(left, 'entry', NOW);
    await seen(left, 'exit', end - MINUTE);
    const inside = await book(completed);
    await seen(inside, 'exit', NOW - MINUTE);
    await seen(inside, 'entry', NOW);
    const undone = await book(completed);
    await seen(undone, 'entry', NOW);
    const exit = await seen(undone, 'exit', NOW + MINUTE);
    const undo = await seen(undone, 'exit', NOW + MINUTE + 1000);
    await site.pool.query(`update scans set undoes = $2, result = 'undone' where scan_id = $1`, [undo, exit]);
    const staying = await book(completed);
    await book({ start: end, end: end + HOUR, member: staying.member, slotId: staying.slotId });
    const early = await book(completed);
    await site.pool.query('update reservations set ended_at = $2 where reservation_id = $1', [
      ...[early.reservationId, new Date(end - HOUR)],
    ]);
    await book({ start: NOW, end, state: 'no_show' });
    await runUntil(end, end + OVERSTAYING_AFTER + MINUTE);
    const over = (await told()).filter(({ kind }) => kind === 'overstaying');
    expect(over.map((row) => row.member_id).sort()).toEqual([inside.member.id, undone.member.id].sort());
  });
});
