import { isQuiet } from '#shared/domain/quiet-hours';
import {
  goodUntil,
  isUrgent,
  mailTiming,
  quietHoursOf,
  wantsPush,
  type NoticeData,
  type NoticeKind,
  type NoticePreferences,
} from '#shared/domain/notice-kinds';
import { nextWallClock } from './wall-clock';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The minute of the site's day at which the mail of the day goes out: when quiet hours end for most. */
export const DIGEST_MINUTE = 7 * 60;
/** Milliseconds after which nobody is woken any more by what the app shows anyway. */
export const PUSHED_WITHIN = 24 * HOUR;
/** Milliseconds; with what it doubles to, some ten attempts in `PUSHED_WITHIN`. */
const FIRST_RETRY = 30_000;
const LAST_RETRY = 4 * HOUR;

/** A notice as far as it decides whether and when it goes out. */
export interface ToDeliver {
  readonly kind: NoticeKind;
  readonly data: NoticeData;
  /** ms since 1970 */
  readonly createdAt: number;
  readonly preferences: NoticePreferences;
  /** The site's. */
  readonly timeZone: string;
  /** What has been seen to already. */
  readonly done: { readonly push: boolean; readonly mail: boolean };
}

/** Whether it is of this very hour: it goes out before all others, and a browser is woken by it at once. */
export function isPressing(kind: NoticeKind): boolean {
  return isUrgent(kind) || kind === 'waitlist_offer';
}

/** When each way is to be taken, ms since 1970; null: not, or not any more. Up to now: now. */
export interface Ways {
  readonly pushAt: number | null;
  readonly mailAt: number | null;
}

/** B4: the ways that a notice nobody has read yet still takes, by what its member wants. `now` in ms since 1970. */
export function waysOf(notice: ToDeliver, now: number): Ways {
  return {
    pushAt: notice.done.push ? null : pushAt(notice, now),
    mailAt: notice.done.mail ? null : mailAt(notice, now),
  };
}

function pushAt({ kind, data, createdAt, preferences, timeZone }: ToDeliver, now: number): number | null {
  if (!wantsPush(preferences, kind)) return null;
  const until = pushedUntil({ kind, data, createdAt });
  if (until <= now) return null;
  const quiet = quietHoursOf(preferences);
  if (!quiet || isUrgent(kind) || !isQuiet(quiet, now, timeZone)) return now;
  const at = nextWallClock(now, quiet.until, timeZone);
  return at < until ? at : null;
}

/** Until when, ms since 1970, a browser may be woken by it. */
export function pushedUntil({
  kind,
  data,
  createdAt,
}: Pick<ToDeliver, 'kind' | 'data' | 'createdAt'>): number {
  return Math.min(createdAt + PUSHED_WITHIN, goodUntil(kind, data) ?? Infinity);
}

function mailAt({ kind, data, createdAt, preferences, timeZone }: ToDeliver, now: number): number | null {
  switch (mailTiming(preferences, kind)) {
    case 'off':
      return null;
    case 'at_once':
      return pushedUntil({ kind, data, createdAt }) > now ? createdAt : null;
    case 'daily':
      return nextWallClock(createdAt, DIGEST_MINUTE, timeZone);
  }
}

/** Milliseconds until the next attempt after that many, the first being 1; `asked`: what a push service has asked for. */
export function retryIn(attempts: number, asked: number | null): number {
  return Math.max(asked ?? 0, Math.min(FIRST_RETRY * 2 ** (attempts - 1), LAST_RETRY));
}
