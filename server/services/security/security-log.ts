import type { Pool, PoolClient } from 'pg';
import type { SecurityEventKind } from '#shared/domain/security-event';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import { placeOf } from '../auth/network-place';

export interface SecurityEvent {
  readonly kind: SecurityEventKind;
  /** Whom it concerns; null when that is nobody we know. */
  readonly userId: string | null;
  /** Who did it, where that is somebody else. */
  readonly actorUserId?: string | null;
  /** The site it concerns; without one it shows at every site of its user. */
  readonly siteId?: string | null;
  /** Where the request came from. */
  readonly from?: { readonly address: string; readonly userAgent: string };
  /** Small facts for a person to read: no secrets, no e-mail of somebody without an account. */
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface SecurityLog {
  /** Keeps the event; within the caller's transaction where a client is given. */
  record(event: SecurityEvent, client?: PoolClient): Promise<void>;
  /**
   * Keeps what somebody tried at an account: an e-mail, a user's or a credential's id. Where nobody has it, the event names
   * nobody, and takes the same queries.
   */
  recordAttempt(event: Omit<SecurityEvent, 'userId'> & { readonly account: string }): Promise<void>;
}

const USER_AGENT_LENGTH = 200;

/** Appends to table security_events, at the server's time. Addresses are kept as networks (`placeOf`). */
export function createSecurityLog(options: { pool: Pool; clock: Clock; newId: IdGenerator }): SecurityLog {
  const { pool, clock, newId } = options;
  const log: SecurityLog = {
    async recordAttempt({ account, ...event }) {
      await log.record({ ...event, userId: await findUser(pool, account) });
    },
    async record(event, client) {
      const { kind, userId, actorUserId, siteId, from, detail } = event;
      await (client ?? pool).query(
        `insert into security_events (event_id, at, kind, site_id, user_id, actor_user_id, network, user_agent, detail)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          newId(),
          new Date(clock.now()),
          kind,
          siteId ?? null,
          userId,
          actorUserId ?? null,
          from ? placeOf(from.address) : '',
          (from?.userAgent ?? '').slice(0, USER_AGENT_LENGTH),
          JSON.stringify(detail ?? {}),
        ],
      );
    },
  };
  return log;
}

async function findUser(pool: Pool, account: string): Promise<string | null> {
  const { rows } = await pool.query<{ user_id: string }>(
    `select user_id from users where user_id::text = $1 or lower(email) = lower($1)
     union all select user_id from passkeys where credential_id = $1 limit 1`,
    [account],
  );
  return rows[0]?.user_id ?? null;
}
