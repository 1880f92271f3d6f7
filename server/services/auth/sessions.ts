import { Buffer } from 'node:buffer';
import DataLoader from 'dataloader';
import type { Pool } from 'pg';
import type { Clock } from '../../platform/clock';
import { createSessionToken, hashSessionToken } from './session-token';
import type { SessionMember, SessionRenewal, SessionRow, SessionUser } from './session-row';
import { renewSessions, selectSessions } from './session-row';

export interface ValidSession {
  readonly user: SessionUser;
  /** Null for a user who belongs to no site. */
  readonly member: SessionMember | null;
  readonly session: {
    /** Names the session without opening it: the SHA-256 of its token, as base64url. */
    readonly id: string;
    readonly createdAt: number;
    readonly expiresAt: number;
    /** When the person last proved to be the account's owner in this session: at the sign-in, or since. Null never. */
    readonly verifiedAt: number | null;
  };
}

export interface NewSession {
  /** The secret for the cookie. It cannot be had again. */
  readonly token: string;
  readonly expiresAt: number;
}

export interface Sessions {
  /** Begins a session of a user who has just proved who they are, at the site that the user joined first. */
  create(request: { userId: string; userAgent?: string }): Promise<NewSession>;
  /** Whose session a token is; null for an unknown, ended or expired one. */
  validate(token: string): Promise<ValidSession | null>;
  /** The person has proved once more to be the owner: notes it for this `session.id` alone. Answers when, epoch ms. */
  noteVerified(sessionId: string): Promise<number>;
  /** `verifiedAt` as it is now, also when another process has noted it a moment ago. */
  readVerifiedAt(sessionId: string): Promise<number | null>;
  /** Ends the session of this `session.id`. Ending an unknown one is no error. */
  end(sessionId: string): Promise<void>;
  /** Ends all sessions of a user, on every device. */
  endAll(userId: string): Promise<void>;
  /** Drops what this process remembers; after a user, a member or a site has been changed past this module. */
  forget(): void;
}

export interface SessionsOptions {
  pool: Pool;
  clock: Clock;
  /** Milliseconds a session lives after it was last renewed. Default: 30 days. */
  lifetime?: number;
  /** Milliseconds for which a validated session is believed without asking the database. Default: 2 s. */
  memory?: number;
}

const DAY = 86_400_000;
const DEFAULT_LIFETIME = 30 * DAY;
const DEFAULT_MEMORY = 2000;
/** `last_seen_at` is for a person to read, so it need not be written at each request. */
const SEEN_EVERY = 5 * 60_000;
const REMEMBERED_AT_MOST = 10_000;
/** What one turn of the event loop asks for goes in one statement: after a restart thousands of streams come at once. */
const TOGETHER = {
  cache: false,
  maxBatchSize: 500,
  batchScheduleFn: (send: () => void) => void setImmediate(send),
} as const;
const USER_AGENT_LENGTH = 200;

interface Remembered {
  readonly at: number;
  readonly row: Promise<SessionRow | null>;
}

/**
 * Sessions as Lucia's guide describes them (lucia-auth.com/sessions/basic): a random token whose SHA-256 is all that is
 * stored, an expiry that slides once half of the lifetime has passed, ended by deleting the row.
 *
 * Each request of a device validates its session, thousands a second in all, so a validated one is remembered for
 * `memory` ms. What ends a session here is honoured at once in this process, because it empties the memory after the
 * row is gone, and within `memory` in every other; the same holds for a changed role. Unknown tokens are not remembered.
 * What is not remembered is asked of the database together with what else this turn of the event loop asks for.
 */
