import type { SlotKind } from '#shared/domain/entities';
import type { TimeRange } from '#shared/domain/time-range';
import { daysBetween } from '../time/site-clock';
import { formatCredits, formatList, type TimeFormat } from '../time/format';
import type { EndOfFree } from './offers';

/** C4: `Free until 17:00`, `Free now, reserved from 17:00`. `start` is when the window that was picked begins. */
export function freeWords(end: EndOfFree, start: number, now: number, format: TimeFormat): string {
  const isNow = start <= now;
  const free = isNow ? 'Free now' : `Free from ${format.moment(start, now)}`;
  switch (end.reason) {
    case 'open':
      return isNow ? 'Free all day from now' : `${free} for at least a day`;
    case 'lent_until':
      return isNow
        ? `Free until ${format.moment(end.at, now)}`
        : `${free} until ${format.moment(end.at, now)}`;
    case 'reserved':
      return `${free}, reserved from ${format.moment(end.at, now)}`;
  }
}

/** What there is to say about a slot that is not free for the whole window. */
export function notFreeWords(
  offer: { readonly partly: EndOfFree | null; readonly next: TimeRange | null },
  window: TimeRange,
  now: number,
  format: TimeFormat,
): string {
  if (offer.partly) return freeWords(offer.partly, window.start, now, format);
  if (offer.next) return `Free again from ${format.moment(offer.next.start, now)}`;
  return 'Not free for this long within a day';
}

/** `From 17:00`, on another day than the window that was picked `From tomorrow 08:00`. */
export function insteadWords(instead: TimeRange, window: TimeRange, now: number, format: TimeFormat): string {
  const isThatDay = daysBetween(window.start, instead.start, format.timeZone) === 0;
  return `From ${isThatDay ? format.time(instead.start) : format.moment(instead.start, now)}`;
}

/** C5: `3 credits to Mara Lindqvist`; the building's own slots pay the building. */
export function costWords(cost: number, receiverName: string | null): string {
  if (cost === 0) return 'No credits';
  return `${formatCredits(cost)} to ${receiverName ?? 'the building'}`;
}

/** A timeline in words: `Free 14:00 – 17:00 and 19:00 – 24:00. Reserved 17:00 – 19:00.` */
export function timelineWords(
  day: { readonly free: readonly TimeRange[]; readonly reserved: readonly TimeRange[] },
  format: TimeFormat,
): string {
  const list = (ranges: readonly TimeRange[]): string =>
    formatList(ranges.map((range) => `${format.time(range.start)} – ${format.time(range.end)}`));
  const free = day.free.length > 0 ? `Free ${list(day.free)}.` : 'Not free.';
  return day.reserved.length > 0 ? `${free} Reserved ${list(day.reserved)}.` : free;
}

const kinds: Readonly<Record<SlotKind, string>> = {
  car: 'Car',
  small: 'Small car',
  motorcycle: 'Motorcycle',
  charger: 'With charger',
  accessible: 'Accessible',
};

/** `With charger` */
export function kindWords(kind: SlotKind): string {
  return kinds[kind];
}

/** `Level −1 · With charger` */
export function placeWords(slot: { readonly level: string; readonly kind: SlotKind }): string {
  const kind = kinds[slot.kind];
  return slot.level === '' ? kind : `Level ${slot.level} · ${kind}`;
}
