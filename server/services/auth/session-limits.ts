import type { Role } from '#shared/domain/entities';

/** How long a session lasts, milliseconds: without being used, and at most, however much it is used (B10). */
export interface SessionLimit {
  readonly idle: number;
  readonly absolute: number;
}

/** Who is signed in, as far as a session's length depends on it: the role at its site, or none; the administrator above all. */
export type SessionStanding = Role | 'no_site' | 'administrator';

export type SessionLimits = Readonly<Record<SessionStanding, SessionLimit>>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * The more somebody may do, the shorter. A resident parks now and then and shows a pass without signal, so a month; a guard's
 * phone is handed on; a manager comes back after a weekend without signing in, and money and keys ask for a fresh proof anyway.
 */
export const defaultSessionLimits: SessionLimits = {
  resident: { idle: 30 * DAY, absolute: 180 * DAY },
  no_site: { idle: 30 * DAY, absolute: 180 * DAY },
  guard: { idle: 14 * DAY, absolute: 90 * DAY },
  manager: { idle: 3 * DAY, absolute: 30 * DAY },
  administrator: { idle: 12 * HOUR, absolute: 7 * DAY },
};

/** Whose limit counts: an administrator's own, else that of the role at the session's site. */
export function standingOf(who: { isAdministrator: boolean; role: Role | null }): SessionStanding {
  return who.isAdministrator ? 'administrator' : (who.role ?? 'no_site');
}

/**
 * When a session ends, ms since 1970, as things stand now: the earliest of what its row says and what the limits of its
 * present role do. A session that moves to a site with more power is shorter from then on.
 */
export function endOf(
  row: { createdAt: number; lastSeenAt: number; expiresAt: number; endsAt: number },
  limit: SessionLimit,
): number {
  return Math.min(row.expiresAt, row.endsAt, row.createdAt + limit.absolute, row.lastSeenAt + limit.idle);
}
