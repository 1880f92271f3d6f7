import type { SitePolicy } from '#shared/domain/policy';
import type { TimeRange } from '#shared/domain/time-range';
import { atHour, daysBetween, floorToMinute, fromWall, startOfDay, type WallTime } from './site-clock';

/*
 * How a person names a window: with one tap from now on, or by two times read off the site's clock.
 */

const HOUR = 3_600_000;
/** When "until evening" ends, by the site's clock. */
const EVENING = 20;

/** What was picked. From-now choices move with the clock; exact ones do not. */
export type WindowChoice =
  | { readonly kind: 'hours'; readonly hours: number }
  | { readonly kind: 'evening' }
  | { readonly kind: 'exact'; readonly start: WallTime; readonly end: WallTime };

export type WindowProblem = 'incomplete' | 'end_before_start' | 'past' | 'too_long' | 'too_far';

export type ChosenWindow =
  | { readonly range: TimeRange; readonly problem: null }
  | { readonly range: null; readonly problem: WindowProblem };

/** The window (ms since 1970) that a choice means at `now`, or what is wrong with it. `limits` null skips the policy. */
export function windowOf(
  choice: WindowChoice,
  now: number,
  timeZone: string,
  limits: Pick<SitePolicy, 'maximumLength' | 'horizon'> | null,
): ChosenWindow {
  const range = rangeOf(choice, now, timeZone);
  if (!range) return { range: null, problem: 'incomplete' };
  if (range.end <= range.start) return { range: null, problem: 'end_before_start' };
  if (range.end <= now) return { range: null, problem: 'past' };
  if (limits && range.end - range.start > limits.maximumLength) return { range: null, problem: 'too_long' };
  if (limits && range.end > now + limits.horizon) return { range: null, problem: 'too_far' };
  return { range, problem: null };
}

function rangeOf(choice: WindowChoice, now: number, timeZone: string): TimeRange | null {
  const start = floorToMinute(now);
  switch (choice.kind) {
    case 'hours':
      return { start, end: start + choice.hours * HOUR };
    case 'evening':
      return { start, end: eveningAfter(now, timeZone) };
    case 'exact': {
      const from = fromWall(choice.start, timeZone);
      const until = fromWall(choice.end, timeZone);
      return from === null || until === null ? null : { start: from, end: until };
    }
  }
}

/** The next evening that is at least an hour away. */
export function eveningAfter(now: number, timeZone: string): number {
  const today = atHour(now, timeZone, EVENING);
  return today - now >= HOUR ? today : atHour(startOfDay(now, timeZone, 1), timeZone, EVENING);
}

/** Whether "until evening" still means today: later in the day it would surprise. */
export function eveningIsToday(now: number, timeZone: string): boolean {
  return daysBetween(now, eveningAfter(now, timeZone), timeZone) === 0;
}
