import type { Pool } from 'pg';

const DAY = 86_400_000;
/** For so long a claim that was decided or withdrawn, and a weekly rule that was removed, can be looked up, milliseconds. */
export const LENDING_KEPT = 90 * DAY;
/** At a time, so that no statement holds many rows for long. */
const BATCH = 5000;

// The trigger takes it from who claimed.
const PRUNE_CLAIMS = `delete from slot_claims where (site_id, claim_id) in (
  select site_id, claim_id from slot_claims where decided_at < $1 order by site_id, claim_id limit $2 for update skip locked)`;

// Out of all copies since it was removed.
const PRUNE_RULES = `delete from lending_rules where (site_id, rule_id) in (
  select site_id, rule_id from lending_rules where removed_at < $1 order by site_id, rule_id limit $2 for update skip locked)`;

/** C1 C10: forgets what was claimed and what was a rule long ago; `now` in ms since 1970. Resolves with how many rows. */
export async function pruneLending(pool: Pool, now: number): Promise<number> {
  let pruned = 0;
  for (const statement of [PRUNE_CLAIMS, PRUNE_RULES]) {
    for (let rows = BATCH; rows === BATCH;) {
      const { rowCount } = await pool.query(statement, [new Date(now - LENDING_KEPT), BATCH]);
      rows = rowCount ?? 0;
      pruned += rows;
    }
  }
  return pruned;
}
