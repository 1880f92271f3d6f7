import { Buffer } from 'node:buffer';
import DataLoader from 'dataloader';
import type { Pool } from 'pg';
import type { Role } from '#shared/domain/entities';
import type { Clock } from '../../platform/clock';
import { succeedSession } from './former-session';
import { placeOf } from './network-place';
import type { SessionLimit, SessionLimits } from './session-limits';
import { defaultSessionLimits, endOf, standingOf } from './session-limits';
import { createSessionToken, hashSessionToken } from './session-token';
import type { SessionMember, SessionRenewal, SessionRow, SessionUser } from './session-row';
import { expireSessions, insertSession, renewSessions, selectSessions, selectStanding } from './session-row';

export interface ValidSession {
  readonly user: SessionUser;
  /** Null for a user who belongs to no site. */
  readonly member: SessionMember | null;
  readonly session: {
    /** Names the session without opening it: the SHA-256 of its token, as base64url. */
    readonly id: string;
    /** The same for as long as the session lasts, through all its tokens: what its owner's list calls it. */
    readonly lastingId: string;
    readonly createdAt: number;
    readonly expiresAt: number;
    /** When the person last proved to be the account's owner in this session: at the sign-in, or since. Null never. */
    readonly verifiedAt: number | null;
  };
}

/** What somebody signed in by. */
export type SignedInBy =
  'password' | 'password_totp' | 'passkey' | 'oidc' | 'unlock' | 'recovery' | 'registration';

export interface NewSession {
  /** The secret for the cookie. It cannot be had again. */
  readonly token: string;
  readonly expiresAt: number;
}

/** A session that goes on under a new secret. */
export interface RotatedSession {
  /** The secret for the cookie, in the place of the old one. */
  readonly token: string;
  /** The `session.id` from now on. */
  readonly id: string;
  readonly verifiedAt: number | null;
}

export interface Sessions {
  /** Begins a session of a user who has just proved who they are, at the site that the user joined first. */
  create(request: {
    userId: string;
    by: SignedInBy;
    userAgent?: string;
    /** The IP address; kept as its network. */
    address?: string;
    /** Milliseconds it may last at most, however much it is used. Default, and at most: the role's absolute limit. */
    lifetime?: number;
    /** The token that the browser had, over or not: if it was the same user's, this session takes its place. */
    formerToken?: string;
  }): Promise<NewSession>;
  /** Whose session a token is; null for an unknown, ended or expired one. `address` is noted as where it is used. */
  validate(token: string, from?: { address: string }): Promise<ValidSession | null>;
  /** B5: whether the token is of a session that was taken away, so that its device wipes what it holds. */
  isRevoked(token: string): Promise<boolean>;
  /**
   * B10: gives the session of this `session.id` a new token; the old one opens nothing from then on. For a proof of who one is
   * (`verified`), and for whatever changes a way in. Null when the session has ended meanwhile.
   */
  rotate(sessionId: string, change?: { verified?: boolean }): Promise<RotatedSession | null>;
  /** `verifiedAt` as it is now, also when another process has noted it a moment ago. */
  readVerifiedAt(sessionId: string): Promise<number | null>;
  /** How long a session of somebody in this role lasts, at a site or (null) at none. */
  limitOf(who: { isAdministrator: boolean; role: Role | null }): SessionLimit;
  /** Ends the session of this `session.id`. Ending an unknown one is no error. */
  end(sessionId: string): Promise<void>;
  /**
   * Ends all sessions of a user, on every device but that of `except`, a `session.id`. Their devices wipe nothing, and can still be
   * taken away as those whose time is over.
   */
  endAll(userId: string, except?: string): Promise<void>;
  /** Sessions of these `session.id`s have been ended past this module: nobody is let in by what is remembered of them. */
  ended(sessionIds: readonly string[]): void;
  /** Drops what this process remembers, of one session or of all; after something has been changed past this module. */
  forget(sessionId?: string): void;
  /** The same for all sessions of one user. */
  forgetUser(userId: string): void;
}

