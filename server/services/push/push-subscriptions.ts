import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { PushKeys } from './push-encryption';

/** Where a browser can be woken, and for whom only it can read. */
export interface PushTarget {
  readonly endpoint: string;
  readonly keys: PushKeys;
}

/** A browser of somebody's, and the building that its session looks at; null: at none. */
export interface OwnedTarget extends PushTarget {
  readonly siteId: string | null;
}

/** Whose browser it is: a session by its `session.id`. */
export interface PushOwner {
  readonly userId: string;
  readonly sessionId: string;
}

interface TargetRow {
  user_id: string;
  endpoint: string;
  p256dh: string;
  auth: string;
  site_id: string | null;
}

/** What a person plausibly uses; the oldest go. */
const SUBSCRIPTIONS_MAX = 20;

/** Table push_subscriptions: one a session, gone with it. An endpoint is a secret of the browser and never logged. */
export function createPushSubscriptions(pool: Pool) {
  return {
    /**
     * Keeps it as the session's one. False when the endpoint is already known with other keys for somebody else: then it is
     * not this browser's.
     */
    async keep({ userId, sessionId }: PushOwner, { endpoint, keys }: PushTarget, at: Date): Promise<boolean> {
      return await inTransaction(pool, async (client) => {
        const { rowCount } = await client.query(
          `insert into push_subscriptions as kept (endpoint_sha256, session_sha256, user_id, endpoint, p256dh, auth, created_at)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (endpoint_sha256) do update
             set session_sha256 = excluded.session_sha256, user_id = excluded.user_id, p256dh = excluded.p256dh,
                 auth = excluded.auth, created_at = excluded.created_at
             where kept.user_id = excluded.user_id or (kept.p256dh = excluded.p256dh and kept.auth = excluded.auth)`,
          [hashOf(endpoint), bytesOf(sessionId), userId, endpoint, keys.p256dh, keys.auth, at],
        );
        if (rowCount === 0) return false;
        await client.query(
          'delete from push_subscriptions where session_sha256 = $1 and endpoint_sha256 <> $2',
          [bytesOf(sessionId), hashOf(endpoint)],
        );
        await client.query(
          `delete from push_subscriptions where endpoint_sha256 in
             (select endpoint_sha256 from push_subscriptions where user_id = $1 order by created_at desc offset $2)`,
          [userId, SUBSCRIPTIONS_MAX],
        );
        return true;
      });
    },

    /** The session's browser is not woken any more. */
    async forget(sessionId: string): Promise<void> {
      await pool.query('delete from push_subscriptions where session_sha256 = $1', [bytesOf(sessionId)]);
    },

    /** The push service says that nobody is there any more. */
    async forgetEndpoint(endpoint: string): Promise<void> {
      await pool.query('delete from push_subscriptions where endpoint_sha256 = $1', [hashOf(endpoint)]);
    },

    /** Whether the session's browser can be woken. */
    async has(sessionId: string): Promise<boolean> {
      const { rowCount } = await pool.query('select from push_subscriptions where session_sha256 = $1', [
        bytesOf(sessionId),
      ]);
      return rowCount === 1;
    },

    /** The browsers of these users whose sessions have not run out at `now`, by user; who has none is left out. */
    async ofUsers(userIds: readonly string[], now: Date): Promise<Map<string, OwnedTarget[]>> {
      const { rows } = await pool.query<TargetRow>({
        name: 'push-targets',
        text: `select p.user_id, endpoint, p256dh, auth, s.site_id
                 from push_subscriptions p join sessions s on s.token_sha256 = p.session_sha256
                where p.user_id = any($1::uuid[]) and s.expires_at > $2`,
        values: [userIds, now],
      });
      const byUser = new Map<string, OwnedTarget[]>();
      for (const { user_id: userId, site_id: siteId, endpoint, p256dh, auth } of rows) {
        const target = { endpoint, keys: { p256dh, auth }, siteId };
        const known = byUser.get(userId);
        if (known) known.push(target);
        else byUser.set(userId, [target]);
      }
      return byUser;
    },
  };
}

/** Names an endpoint without telling it. */
export function hashOf(endpoint: string): Uint8Array {
  return createHash('sha256').update(endpoint).digest();
}

function bytesOf(sessionId: string): Uint8Array {
  return Buffer.from(sessionId, 'base64url');
}
