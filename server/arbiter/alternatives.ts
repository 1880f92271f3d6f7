import type { PoolClient } from 'pg';
import type { Alternative } from '#shared/protocol/push';
import { slotIsFreeByItself } from '../db/free-slots';
import { jsonRows, timestamp } from './json-rows';

const MOST = 3;

const WHERE_FREE = slotIsFreeByItself({
  slot: 's',
  siteId: 'q.site_id',
  start: 'q.starts',
  end: 'q.ends',
  now: '$2',
});

// Two walks in the order of an index, each ended by its limit, 0.2 ms a wish; where a whole level of 1,024 slots is taken
// 1.8 ms. Sorting all free slots of a site of 8,192 took 3.5 (explain analyze). A member's own slots are taken out afterwards, so that many who raced for one slot share one
// search. Therefore it finds as many more as the one of them with the most slots has.
const FIND = {
  name: 'arbiter-find-alternatives',
  text: `select q.search, a.slot_id, a.label, a.owner_id
           from json_to_recordset($1::json) as q(search integer, site_id uuid, slot_id uuid, starts timestamptz,
                ends timestamptz, members json)
           join slots w on w.site_id = q.site_id and w.slot_id = q.slot_id
           cross join lateral (
             select ${MOST} + coalesce(max(owned), 0) as most from (
               select count(*) as owned from slots o
                where o.site_id = q.site_id
                  and o.owner_id in (select value::uuid from json_array_elements_text(q.members))
                group by o.owner_id) as per_member) as l
           cross join lateral (
             select * from (
               (select s.slot_id, s.label, s.owner_id, true as is_near from slots s
                 where s.site_id = q.site_id and s.level = w.level and s.slot_id <> q.slot_id and ${WHERE_FREE}
                 order by s.label limit l.most)
               union all
               (select s.slot_id, s.label, s.owner_id, false from slots s
                 where s.site_id = q.site_id and s.level <> w.level and ${WHERE_FREE}
                 order by s.label limit l.most)) as found
              order by is_near desc, label limit l.most) as a
          order by q.search, a.is_near desc, a.label`,
};

/** A refused wish for a slot that was taken. */
export interface TakenSlot {
  readonly siteId: string;
  readonly slotId: string;
  readonly memberId: string;
  readonly start: number;
  readonly end: number;
  /** What a reservation costs by the site's policy. */
  readonly cost: number;
}

/**
 * A4: up to three slots for each wish, in its order, that are free for its whole window at this moment of the transaction,
 * on offer and not the member's own: same level first, then by label.
 */
export async function findAlternatives(
  client: PoolClient,
  taken: readonly TakenSlot[],
  now: number,
): Promise<Alternative[][]> {
  if (taken.length === 0) return [];
  const searches = new Map<string, TakenSlot[]>();
  for (const wish of taken) {
    const key = searchKey(wish);
    const wishes = searches.get(key);
    if (wishes) wishes.push(wish);
    else searches.set(key, [wish]);
  }
  const { rows } = await client.query<{
    search: number;
    slot_id: string;
    label: string;
    owner_id: string | null;
  }>({
    ...FIND,
    values: [
      jsonRows(
        [...searches.values()].map((wishes, search) => ({
          search,
          site_id: wishes[0]!.siteId,
          slot_id: wishes[0]!.slotId,
          starts: timestamp(wishes[0]!.start),
          ends: timestamp(wishes[0]!.end),
          members: [...new Set(wishes.map((wish) => wish.memberId))],
        })),
      ),
      timestamp(now),
    ],
  });
  const keys = [...searches.keys()];
  return taken.map((wish) =>
    rows
      .filter((row) => keys[row.search] === searchKey(wish) && row.owner_id !== wish.memberId)
      .slice(0, MOST)
      .map((row) => ({
        slotId: row.slot_id,
        label: row.label,
        start: wish.start,
        end: wish.end,
        cost: wish.cost,
      })),
  );
}

function searchKey(wish: TakenSlot): string {
  return `${wish.siteId}/${wish.slotId}/${wish.start}/${wish.end}`;
}