export interface SessionsOptions {
  pool: Pool;
  clock: Clock;
  /** Default: `defaultSessionLimits`. */
  limits?: SessionLimits;
  /** Milliseconds for which a validated session is believed without asking the database. Default: 2 s. */
  memory?: number;
  /** Told of sessions that end or change their token before their time, so that their streams end here and elsewhere. */
  onEnded?: (sessionIds: readonly string[]) => void;
}

const DEFAULT_MEMORY = 2000;
/** How often a use is written, milliseconds: a person reads it, and idle limits are hours and more. */
const SEEN_EVERY = 5 * 60_000;
const REMEMBERED_AT_MOST = 10_000;
/** What one turn of the event loop asks for goes in one statement: after a restart thousands of streams come at once. */
const TOGETHER = {
  cache: false,
  maxBatchSize: 500,
  batchScheduleFn: (send: () => void) => void setImmediate(send),
} as const;

interface Remembered {
  readonly at: number;
  readonly row: Promise<SessionRow | null>;
  /** Null until the row is there. */
  userId: string | null;
}

/**
 * Sessions as Lucia's guide describes them (lucia-auth.com/sessions/basic): a random token whose SHA-256 is all that is
 * stored, an end that slides with each use that is noted, within one that does not (`SessionLimits`), ended by deleting the row.
 * An expired row stays until it is pruned, so that a phone that was lost weeks ago can still be taken away.
 *
 * Each request of a device validates its session, thousands a second in all, so a validated one is remembered for
 * `memory` ms. What ends a session here is honoured at once in this process, because it empties the memory after the
 * row is gone, and within `memory` in every other; the same holds for a changed role. Unknown tokens are not remembered.
 * What is not remembered is asked of the database together with what else this turn of the event loop asks for.
 */
