import type { PoolClient } from 'pg';

/** Where a statement has what `slotIsFree` asks about: a parameter or a column each, never a value. */
export interface FreeSlotPlaces {
  /** Alias of the row of `slots`. */
  readonly slot: string;
  readonly siteId: string;
  readonly start: string;
  readonly end: string;
  /** The moment at which holds are judged. */
  readonly now: string;
}

/**
 * SQL that is true for a slot on offer for all of [start, end) with no active reservation in it. A hold past its time is
 * none. It says what `isFree` of src/shared/domain/availability says; a test holds them together.
 *
 * One range of `reservations_start`: what overlaps [start, end) begins after start − the site's longest reservation ever
 * (`reservation_lengths`, kept by trigger: the policy's maximum may have been longer once). No row there: no reservation.
 */
export function slotIsFree(places: FreeSlotPlaces): string {
  return `${isOffered(places)} and not exists (select ${takenBy(places)})`;
}

/**
 * The same, asked of one slot after the other: for a walk that ends once a few are found. As a scalar with a limit Postgres
 * makes no join of it, which would look at all reservations of the site first.
 */
export function slotIsFreeByItself(places: FreeSlotPlaces): string {
  return `${isOffered(places)} and (select true ${takenBy(places)} limit 1) is null`;
}

function isOffered({ slot, start, end }: FreeSlotPlaces): string {
  return `${slot}.removed_at is null and (${slot}.owner_id is null or ${slot}.lent @> tstzrange(${start}::timestamptz, ${end}::timestamptz))`;
}

function takenBy({ slot, siteId, start, end, now }: FreeSlotPlaces): string {
  return `from reservations r
       where r.site_id = ${siteId} and r.slot_id = ${slot}.slot_id and r.state in ('held', 'confirmed')
         and r.starts_at < ${end}::timestamptz
         and r.starts_at > ${start}::timestamptz - interval '1 second' *
             (select l.longest_seconds from reservation_lengths l where l.site_id = ${siteId})
         and r.ends_at > ${start}::timestamptz
         and (r.hold_expires_at is null or r.hold_expires_at > ${now}::timestamptz)`;
}

export const SELECT_FREE_SLOTS = {
  name: 'select-free-slots',
  text: `select s.slot_id from slots s where s.site_id = $1::uuid
         and ${slotIsFree({ slot: 's', siteId: '$1::uuid', start: '$2', end: '$3', now: '$4' })}`,
};

/** The ids of the site's slots that are free for all of [start, end) as of `now`, in no order. Times in epoch ms. */
export async function selectFreeSlots(
  client: Pick<PoolClient, 'query'>,
  question: { readonly siteId: string; readonly start: number; readonly end: number; readonly now: number },
): Promise<string[]> {
  const { siteId, start, end, now } = question;
  const { rows } = await client.query<{ slot_id: string }>({
    ...SELECT_FREE_SLOTS,
    values: [siteId, new Date(start), new Date(end), new Date(now)],
  });
  return rows.map((row) => row.slot_id);
}
