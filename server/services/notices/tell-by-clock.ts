import type { Pool, PoolClient } from 'pg';
import type { ClockNoticeKind } from '#shared/domain/notice-kinds';
import { inTransaction } from '../../db/transaction';
import { LAST_SEEN } from './last-seen';

/** Milliseconds before the start, and before the end, at which a member is reminded. */
export const REMINDED_BEFORE = 15 * 60_000;
/** Milliseconds after the end: who drives off in time, unseen by anybody, is not told that the time is over. */
export const OVERSTAYING_AFTER = 5 * 60_000;
/** Milliseconds after which nobody is told any more that the time is over: the server was away. */
const OVERSTAYING_UNTIL = 2 * 3_600_000;
/** Milliseconds that are looked at again: a reservation may commit after the moment it begins at was looked at. */
const OVERLAP = 5_000;

/** Of which reservations, and when, a kind tells; `$2` and `$3` are the moments `(from, to]` that are looked at, `$1` is now. */
interface Telling {
  readonly kind: ClockNoticeKind;
  /** From the moment the reservation has to the moment of telling. */
  readonly after: number;
  readonly moment: 'starts_at' | 'ends_at';
  readonly where: string;
  /** When it goes out: at once, or, where the column is null, never, and the app alone shows it. */
  readonly goesOut?: string;
}

/**
 * Where a guard saw the car leave it is gone; where nobody looks it may be there. Whoever goes on parking there by another
 * reservation of their own does not overstay.
 */
const overstays = `coalesce(r.ended_at, r.ends_at) >= r.ends_at
  and r.ends_at > $1::timestamptz - interval '${OVERSTAYING_UNTIL} milliseconds'
  and coalesce(${LAST_SEEN}, 'entry') = 'entry'
  and not exists (select from reservations o where o.site_id = r.site_id and o.slot_id = r.slot_id
                     and o.member_id = r.member_id and o.reservation_id <> r.reservation_id
                     and o.state in ('held', 'confirmed') and o.during @> $1::timestamptz)`;

const tellings: readonly Telling[] = [
  {
    ...{ kind: 'reminder_start', after: -REMINDED_BEFORE, moment: 'starts_at' },
    where: `r.state = 'confirmed' and r.starts_at > $1`,
  },
  {
    ...{ kind: 'reminder_end', after: -REMINDED_BEFORE, moment: 'ends_at' },
    // Not before it has begun: of a short one the start is reminder enough.
    where: `r.state = 'confirmed' and r.ends_at > $1
            and r.ends_at - r.starts_at > interval '${REMINDED_BEFORE} milliseconds'
            and ${LAST_SEEN} is distinct from 'exit'`,
  },
  // Settled, and not settled yet: each has an index of its own.
  ...(['completed', 'confirmed'] as const).map((state) => ({
    ...({ kind: 'overstaying', after: OVERSTAYING_AFTER, moment: 'ends_at' } as const),
    where: `r.state = '${state}' and ${overstays}`,
    // Most garages scan nobody: there each end of each reservation would ring.
    goesOut: `case when ${LAST_SEEN} = 'entry' then $1::timestamptz end`,
  })),
];

const inMs = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`;

/** The told key is that of the domain's `toldKeyOf`, the data a ReservationTold. */
const statements = tellings.map(({ kind, after, moment, where, goesOut = '$1' }, index) => ({
  after,
  name: `tell-${kind}-${index}`,
  text: `insert into notices (site_id, notice_id, member_id, kind, data, told_key, created_at, deliver_at)
         select r.site_id, gen_random_uuid(), r.member_id, '${kind}',
                jsonb_build_object('reservationId', r.reservation_id, 'slotId', r.slot_id, 'slotLabel', l.label,
                                   'start', ${inMs('r.starts_at')}, 'end', ${inMs('r.ends_at')}),
                '${kind}:' || r.reservation_id || ':' || ${inMs(`r.${moment}`)}, $1, ${goesOut}
           from reservations r
           join slots l on l.site_id = r.site_id and l.slot_id = r.slot_id
           join members m on m.site_id = r.site_id and m.member_id = r.member_id and m.left_at is null
          where r.${moment} > $2 and r.${moment} <= $3 and ${where}
         on conflict (site_id, member_id, told_key) do nothing
         returning member_id`,
}));

/**
 * B4: tells what the clock tells and nobody's wish: reminders before the start and before the end, and that the time is over. `now`
 * in ms since 1970. Each is told once, whoever calls it and however often; after the server was away, what still helps. Resolves
 * with the scopes of those who were told.
 */
export async function tellByClock(pool: Pool, now: number): Promise<string[]> {
  return await inTransaction(pool, async (client) => {
    const from = await toldUntil(client, now);
    const scopes = new Set<string>();
    for (const { after, ...statement } of statements) {
      // A notice at `now` is about the moment `now - after`.
      const values = [now, from - OVERLAP - after, now - after].map((ms) => new Date(ms));
      const { rows } = await client.query<{ member_id: string }>({ ...statement, values });
      for (const { member_id: memberId } of rows) scopes.add(`member:${memberId}`);
    }
    await client.query({
      name: 'tell-until',
      text: `insert into told_until (until) values ($1)
             on conflict (one) do update set until = greatest(told_until.until, excluded.until)`,
      values: [new Date(now)],
    });
    return [...scopes];
  });
}

/** Up to when has been told; who asks next waits until this one is done. At the very first time: what begins and ends soon. */
async function toldUntil(client: PoolClient, now: number): Promise<number> {
  const { rows } = await client.query<{ until: Date }>({
    name: 'told-until',
    text: 'select until from told_until for update',
  });
  return rows[0]?.until.getTime() ?? now - REMINDED_BEFORE;
}
