import { timingSafeEqual } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { UNLOCK_LASTS, type UnlockBegun } from '#shared/protocol/unlock';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import type { AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';
import { networkOf } from '../auth/network-place';
import { drawUnlockSecrets, hashUnlockSecret } from './unlock-secrets';

/** A request as it waits. Times in ms since 1970. */
export interface UnlockRequest {
  readonly requestId: string;
  readonly userAgent: string;
  readonly network: string;
  readonly matchNumber: number;
  /** What the numbers to choose among are drawn from; the phone never gets it. */
  readonly seed: Uint8Array;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Who decides: a signed-in user who either was asked by name or has the code that the browser shows. */
export interface UnlockDecider {
  readonly userId: string;
  readonly requestId: string;
  /** Null when the user was asked. */
  readonly code: string | null;
}

/** How a request stands for the browser that made it. */
export type UnlockState =
  | { readonly state: 'waiting' | 'refused' | 'expired' }
  | { readonly state: 'approved'; readonly userId: string };

/** Requests of browsers without credentials to be let in by a signed-in phone (B2); table unlock_requests. */
export interface UnlockRequests {
  /** Begins one, good for UNLOCK_LASTS. `browserSecret` is for the browser's cookie and cannot be had again. */
  begin(request: {
    address: string;
    userAgent: string;
    askedUserId: string | null;
  }): Promise<UnlockBegun & { readonly browserSecret: string }>;
  /** The one that waits under this code; null when none does. */
  find(code: string): Promise<UnlockRequest | null>;
  /** Those that wait and have asked for this user by name, newest first. */
  waitingFor(userId: string): Promise<UnlockRequest[]>;
  /** One that waits and that this user may decide; null for any other. */
  get(decider: UnlockDecider): Promise<UnlockRequest | null>;
  /**
   * Lets the browser in as this user. Refuses unlock_not_found for what is not theirs to decide, unlock_over for what is
   * decided or too late, unlock_wrong_number for another number than the browser's: that ends the request, too.
   */
  approve(decider: UnlockDecider, number: number): Promise<AuthResult<UnlockRequest>>;
  /** Refuses unlock_not_found and unlock_over as `approve` does. */
  refuse(decider: UnlockDecider): Promise<AuthResult<UnlockRequest>>;
  /**
   * For the browser that began it. `approved` comes once: whoever asks again gets unlock_over. Refuses unlock_not_found for
   * any other browser, whether there is such a request or not.
   */
  collect(requestId: string, browserSecret: string): Promise<AuthResult<UnlockState>>;
}

/**
 * Wrong picks until a request is refused. Of three numbers a second pick would be right every other time, and a third always:
 * whoever approves without looking must not get there by trying.
 */
const WRONG_NUMBERS_ALLOWED = 1;
/** Milliseconds after its end for which a browser may still collect what was approved in the last moment. */
const COLLECT_AFTER_END = 15_000;
/** Milliseconds after which a request is of no use to anybody. */
const KEPT_FOR = 3_600_000;
const USER_AGENT_LENGTH = 200;

interface Row {
  request_id: string;
  code_sha256: Buffer;
  browser_sha256: Buffer;
  match_number: number;
  user_agent: string;
  network: string;
  asked_user_id: string | null;
  created_at: Date;
  expires_at: Date;
  state: 'waiting' | 'approved' | 'refused' | 'used';
  decided_by: string | null;
}

export function createUnlockRequests(options: {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
}): UnlockRequests {
  const { pool, clock, newId } = options;

  /** Locks the request and decides it, when it waits and is this user's to decide. */
  const decide = (
    decider: UnlockDecider,
    decision: (row: Row, client: PoolClient) => Promise<AuthResult<UnlockRequest>>,
  ) =>
    inTransaction(pool, async (client) => {
      const { rows } = await client.query<Row>(
        'select * from unlock_requests where request_id = $1 for update',
        [decider.requestId],
      );
      const row = rows[0];
      if (!row || !mayDecide(row, decider)) return refused('unlock_not_found');
      if (!isWaiting(row, clock.now())) return refused('unlock_over');
      return await decision(row, client);
    });

  const close = async (
    client: PoolClient,
    row: Row,
    { state, userId, wrong = 0 }: { state: 'approved' | 'refused'; userId: string; wrong?: number },
  ): Promise<void> => {
    await client.query(
      `update unlock_requests set state = $2, decided_by = $3, decided_at = $4, wrong_numbers = wrong_numbers + $5
        where request_id = $1`,
      [row.request_id, state, userId, new Date(clock.now()), wrong],
    );
  };

  return {
    async begin({ address, userAgent, askedUserId }) {
      const now = clock.now();
      await pool.query('delete from unlock_requests where expires_at < $1', [new Date(now - KEPT_FOR)]);
      const requestId = newId();
      const { code, matchNumber, browserSecret } = drawUnlockSecrets();
      const expiresAt = now + UNLOCK_LASTS;
      // That two of 35 bits meet within two minutes is a failure like any other: the person asks again.
      await pool.query(
        `insert into unlock_requests (request_id, code_sha256, browser_sha256, match_number, user_agent, network,
                                      asked_user_id, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          requestId,
          hashUnlockSecret(code),
          hashUnlockSecret(browserSecret),
          matchNumber,
          userAgent.slice(0, USER_AGENT_LENGTH),
          networkOf(address),
          askedUserId,
          new Date(now),
          new Date(expiresAt),
        ],
      );
      return { requestId, code, matchNumber, browserSecret, expiresAt, serverNow: now };
    },

    async find(code) {
      const { rows } = await pool.query<Row>(
        `select * from unlock_requests where code_sha256 = $1 and state = 'waiting' and expires_at > $2`,
        [hashUnlockSecret(code), new Date(clock.now())],
      );
      return rows[0] ? requestOf(rows[0]) : null;
    },

    async waitingFor(userId) {
      const { rows } = await pool.query<Row>(
        `select * from unlock_requests where asked_user_id = $1 and state = 'waiting' and expires_at > $2
          order by created_at desc limit 5`,
        [userId, new Date(clock.now())],
      );
      return rows.map(requestOf);
    },

    async get(decider) {
      const { rows } = await pool.query<Row>('select * from unlock_requests where request_id = $1', [
        decider.requestId,
      ]);
      const row = rows[0];
      return row && mayDecide(row, decider) && isWaiting(row, clock.now()) ? requestOf(row) : null;
    },

    approve: (decider, number) =>
      decide(decider, async (row, client) => {
        const { userId } = decider;
        if (number === row.match_number) {
          await close(client, row, { state: 'approved', userId });
          return granted(requestOf(row));
        }
        await close(client, row, { state: 'refused', userId, wrong: WRONG_NUMBERS_ALLOWED });
        return refused('unlock_wrong_number');
      }),

    refuse: (decider) =>
      decide(decider, async (row, client) => {
        await close(client, row, { state: 'refused', userId: decider.userId });
        return granted(requestOf(row));
      }),

    async collect(requestId, browserSecret) {
      const { rows } = await pool.query<Row>('select * from unlock_requests where request_id = $1', [
        requestId,
      ]);
      const row = rows[0];
      if (!row || !isSame(row.browser_sha256, hashUnlockSecret(browserSecret))) {
        return refused('unlock_not_found');
      }
      const now = clock.now();
      const end = row.expires_at.getTime();
      if (row.state === 'used') return refused('unlock_over');
      if (row.state === 'refused') return granted({ state: 'refused' });
      if (row.state === 'waiting') return granted({ state: now < end ? 'waiting' : 'expired' });
      if (now >= end + COLLECT_AFTER_END) return granted({ state: 'expired' });
      // One of many at once gets it. What was approved before a device of that person was taken away may be that device's doing.
      const used = await pool.query<{ decided_by: string }>(
        `update unlock_requests u set state = 'used' where request_id = $1 and state = 'approved'
            and not exists (select from revoked_sessions r where r.user_id = u.decided_by and r.revoked_at >= u.decided_at)
          returning decided_by`,
        [requestId],
      );
      const userId = used.rows[0]?.decided_by;
      return userId === undefined ? refused('unlock_over') : granted({ state: 'approved', userId });
    },
  };
}

function isWaiting(row: Row, now: number): boolean {
  return row.state === 'waiting' && now < row.expires_at.getTime();
}

function mayDecide(row: Row, { userId, code }: UnlockDecider): boolean {
  if (code === null) return row.asked_user_id === userId;
  return isSame(row.code_sha256, hashUnlockSecret(code));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function requestOf(row: Row): UnlockRequest {
  return {
    requestId: row.request_id,
    userAgent: row.user_agent,
    network: row.network,
    matchNumber: row.match_number,
    seed: row.browser_sha256,
    createdAt: row.created_at.getTime(),
    expiresAt: row.expires_at.getTime(),
  };
}
