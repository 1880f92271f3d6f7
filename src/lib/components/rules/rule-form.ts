import {
  LONGEST_RESERVATION,
  type PolicyChanges,
  type QuietHours,
  type SitePolicy,
} from '#shared/domain/policy';
import { parseMinute } from '../time/clock-text';
import { formatLength } from '../time/format';
import { parseAmount } from '../time/money';
import { peakProblems } from './peak-prices';

/*
 * What a manager's form offers, what is wrong with what was entered, and what of it is a change. The wire's own limits
 * stand in protocol/policy; those here are the same or narrower.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type DurationRule =
  'maximumLength' | 'horizon' | 'leadTime' | 'coolingOff' | 'cancelCutOff' | 'leaseTime' | 'offerTime';
export type CountRule =
  | 'price'
  | 'startingCredits'
  | 'reservationsAtATime'
  | 'lateCancelCharge'
  | 'noShowCharge'
  | 'leasesAtATime'
  | 'leasePrice'
  | 'visitorPassesPerWeek';

/** Minor units: the wire's limit. */
const MOST_CREDIT_PRICE = 1_000_000;

/** What a count may be: the wire's limits. */
export const countLimits: Readonly<Record<CountRule, { readonly min: number; readonly max: number }>> = {
  price: { min: 0, max: 10_000 },
  startingCredits: { min: 0, max: 10_000 },
  reservationsAtATime: { min: 1, max: 100 },
  lateCancelCharge: { min: 0, max: 10_000 },
  noShowCharge: { min: 0, max: 10_000 },
  leasesAtATime: { min: 1, max: 10 },
  leasePrice: { min: 0, max: 10_000 },
  visitorPassesPerWeek: { min: 0, max: 1000 },
};

const durations: Readonly<Record<DurationRule, readonly number[]>> = {
  maximumLength: [0.5, 1, 2, 3, 4, 6, 8, 12, 24].map((hours) => hours * HOUR),
  horizon: [12 * HOUR, ...[1, 2, 3, 7, 14, 30, 60, 90, 180, 365].map((days) => days * DAY)],
  leadTime: [
    0,
    ...[15, 30].map((minutes) => minutes * MINUTE),
    HOUR,
    2 * HOUR,
    4 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
  ],
  coolingOff: [0, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY, 3 * DAY, 7 * DAY],
  cancelCutOff: [0, ...[15, 30].map((minutes) => minutes * MINUTE), HOUR, 2 * HOUR, 4 * HOUR, 12 * HOUR, DAY],
  offerTime: [5, 10, 15, 30, 60, 120].map((minutes) => minutes * MINUTE),
  leaseTime: [0, HOUR, 2 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY, 3 * DAY, 7 * DAY],
};

const none: Readonly<Partial<Record<DurationRule, string>>> = {
  leadTime: 'At any time until it ends',
  coolingOff: 'None',
  cancelCutOff: 'The start',
  leaseTime: 'Slots are not kept here',
};

const after: Readonly<Partial<Record<DurationRule, string>>> = {
  leadTime: ' before the start',
  cancelCutOff: ' before the start',
};

/** The choices for a length; what the site has now is always among them. */
export function durationOptions(
  rule: DurationRule,
  current: number,
): { readonly value: number; readonly label: string }[] {
  const values = [...new Set([...durations[rule], current])].toSorted((a, b) => a - b);
  return values.map((value) => ({
    value,
    label: value === 0 ? (none[rule] ?? formatLength(0)) : `${formatLength(value)}${after[rule] ?? ''}`,
  }));
}

/** The quiet hours that two times name; null when one is missing. */
export function quietHoursFrom(from: string, until: string): QuietHours | null {
  const [start, end] = [parseMinute(from), parseMinute(until)];
  return start === null || end === null ? null : { from: start, until: end };
}

/** What a credit costs online, in minor units; null for what is no amount. Nothing: none are sold. */
export function creditPriceFrom(text: string, currency: string): number | null {
  if (text.trim() === '') return 0;
  const amount = /^[A-Z]{3}$/.test(currency) ? parseAmount(text, currency) : null;
  return amount === null || amount > MOST_CREDIT_PRICE ? null : amount;
}

export type RuleProblems = { readonly [R in keyof SitePolicy]?: string };

/** What is wrong with what was entered and how to mend it, by rule; a count that is no number is NaN. */
export function problemsIn(policy: SitePolicy): RuleProblems {
  const problems: { -readonly [R in keyof SitePolicy]?: string } = {};
  for (const [rule, { min, max }] of Object.entries(countLimits) as [
    CountRule,
    (typeof countLimits)[CountRule],
  ][]) {
    const value = policy[rule];
    if (!Number.isInteger(value) || value < min || value > max) {
      problems[rule] = `Give a whole number from ${min} to ${max}.`;
    }
  }
  const { quietHours, leadTime, horizon, maximumLength } = policy;
  if (quietHours && quietHours.from === quietHours.until) {
    problems.quietHours = 'They must end at another time than they begin.';
  }
  if (maximumLength > LONGEST_RESERVATION) {
    problems.maximumLength = `At most ${formatLength(LONGEST_RESERVATION)}.`;
  }
  if (!/^[A-Z]{3}$/.test(policy.currency)) {
    problems.currency = 'Give the three letters of a currency, like EUR or PLN.';
  }
  if (Object.keys(peakProblems(policy.peakPrices)).length > 0) {
    problems.peakPrices = 'Correct the peak prices.';
  }
  if (leadTime >= horizon) {
    problems.leadTime = 'Nobody could reserve anything: it must be less than how far ahead one can reserve.';
  }
  return problems;
}

/** What differs: the args of the one wish that saving makes. */
export function changedRules(before: SitePolicy, after: SitePolicy): PolicyChanges {
  const keys = Object.keys(after) as (keyof SitePolicy)[];
  return Object.fromEntries(
    keys.filter((key) => !isSame(before[key], after[key])).map((key) => [key, after[key]]),
  ) as PolicyChanges;
}

function isSame(one: SitePolicy[keyof SitePolicy], other: SitePolicy[keyof SitePolicy]): boolean {
  // Small and flat, and made with their fields in one order.
  return JSON.stringify(one) === JSON.stringify(other);
}
