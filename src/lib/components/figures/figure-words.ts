import type { TimeRange } from '#shared/domain/time-range';
import { formatCredits, screenLocale } from '../time/format';
import type { MonthFigures } from './own-figures';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** `Mar` and `March 2026`, by the site's calendar. */
export function monthNames(
  { start }: Pick<TimeRange, 'start'>,
  timeZone: string,
  locale = screenLocale(),
): { short: string; long: string } {
  const name = (options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(locale, { timeZone, ...options }).format(start);
  return { short: name({ month: 'short' }), long: name({ month: 'long', year: 'numeric' }) };
}

/** `42 hr 30 min`, also beyond a day: lengths that are compared stay in one unit. */
export function hoursWords(hours: number, locale = screenLocale()): string {
  const minutes = Math.round(hours * 60);
  const parts: [number, string][] = [
    [Math.floor(minutes / 60), 'hour'],
    [minutes % 60, 'minute'],
  ];
  return parts
    .filter(([value], index) => value > 0 || (index === 0 && minutes === 0))
    .map(([value, unit]) =>
      new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(value),
    )
    .join(' ');
}

/** Lengths in hours, as a chart has them. */
export function hoursOf(milliseconds: number): number {
  return milliseconds / HOUR;
}

/** `14 reservations, 42 hr in all.` */
export function parkedSummary(figures: readonly MonthFigures[]): string {
  return summary(figures, {
    count: 'reservations',
    time: 'parked',
    noun: 'reservation',
    none: 'You have not parked here yet.',
  });
}

/** `3 times, 12 hr in all.`: how often and how long others had one's slots. */
export function othersParkedSummary(figures: readonly MonthFigures[]): string {
  return summary(figures, {
    ...{ count: 'visits', time: 'othersParked', noun: 'reservation by others' },
    none: 'Nobody has parked on your slots yet.',
  });
}

/** `42 hr are lent from now on, 6 hr of them reserved.` Lengths in ms. */
export function lentAheadWords({
  lent,
  reserved,
}: {
  readonly lent: number;
  readonly reserved: number;
}): string {
  if (lent === 0) return 'Nothing is lent from now on.';
  const taken =
    reserved === 0 ? 'nothing of it is reserved yet' : `${hoursWords(hoursOf(reserved))} of it reserved`;
  return `Lent from now on: ${hoursWords(hoursOf(lent))}, ${taken}.`;
}

/** `20 credits spent, 33 earned.` */
export function creditsSummary(figures: readonly MonthFigures[]): string {
  const spent = total(figures, 'spent');
  const earned = total(figures, 'earned');
  if (spent === 0 && earned === 0) return 'No credits spent or earned yet.';
  return `${formatCredits(spent)} spent, ${formatCredits(earned)} earned.`;
}

type Total = 'reservations' | 'parked' | 'visits' | 'othersParked' | 'spent' | 'earned';

function summary(
  figures: readonly MonthFigures[],
  { count, time, noun, none }: { count: Total; time: Total; noun: string; none: string },
): string {
  const times = total(figures, count);
  if (times === 0) return none;
  const words = times === 1 ? noun : noun.replace(/^reservation/, 'reservations');
  const length = total(figures, time);
  return `${times} ${words}, ${length < MINUTE ? 'just begun' : `${hoursWords(hoursOf(length))} in all`}.`;
}

function total(figures: readonly MonthFigures[], what: Total): number {
  return figures.reduce((sum, month) => sum + month[what], 0);
}