export function createSessions(options: SessionsOptions): Sessions {
  const { pool, clock } = options;
  const lifetime = options.lifetime ?? DEFAULT_LIFETIME;
  const memory = options.memory ?? DEFAULT_MEMORY;
  const remembered = new Map<string, Remembered>();
  const rows = new DataLoader<Uint8Array, SessionRow | null>(
    async (hashes) => {
      const found = await selectSessions(pool, hashes);
      return hashes.map((hash) => found.get(idOf(hash)) ?? null);
    },
    // What is remembered, and for how long, is `remembered`'s matter.
    TOGETHER,
  );
  const renewals = new DataLoader<SessionRenewal, boolean>(async (asked) => {
    const there = await renewSessions(pool, asked);
    return asked.map(({ tokenSha256 }) => there.has(idOf(tokenSha256)));
  }, TOGETHER);

  const recall = (hash: Uint8Array, key: string, now: number): Promise<SessionRow | null> => {
    const known = remembered.get(key);
    if (known && now - known.at < memory && now >= known.at) return known.row;
    const row = loadAndKeepAlive(hash, now);
    remembered.delete(key);
    remembered.set(key, { at: now, row });
    const forgetIt = () => {
      if (remembered.get(key)?.row === row) remembered.delete(key);
    };
    row.then((found) => {
      if (!found) forgetIt();
    }, forgetIt);
    dropOld(now);
    return row;
  };

  /** Entries stand in the order in which they were made, so the old ones are all at the front. */
  const dropOld = (now: number): void => {
    for (const [key, { at }] of remembered) {
      if (now - at < memory && remembered.size <= REMEMBERED_AT_MOST) return;
      remembered.delete(key);
    }
  };

  const loadAndKeepAlive = async (hash: Uint8Array, now: number): Promise<SessionRow | null> => {
    const row = await rows.load(hash);
    if (!row || row.expiresAt <= now) return null;
    const isHalfOver = row.expiresAt - now < lifetime / 2;
    if (!isHalfOver && now - row.lastSeenAt < SEEN_EVERY) return row;
    const expiresAt = isHalfOver ? now + lifetime : row.expiresAt;
    const isThere = await renewals.load({ tokenSha256: hash, expiresAt, seenAt: now });
    return isThere ? { ...row, expiresAt } : null;
  };

  return {
    async create({ userId, userAgent }) {
      const token = createSessionToken();
      const now = clock.now();
      const expiresAt = now + lifetime;
      await pool.query('delete from sessions where user_id = $1 and expires_at <= $2', [
        userId,
        new Date(now),
      ]);
      await pool.query(
        `insert into sessions (token_sha256, user_id, site_id, created_at, expires_at, last_seen_at, user_agent, verified_at)
         values ($1, $2, (select site_id from members where user_id = $2 order by joined_at, member_id limit 1), $3, $4, $3, $5, $3)`,
        [
          hashSessionToken(token),
          userId,
          new Date(now),
          new Date(expiresAt),
          (userAgent ?? '').slice(0, USER_AGENT_LENGTH),
        ],
      );
      return { token, expiresAt };
    },

    async validate(token) {
      const hash = hashSessionToken(token);
      if (!hash) return null;
      const now = clock.now();
      const id = idOf(hash);
      const row = await recall(hash, id, now);
      if (!row || row.expiresAt <= now) return null;
      const { user, member, createdAt, expiresAt, verifiedAt } = row;
      return { user, member, session: { id, createdAt, expiresAt, verifiedAt } };
    },

    async noteVerified(sessionId) {
      const now = clock.now();
      await pool.query('update sessions set verified_at = $2 where token_sha256 = $1', [
        Buffer.from(sessionId, 'base64url'),
        new Date(now),
      ]);
      remembered.delete(sessionId);
      return now;
    },

    async readVerifiedAt(sessionId) {
      const { rows: found } = await pool.query<{ verified_at: Date | null }>(
        'select verified_at from sessions where token_sha256 = $1',
        [Buffer.from(sessionId, 'base64url')],
      );
      return found[0]?.verified_at?.getTime() ?? null;
    },

    async end(sessionId) {
      await pool.query('delete from sessions where token_sha256 = $1', [Buffer.from(sessionId, 'base64url')]);
      remembered.delete(sessionId);
    },

    async endAll(userId) {
      await pool.query('delete from sessions where user_id = $1', [userId]);
      remembered.clear();
    },

    forget: () => remembered.clear(),
  };
}

function idOf(tokenSha256: Uint8Array): string {
  return Buffer.from(tokenSha256).toString('base64url');
}
