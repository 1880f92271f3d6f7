import type { Pool } from 'pg';

const DAY = 86_400_000;
/** For so long after its end a device can still be taken away (B5), milliseconds. */
const OVER_KEPT = 90 * DAY;
/** A browser keeps a cookie for 400 days at most: after that no device comes back with the token. */
const REVOKED_KEPT = 400 * DAY;
/** The security log: long enough to look into last year's, no longer. */
const EVENTS_KEPT = 400 * DAY;
/** What strangers tried at no account, of which they can write as much as the limits let them. */
const STRANGERS_KEPT = 30 * DAY;

/** Removes what nobody can need any more: sessions long over, marks of those taken away, old lines of the security log. */
export async function pruneSessions(pool: Pool, now: number): Promise<void> {
  await pool.query('delete from sessions where least(expires_at, ends_at) < $1', [new Date(now - OVER_KEPT)]);
  await pool.query('delete from revoked_sessions where revoked_at < $1', [new Date(now - REVOKED_KEPT)]);
  await pool.query('delete from security_events where at < $1', [new Date(now - EVENTS_KEPT)]);
  await pool.query('delete from security_events where site_id is null and user_id is null and at < $1', [
    new Date(now - STRANGERS_KEPT),
  ]);
  // The next one sweeps what is over of its kind, or of its user; where none comes, this does.
  for (const table of ['sign_in_steps', 'oidc_flows', 'passkey_challenges', 'unlock_requests'])
    await pool.query(`delete from ${table} where expires_at < $1`, [new Date(now - DAY)]);
  // Written by rate-limiter-flexible, which leaves what is over to others; ms since 1970.
  await pool.query('delete from rate_limits where expire < $1', [now - DAY]);
}
