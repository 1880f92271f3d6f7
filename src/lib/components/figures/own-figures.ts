import { isActive, type ReservationState } from '#shared/domain/entities';
import type { TimeRange } from '#shared/domain/time-range';
import type { Row } from '#shared/protocol/rows';
import { fromWall, toWall } from '../time/site-clock';

/** What a member has done in one calendar month of the site. Times and lengths in ms. */
export interface MonthFigures extends TimeRange {
  /** `2026-03` */
  readonly month: string;
  /** Reservations that began in it, and how long the member had a slot. */
  readonly reservations: number;
  readonly parked: number;
  /** Others' reservations of the member's own slots that began in it, and how long these were in use. */
  readonly visits: number;
  readonly othersParked: number;
  /** Credits; what was given back is not counted. */
  readonly spent: number;
  readonly earned: number;
}

/** What the device holds of a member. */
export interface OwnRows {
  readonly reservations: readonly Reserved[];
  readonly visits: readonly Reserved[];
  readonly movements: readonly Pick<Row<'movement'>, 'amount' | 'reservationId' | 'createdAt'>[];
}

type Reserved = TimeRange & { readonly state: ReservationState };

/** No fewer, so that one bar is not the whole picture; no more, so that a phone can show them. */
const MONTHS = { least: 3, most: 12 } as const;
/** A reservation in one of these gave its holder the slot. */
const HAD: ReadonlySet<ReservationState> = new Set(['confirmed', 'completed', 'no_show']);

/**
 * B9: the months up to the one that `now` (ms since 1970) lies in, oldest first, from the first in which anything was done on, but
 * not more than a year. Nothing that is still ahead is counted.
 */
export function ownFigures(rows: OwnRows, timeZone: string, now: number): MonthFigures[] {
  const reservations = rows.reservations.filter(({ state, start }) => HAD.has(state) && start <= now);
  const visits = rows.visits.filter(({ state, start }) => HAD.has(state) && start <= now);
  const changes = creditChanges(rows.movements);
  const first = Math.min(
    now,
    ...[...reservations, ...visits].map(({ start }) => start),
    ...changes.map(({ at }) => at),
  );
  return monthsUntil(now, first, timeZone).map(({ month, start, end }) => {
    const elapsed = { start, end: Math.min(end, now) };
    const inMonth = (at: number): boolean => at >= start && at < end;
    const amounts = changes.filter(({ at }) => inMonth(at)).map(({ amount }) => amount);
    return {
      ...{ month, start, end },
      reservations: reservations.filter((one) => inMonth(one.start)).length,
      parked: timeWithin(elapsed, reservations),
      visits: visits.filter((one) => inMonth(one.start)).length,
      othersParked: timeWithin(elapsed, visits),
      spent: sum(amounts.map((amount) => Math.max(0, -amount))),
      earned: sum(amounts.map((amount) => Math.max(0, amount))),
    };
  });
}

/** B9: how much of the member's own slots is lent from `now` on, and how much of that others have reserved, ms. */
export function lentAhead(
  slots: readonly { readonly lent: readonly TimeRange[] }[],
  visits: OwnRows['visits'],
  now: number,
): { readonly lent: number; readonly reserved: number } {
  const ahead = { start: now, end: Number.POSITIVE_INFINITY };
  return {
    lent: sum(slots.map(({ lent }) => timeWithin(ahead, lent))),
    reserved: timeWithin(ahead, visits.filter(isActive)),
  };
}

/**
 * What each reservation came to, at the moment of its first movement: a refund takes back what it refunds, also in a later month.
 * Credits that were given at the start, or bought, are neither earned nor spent.
 */
function creditChanges(movements: OwnRows['movements']): { at: number; amount: number }[] {
  const byReservation = new Map<string, { at: number; amount: number }>();
  for (const { reservationId, amount, createdAt } of movements) {
    if (reservationId === null) continue;
    const known = byReservation.get(reservationId);
    byReservation.set(reservationId, {
      at: Math.min(known?.at ?? createdAt, createdAt),
      amount: (known?.amount ?? 0) + amount,
    });
  }
  return [...byReservation.values()];
}

function monthsUntil(now: number, first: number, timeZone: string): (TimeRange & { month: string })[] {
  const [year, month] = numbersOf(toWall(now, timeZone));
  const [firstYear, firstMonth] = numbersOf(toWall(first, timeZone));
  const since = (year - firstYear) * 12 + month - firstMonth + 1;
  const count = Math.min(MONTHS.most, Math.max(MONTHS.least, since));
  return Array.from({ length: count }, (_, index) => {
    const [name, next] = [
      monthName(year, month - count + 1 + index),
      monthName(year, month - count + 2 + index),
    ];
    return { month: name, start: startOf(name, timeZone), end: startOf(next, timeZone) };
  });
}

function numbersOf(wall: string): [year: number, month: number] {
  return [Number(wall.slice(0, 4)), Number(wall.slice(5, 7))];
}

/** Of a month of the year that may lie before January or after December. */
function monthName(year: number, month: number): string {
  return new Date(Date.UTC(year, month - 1)).toISOString().slice(0, 7);
}

function startOf(month: string, timeZone: string): number {
  return fromWall(`${month}-01T00:00`, timeZone)!;
}

function timeWithin(range: TimeRange, windows: readonly TimeRange[]): number {
  return sum(
    windows.map(({ start, end }) => Math.max(0, Math.min(end, range.end) - Math.max(start, range.start))),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