export function createSessions(options: SessionsOptions): Sessions {
  const { pool, clock } = options;
  const limits = options.limits ?? defaultSessionLimits;
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

  const limitOf = (who: { isAdministrator: boolean; role: Role | null }) => limits[standingOf(who)];
  const limitOfRow = ({ user, member }: Pick<SessionRow, 'user' | 'member'>) =>
    limitOf({ isAdministrator: user.isAdministrator, role: member?.role ?? null });

  const recall = (hash: Uint8Array, { key, now, address }: Use): Promise<SessionRow | null> => {
    const known = remembered.get(key);
    if (known && now - known.at < memory && now >= known.at) return known.row;
    const row = loadAndKeepAlive(hash, now, address);
    remembered.delete(key);
    const entry: Remembered = { at: now, row, userId: null };
    remembered.set(key, entry);
    const forgetIt = () => {
      if (remembered.get(key)?.row === row) remembered.delete(key);
    };
    row.then((found) => {
      if (found) entry.userId = found.user.id;
      else forgetIt();
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

  const loadAndKeepAlive = async (
    hash: Uint8Array,
    now: number,
    address: string,
  ): Promise<SessionRow | null> => {
    const row = await rows.load(hash);
    if (!row) return null;
    const limit = limitOfRow(row);
    if (endOf(row, limit) <= now) return null;
    if (now - row.lastSeenAt < Math.min(SEEN_EVERY, limit.idle / 2)) return row;
    const expiresAt = Math.min(row.endsAt, now + limit.idle);
    const network = placeOf(address);
    const isThere = await renewals.load({ tokenSha256: hash, expiresAt, seenAt: now, network });
    return isThere ? { ...row, expiresAt, lastSeenAt: now } : null;
  };

  const drop = (sessionIds: readonly string[]): void => {
    for (const id of sessionIds) remembered.delete(id);
    if (sessionIds.length > 0) options.onEnded?.(sessionIds);
  };

  return {
    async create({ userId, by, userAgent, address, lifetime, formerToken }) {
      const token = createSessionToken();
      const now = clock.now();
      const standing = await selectStanding(pool, userId);
      const limit = limitOf(standing);
      const endsAt = now + Math.min(limit.absolute, lifetime ?? limit.absolute);
      const expiresAt = Math.min(endsAt, now + limit.idle);
      const tokenSha256 = mustHash(token);
      const network = placeOf(address ?? '');
      await insertSession(pool, {
        ...{ tokenSha256, userId, siteId: standing.siteId, now, expiresAt, endsAt, by, network },
        userAgent: userAgent ?? '',
      });
      const formerSha256 = formerToken === undefined ? null : hashSessionToken(formerToken);
      if (formerSha256 && (await succeedSession(pool, { formerSha256, tokenSha256, userId })))
        drop([idOf(formerSha256)]);
      return { token, expiresAt };
    },

    async validate(token, from) {
      const hash = hashSessionToken(token);
      if (!hash) return null;
      const now = clock.now();
      const id = idOf(hash);
      const row = await recall(hash, { key: id, now, address: from?.address ?? '' });
      if (!row) return null;
      const expiresAt = endOf(row, limitOfRow(row));
      if (expiresAt <= now) return null;
      const { user, member, lastingId, createdAt, verifiedAt } = row;
      return { user, member, session: { id, lastingId, createdAt, expiresAt, verifiedAt } };
    },

    async isRevoked(token) {
      const hash = hashSessionToken(token);
      if (!hash) return false;
      const { rowCount } = await pool.query('select from revoked_sessions where token_sha256 = $1', [hash]);
      return rowCount === 1;
    },

    async rotate(sessionId, { verified = false } = {}) {
      const token = createSessionToken();
      const hash = mustHash(token);
      const { rows: found } = await pool.query<{ verified_at: Date | null }>(
        `update sessions set token_sha256 = $2, verified_at = coalesce($3, verified_at)
          where token_sha256 = $1 and ends_at > $4 returning verified_at`,
        [
          Buffer.from(sessionId, 'base64url'),
          hash,
          verified ? new Date(clock.now()) : null,
          new Date(clock.now()),
        ],
      );
      if (!found[0]) return null;
      drop([sessionId]);
      return { token, id: idOf(hash), verifiedAt: found[0].verified_at?.getTime() ?? null };
    },

    async readVerifiedAt(sessionId) {
      const { rows: found } = await pool.query<{ verified_at: Date | null }>(
        'select verified_at from sessions where token_sha256 = $1',
        [Buffer.from(sessionId, 'base64url')],
      );
      return found[0]?.verified_at?.getTime() ?? null;
    },

    limitOf,

    async end(sessionId) {
      await pool.query('delete from sessions where token_sha256 = $1', [Buffer.from(sessionId, 'base64url')]);
      drop([sessionId]);
    },

    async endAll(userId, except) {
      const kept = except === undefined ? null : Buffer.from(except, 'base64url');
      const over = await expireSessions(pool, { userId, now: clock.now(), except: kept });
      drop(over.map(idOf));
    },

    ended: drop,
    forget(sessionId) {
      if (sessionId === undefined) remembered.clear();
      else remembered.delete(sessionId);
    },
    forgetUser(userId) {
      // A row that is still being read may be of before the change, whosever it is.
      for (const [id, entry] of remembered)
        if (entry.userId === null || entry.userId === userId) remembered.delete(id);
    },
  };
}

/** A request's use of a session: `key` is the session's id, `address` empty when it is not known. */
interface Use {
  readonly key: string;
  readonly now: number;
  readonly address: string;
}

function mustHash(token: string): Uint8Array {
  const hash = hashSessionToken(token);
  if (!hash) throw new Error('a new token is no token');
  return hash;
}

function idOf(tokenSha256: Uint8Array): string {
  return Buffer.from(tokenSha256).toString('base64url');
}
