import type { QuietHours } from '#shared/domain/policy';
import { isQuiet } from '#shared/domain/quiet-hours';
import type { RefusalCode } from '#shared/domain/intent';
import { windowProblem, type WindowRules } from '#shared/domain/reservation-rules';
import type { TimeRange } from '#shared/domain/time-range';
import { formatMinuteOfDay } from './format';
import {
  atHour,
  atMinuteAfter,
  daysBetween,
  floorToMinute,
  fromWall,
  startOfDay,
  toWall,
  type WallTime,
} from './site-clock';

/*
 * How a person names a window: with one tap from now on, or by two times read off the site's clock.
 */

const HOUR = 3_600_000;
const FIVE_MINUTES = 300_000;
const READING = 180_000;
/** When "until evening" ends, by the site's clock. */
const EVENING = 20;

/** What was picked. From-now choices move with the clock; exact ones do not. */
export type WindowChoice =
  | { readonly kind: 'hours'; readonly hours: number }
  | { readonly kind: 'evening' }
  /** Over the night, where the rules have quiet hours. */
  | { readonly kind: 'quiet_end' }
  | ExactChoice;

/**
 * Two times by the clock. `startAt` and `endAt`, ms since 1970, where the moment is known: in the hour that the clocks repeat
 * its wall time names the earlier one. `quick`: by the slider or as before, so that no fields need be open for it.
 */
interface ExactChoice {
  readonly kind: 'exact';
  readonly start: WallTime;
  readonly end: WallTime;
  readonly startAt?: number | undefined;
  readonly endAt?: number | undefined;
  readonly quick?: boolean;
}

export type WindowProblem =
  'incomplete' | 'end_before_start' | 'past' | 'too_long' | 'too_far' | 'too_soon' | 'quiet';

export type ChosenWindow =
  | { readonly range: TimeRange; readonly problem: null }
  | { readonly range: null; readonly problem: WindowProblem };

/** C3: what a site says about windows. */
export type WindowLimits = WindowRules['policy'] & {
  /** The window of a reservation that is changed: what stays of it is not asked about again. */
  readonly before?: TimeRange | undefined;
};

/** The window (ms since 1970) that a choice means at `now`, or what is wrong with it. `limits` null skips the policy. */
export function windowOf(
  choice: WindowChoice,
  now: number,
  timeZone: string,
  limits: WindowLimits | null,
): ChosenWindow {
  const range = rangeOf(choice, now, timeZone, limits);
  if (!range) return { range: null, problem: 'incomplete' };
  if (range.end <= range.start) return { range: null, problem: 'end_before_start' };
  if (range.end <= now) return { range: null, problem: 'past' };
  const problem = limits && problemOf(range, now, timeZone, limits);
  return problem === null ? { range, problem: null } : { range: null, problem };
}

const problemByCode: Partial<Record<RefusalCode, WindowProblem>> = {
  window_invalid: 'end_before_start',
  window_past: 'past',
  window_too_long: 'too_long',
  window_too_far: 'too_far',
  window_too_soon: 'too_soon',
  window_quiet: 'quiet',
};

/**
 * C3: what the site's rules have against a window at `now` (ms since 1970); null when nothing. Times are picked by the
 * minute, so what is in the same minute as before has stayed.
 */
export function problemOf(
  range: TimeRange,
  now: number,
  timeZone: string,
  { before, ...policy }: WindowLimits,
): WindowProblem | null {
  const picked = before
    ? {
        start: sameMinute(range.start, before.start) ? before.start : range.start,
        end: sameMinute(range.end, before.end) ? before.end : range.end,
      }
    : range;
  const refusal = windowProblem({ policy, timeZone }, picked, now, before);
  return refusal && (problemByCode[refusal.code] ?? null);
}

function sameMinute(at: number, before: number): boolean {
  return floorToMinute(at) === floorToMinute(before);
}

/**
 * When a window may begin that is picked at `now`: at once, in the running minute; with a lead time on the first five
 * minutes that leave three to read and confirm; not before the quiet hours are over.
 */
export function earliestStart(now: number, timeZone: string, limits: WindowLimits | null): number {
  const { leadTime = 0, quietHours = null } = limits ?? {};
  const start =
    leadTime === 0 ? floorToMinute(now) : Math.ceil((now + leadTime + READING) / FIVE_MINUTES) * FIVE_MINUTES;
  return quietHours && isQuiet(quietHours, start, timeZone)
    ? atMinuteAfter(start, timeZone, quietHours.until)
    : start;
}

/** The end of a choice that lasts until the next quiet hours are over; null where there are none. */
export function quietEnd(now: number, timeZone: string, limits: WindowLimits | null): number | null {
  if (!limits?.quietHours) return null;
  return atMinuteAfter(earliestStart(now, timeZone, limits), timeZone, limits.quietHours.until);
}

/** The lengths that one tap picks, in hours: those that the site allows, or its longest where that is less than an hour. */
export function presetHours(limits: WindowLimits | null): number[] {
  const longest = (limits?.maximumLength ?? Number.POSITIVE_INFINITY) / HOUR;
  return longest < 1 ? [longest] : [1, 2, 4, 8].filter((hours) => hours <= longest);
}

/** What is picked before anybody picks: two hours from now, or what the rules allow instead. */
export function defaultChoice(now: number, timeZone: string, limits: WindowLimits | null): WindowChoice {
  const choices: WindowChoice[] = [
    { kind: 'hours', hours: 2 },
    ...presetHours(limits).map((hours): WindowChoice => ({ kind: 'hours', hours })),
    { kind: 'quiet_end' },
  ];
  const allowed = choices.find((choice) => windowOf(choice, now, timeZone, limits).problem === null);
  return allowed ?? { kind: 'hours', hours: 2 };
}

/** C3: `22:00 – 06:00` as moments of the day are read here. */
export function quietWords(quietHours: QuietHours): string {
  return `${formatMinuteOfDay(quietHours.from)} – ${formatMinuteOfDay(quietHours.until)}`;
}

function rangeOf(
  choice: WindowChoice,
  now: number,
  timeZone: string,
  limits: WindowLimits | null,
): TimeRange | null {
  const start = earliestStart(now, timeZone, limits);
  switch (choice.kind) {
    case 'hours':
      return { start, end: start + choice.hours * HOUR };
    case 'evening':
      return { start, end: eveningAfter(Math.max(start, now), timeZone) };
    case 'quiet_end': {
      const end = quietEnd(now, timeZone, limits);
      return end === null ? null : { start, end };
    }
    case 'exact': {
      const from = choice.startAt ?? fromWall(choice.start, timeZone);
      const until = choice.endAt ?? fromWall(choice.end, timeZone);
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

/** A window as two times in open fields, which keeps the moments themselves until a field is changed. */
export function exactChoice({ start, end }: TimeRange, timeZone: string): ExactChoice {
  return {
    kind: 'exact',
    ...{ start: toWall(start, timeZone), end: toWall(end, timeZone) },
    ...{ startAt: start, endAt: end },
  };
}

/** A window as a choice that does not move with the clock. */
export function quickChoice(range: TimeRange, timeZone: string): WindowChoice {
  return { ...exactChoice(range, timeZone), quick: true };
}
