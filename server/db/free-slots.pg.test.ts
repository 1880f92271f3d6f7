import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFree } from '#shared/domain/availability';
import { normalize, type TimeRange } from '#shared/domain/time-range';
import { newId } from '../platform/ids';
import { SELECT_FREE_SLOTS, selectFreeSlots } from './free-slots';
import { createTestDatabase, type TestDatabase } from './testing';

const HOUR = 3_600_000;
/** The last Sunday of March 2026 in Berlin: a day of 23 hours is within every generated site. */
const BEGIN = Date.UTC(2026, 2, 27);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // Where a day is not 24 hours, arithmetic that counts days would be wrong.
  await database.pool.query(
    `do $$ begin execute format('alter database %I set timezone = ''Europe/Berlin''', current_database()); end $$`,
  );
});
afterAll(() => database.close());

interface Booking extends TimeRange {
  readonly state: 'held' | 'confirmed' | 'cancelled' | 'completed';
  readonly holdExpiresAt: number | null;
}

interface MadeSlot {
  readonly id: string;
  readonly ownerId: string | null;
  readonly lent: TimeRange[];
  readonly bookings: readonly Booking[];
}

const hours = (minimum: number, maximum: number) =>
  fc.integer({ min: minimum * 4, max: maximum * 4 }).map((quarters) => (quarters * HOUR) / 4);
/** Mostly short, at times longer than any policy of today: an older one may have allowed it. */
const length = fc.oneof({ arbitrary: hours(0.25, 24), weight: 6 }, { arbitrary: hours(24, 120), weight: 1 });
const window = fc
  .tuple(hours(0, 96), length)
  .map(([offset, size]) => ({ start: BEGIN + offset, end: BEGIN + offset + size }));
const booking = fc
  .record({
    window,
    state: fc.constantFrom('held', 'confirmed', 'confirmed', 'confirmed', 'cancelled', 'completed'),
    hold: hours(0, 96),
  })
  .map(({ window: { start, end }, state, hold }): Booking => {
    const holdExpiresAt = state === 'held' ? BEGIN + hold : null;
    return { start, end, state: state as Booking['state'], holdExpiresAt };
  });
const slot = fc
  .record({
    isLent: fc.boolean(),
    lent: fc.array(window, { maxLength: 3 }),
    bookings: fc.array(booking, { maxLength: 6 }),
  })
  .map(({ isLent, lent, bookings }) => ({
    isLent,
    lent: normalize(lent),
    bookings: withoutOverlaps(bookings),
  }));

/** Held and confirmed ones never overlap, whatever has become of a hold: the exclusion constraint sees to it. */
function withoutOverlaps(bookings: readonly Booking[]): Booking[] {
  const kept: Booking[] = [];
  for (const it of bookings) {
    const isInTheWay = (other: Booking) => isActive(other) && other.start < it.end && it.start < other.end;
    if (!isActive(it) || !kept.some(isInTheWay)) kept.push(it);
  }
  return kept;
}

function isActive({ state }: Booking): boolean {
  return state === 'held' || state === 'confirmed';
}

const iso = (at: number) => new Date(at).toISOString();

/** A site with one member, who owns all that is lent and made all reservations. */
async function makeSite(
  slots: readonly { isLent: boolean; lent: TimeRange[]; bookings: readonly Booking[] }[],
): Promise<{ siteId: string; slots: MadeSlot[] }> {
  const { pool } = database;
  const [siteId, memberId] = [newId(), newId()];
  await pool.query(
    `insert into sites (site_id, name, time_zone, policy, issuance_account_id) values ($1, 'x', 'UTC', '{}', $2)`,
    [siteId, newId()],
  );
  await pool.query(`insert into users (user_id, email, name) values ($1, $1::uuid || '@x.test', 'x')`, [
    memberId,
  ]);
  await pool.query(
    `insert into members (site_id, member_id, user_id, role, name) values ($1, $2, $2, 'resident', 'x')`,
    [siteId, memberId],
  );
  const made = slots.map(({ isLent, lent, bookings }) => ({
    id: newId(),
    ownerId: isLent ? memberId : null,
    lent,
    bookings,
  }));
  for (const [index, { id, ownerId, lent, bookings }] of made.entries()) {
    await pool.query(
      'insert into slots (site_id, slot_id, label, owner_id, lent) values ($1, $2, $3, $4, $5)',
      [
        siteId,
        id,
        `S-${String(index)}`,
        ownerId,
        `{${lent.map(({ start, end }) => `[${iso(start)},${iso(end)})`).join()}}`,
      ],
    );
    await pool.query(
      `insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, hold_expires_at, cost, receiver_account_id, created_at)
       select $1, gen_random_uuid(), $2, $3, tstzrange(starts, ends), state, hold, 0, $1, now()
         from unnest($4::timestamptz[], $5::timestamptz[], $6::text[], $7::timestamptz[]) as given (starts, ends, state, hold)`,
      [
        siteId,
        id,
        memberId,
        bookings.map(({ start }) => iso(start)),
        bookings.map(({ end }) => iso(end)),
        bookings.map(({ state }) => state),
        bookings.map(({ holdExpiresAt }) => holdExpiresAt && iso(holdExpiresAt)),
      ],
    );
  }
  return { siteId, slots: made };
}

