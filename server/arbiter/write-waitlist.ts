import type { PoolClient } from 'pg';
import type { WaitlistEntry } from '#shared/domain/entities';
import { together } from '../db/together';
import { timestamp } from './json-rows';
import { rowsOf, type NetChanges } from './net-changes';
import { writeRows } from './write-rows';

const UPDATE_ENTRIES = {
  name: 'arbiter-update-waitlist',
  text: `update waitlist_entries w
            set state = x.state, reservation_id = x.reservation_id, offer_expires_at = x.offer_expires_at,
                rests_until = x.rests_until, ended_at = x.ended_at
           from json_to_recordset($1::json) as x(site_id uuid, entry_id uuid, state text, reservation_id uuid,
                offer_expires_at timestamptz, rests_until timestamptz, ended_at timestamptz)
          where w.site_id = x.site_id and w.entry_id = x.entry_id`,
};

const INSERT_ENTRIES = {
  name: 'arbiter-insert-waitlist',
  text: `insert into waitlist_entries (site_id, entry_id, member_id, during, kinds, levels, max_price, take_for_me, created_at, state,
                                       reservation_id, offer_expires_at, rests_until, ended_at)
         select site_id, entry_id, member_id, tstzrange(starts, ends), kinds, levels, max_price, take_for_me, created_at, state,
                reservation_id, offer_expires_at, rests_until, ended_at
           from json_to_recordset($1::json) as x(site_id uuid, entry_id uuid, member_id uuid, starts timestamptz, ends timestamptz,
                kinds text[], levels text[], max_price integer, take_for_me boolean, created_at timestamptz, state text,
                reservation_id uuid, offer_expires_at timestamptz, rests_until timestamptz, ended_at timestamptz)`,
};

/** E8: places in line. */
export async function writeWaitlist(
  client: PoolClient,
  nets: ReadonlyMap<string, NetChanges>,
  isStored: (table: string, siteId: string, id: string) => boolean,
): Promise<void> {
  const entries = rowsOf(nets, (net) => net.waitlistEntries.values());
  if (entries.length === 0) return;
  const isOld = ({ siteId, row }: (typeof entries)[number]) => isStored('waitlistEntries', siteId, row.id);
  await together([
    writeRows(client, UPDATE_ENTRIES, entries.filter(isOld).map(entryRow)),
    writeRows(client, INSERT_ENTRIES, entries.filter((entry) => !isOld(entry)).map(entryRow)),
  ]);
}

/** What the statements take of an entry; each takes the columns it names. */
function entryRow({ siteId, row }: { siteId: string; row: WaitlistEntry }) {
  return {
    site_id: siteId,
    entry_id: row.id,
    member_id: row.memberId,
    starts: timestamp(row.start),
    ends: timestamp(row.end),
    kinds: row.kinds,
    levels: row.levels,
    max_price: row.maxPrice,
    take_for_me: row.takeForMe,
    created_at: timestamp(row.createdAt),
    state: row.state,
    reservation_id: row.reservationId,
    offer_expires_at: timestamp(row.offerExpiresAt),
    rests_until: timestamp(row.restsUntil),
    ended_at: timestamp(row.endedAt),
  };
}
