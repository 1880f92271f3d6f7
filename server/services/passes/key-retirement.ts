import type { Pool } from 'pg';
import { HANDOVER, KEY_OUTLASTS } from '#shared/domain/signing-key';

/**
 * D3: retires, at all sites, the keys in whose place another one signs. From then on a key is good only for what it has signed:
 * up to the latest beginning among the passes that may be its own, so that who steals it cannot sign far ahead. Passes do not say
 * whose they are, so all count that were made before the handover was over. Answers how many were retired; `now` in ms since 1970.
 */
export async function retireKeys(pool: Pick<Pool, 'query'>, now: number): Promise<number> {
  const { rowCount } = await pool.query(
    `update signing_keys k
        set retired_at = $1,
            -- whole seconds, of which the last is good: guards' devices count in seconds, and so do passes
            valid_until = least(k.valid_until, date_trunc('second', greatest(f.handed_over, f.last_signed)) + interval '1 second')
       from (select o.site_id, o.key_id, n.handed_over,
                    (select max(p.not_before) from passes p
                      where p.site_id = o.site_id and p.created_at < n.handed_over) as last_signed
               from signing_keys o
               cross join lateral (
                 select min(s.used_from) + $2 * interval '1 millisecond' as handed_over from signing_keys s
                  where s.site_id = o.site_id and (s.used_from, s.key_id) > (o.used_from, o.key_id)) n
              where o.retired_at is null and n.handed_over <= $1) f
      where k.site_id = f.site_id and k.key_id = f.key_id and k.retired_at is null`,
    [new Date(now), HANDOVER],
  );
  return rowCount ?? 0;
}

/**
 * Takes the keys out of use, at all sites, by which nothing can come to a gate any more; their private parts are forgotten.
 * Devices hear of it like of any change of a row. Answers how many; `now` in ms since 1970.
 */
export async function removeKeys(pool: Pick<Pool, 'query'>, now: number): Promise<number> {
  const { rowCount } = await pool.query(
    `update signing_keys set removed_at = $1, retired_at = coalesce(retired_at, $1), sealed_private_key = ''
      where removed_at is null and valid_until <= $2`,
    [new Date(now), new Date(now - KEY_OUTLASTS)],
  );
  return rowCount ?? 0;
}