describe('free slots', () => {
  it('A3 C4 are those that the pure rule finds, also beside reservations longer than any policy, holds and days of 23 hours', async () => {
    let asked = 0;
    let free = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(slot, { minLength: 1, maxLength: 8 }),
        fc.array(fc.record({ window, now: hours(0, 96) }), { minLength: 4, maxLength: 8 }),
        async (wanted, questions) => {
          const { siteId, slots } = await makeSite(wanted);
          for (const { window: asks, now: offset } of questions) {
            const now = BEGIN + offset;
            const busy = (bookings: readonly Booking[]) =>
              bookings.filter((it) => isActive(it) && (it.holdExpiresAt === null || it.holdExpiresAt > now));
            const expected = slots.filter((it) => isFree(it, busy(it.bookings), asks)).map(({ id }) => id);
            const found = await selectFreeSlots(database.pool, { siteId, ...asks, now });
            expect(found.toSorted()).toEqual(expected.toSorted());
            asked += slots.length;
            free += found.length;
          }
        },
      ),
      { numRuns: 60 },
    );
    // Neither answer is the rare one, so that both are tested.
    expect(free / asked).toBeGreaterThan(0.1);
    expect(free / asked).toBeLessThan(0.9);
  });

  it('A3 the longest reservation is known of each way in which one becomes longer', async () => {
    const at = BEGIN + 200 * HOUR;
    const short: Booking = { start: at, end: at + HOUR, state: 'confirmed', holdExpiresAt: null };
    const { siteId, slots } = await makeSite([{ isLent: false, lent: [], bookings: [short] }]);
    const isTaken = async (start: number) => {
      const found = await selectFreeSlots(database.pool, { siteId, start, end: start + HOUR, now: BEGIN });
      return !found.includes(slots[0]?.id ?? '');
    };
    expect([await isTaken(at), await isTaken(at + HOUR)]).toEqual([true, false]);
    await database.pool.query(
      `update reservations set during = tstzrange($2, $3) where site_id = $1 and state = 'confirmed'`,
      [siteId, iso(at), iso(at + 1000 * HOUR)],
    );
    expect([
      await isTaken(at + HOUR),
      await isTaken(at + 999 * HOUR),
      await isTaken(at + 1000 * HOUR),
    ]).toEqual([true, true, false]);
    const { rows } = await database.pool.query(
      'select longest_seconds from reservation_lengths where site_id = $1',
      [siteId],
    );
    expect(rows).toEqual([{ longest_seconds: 3_600_000 }]);
  });

  it('A3 a question is one range of the index by start, not a search a slot', async () => {
    const bookings = Array.from({ length: 60 }, (_, index): Booking => {
      const start = BEGIN + index * 12 * HOUR;
      return { start, end: start + 6 * HOUR, state: 'confirmed', holdExpiresAt: null };
    });
    const { siteId } = await makeSite(
      Array.from({ length: 80 }, () => ({ isLent: false, lent: [], bookings })),
    );
    await database.pool.query('analyze');
    const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>({
      text: `explain ${SELECT_FREE_SLOTS.text}`,
      values: [siteId, iso(BEGIN + 200 * HOUR), iso(BEGIN + 202 * HOUR), iso(BEGIN)],
    });
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Hash (Right )?Anti Join/);
    expect(plan).toMatch(/using reservations_start/);
  });
});
