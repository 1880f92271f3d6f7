import type { PeakPrice, SitePolicy } from './policy';
import type { TimeRange } from './time-range';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const WEEK = 7 * DAY;
/** Every change of a zone's clocks since 1972 happens on a quarter of an hour (UTC), and no two of them on one day. */
const QUARTER = 15 * MINUTE;

/** Nobody reserves more than a day; of what is asked for beyond, no more than a week and a day is looked at. */
const LONGEST = WEEK + DAY;

/** Made once a zone: the constructor costs a hundred times what a call does. */
const clocks = new Map<string, Intl.DateTimeFormat>();

/** What prices depend on of a policy. */
export type PriceRules = Pick<SitePolicy, 'price' | 'peakPrices'>;

/**
 * C5, E8: the credits that a reservation of `window` (`[start, end)`, ms since 1970) costs by the site's wall clock: the
 * highest peak price whose hours it overlaps, and never less than `price`: else a minute of cheap hours would make a whole day
 * cheap. Hours that clocks skip at a DST change are overlapped by nothing.
 * Agreed when it is booked; what is agreed stays when the policy becomes another.
 */
export function priceOf(policy: PriceRules, timeZone: string, window: TimeRange): number {
  return Math.max(policy.price, peakOf(policy.peakPrices, timeZone, window)?.price ?? 0);
}

/**
 * C5: the credits that the window `after` costs more by today's prices than the reservation's own window does, or than what is
 * agreed for it, whichever is more: who has moved away from dear hours and comes back has paid for them. 0 when it costs less.
 */
export function dearerBy(
  { policy, timeZone }: { readonly policy: PriceRules; readonly timeZone: string },
  {
    reservation,
    after,
  }: { readonly reservation: TimeRange & { readonly price: number }; readonly after: TimeRange },
): number {
  const settled = Math.max(priceOf(policy, timeZone, reservation), reservation.price);
  return Math.max(0, priceOf(policy, timeZone, after) - settled);
}

/** C5: the peak price that decides what `window` costs (the highest); null where none holds. */
export function peakOf(
  peakPrices: readonly PeakPrice[],
  timeZone: string,
  window: TimeRange,
): PeakPrice | null {
  if (peakPrices.length === 0 || window.start >= window.end) return null;
  const end = Math.min(window.end, window.start + LONGEST);
  const stretches = wallStretches({ start: window.start, end }, timeZone);
  return peakPrices
    .filter((peak) => stretches.some((stretch) => overlapsPeak(peak, stretch)))
    .reduce<PeakPrice | null>(
      (highest, peak) => (highest && highest.price >= peak.price ? highest : peak),
      null,
    );
}

/** Milliseconds of the local week since Monday 00:00 in which clocks run on evenly, half-open; `until` may pass its end. */
interface WallStretch {
  readonly from: number;
  readonly until: number;
}

/** The window cut where clocks change. */
function wallStretches(window: TimeRange, timeZone: string): WallStretch[] {
  const stretches: WallStretch[] = [];
  for (let start = window.start; start < window.end;) {
    const end = evenUntil(start, Math.min(start + DAY, window.end), timeZone);
    const from = timeOfWeek(start, timeZone);
    stretches.push({ from, until: from + end - start });
    start = end;
  }
  return stretches;
}

/** When clocks change first after `start`, at most `end`, which is within a day of it. */
function evenUntil(start: number, end: number, timeZone: string): number {
  const from = timeOfWeek(start, timeZone);
  const isEven = (at: number) => (from + at - start) % WEEK === timeOfWeek(at, timeZone);
  if (isEven(end)) return end;
  const firstQuarter = Math.floor(start / QUARTER) + 1;
  let [low, high] = [firstQuarter, Math.ceil(end / QUARTER)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isEven(middle * QUARTER)) low = middle + 1;
    else high = middle;
  }
  return Math.min(low * QUARTER, end);
}

function overlapsPeak(peak: PeakPrice, stretch: WallStretch): boolean {
  const length = (peak.until - peak.from) * MINUTE + (peak.until > peak.from ? 0 : DAY);
  return peak.weekdays.some((weekday) => {
    const from = (weekday - 1) * DAY + peak.from * MINUTE;
    // The week goes round: Sunday's night ends on Monday, and a stretch may begin in one week and end in the next.
    return [-WEEK, 0, WEEK].some(
      (week) => from + week < stretch.until && stretch.from < from + week + length,
    );
  });
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Milliseconds since the local Monday 00:00 by the wall clock. */
function timeOfWeek(at: number, timeZone: string): number {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    clocks.set(timeZone, clock);
  }
  // `Mon, 08:30` or, by another version of the language data, `Mon 08:30`
  const [weekday = '', time = ''] = clock.format(at).split(/,? /);
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return weekdays.indexOf(weekday) * DAY + (hour * 60 + minute) * MINUTE + (at % MINUTE);
}
