import { alternativesTo, freeUntil } from '#shared/domain/availability';
import type { SitePolicy } from '#shared/domain/policy';
import type { TimeRange } from '#shared/domain/time-range';
import type { ReservationView, SlotView } from '$lib/state/views';
import { costWords } from '../slot/offer-words';
import { capitalized, formatCredits, type TimeFormat } from '../time/format';
import { floorToMinute } from '../time/site-clock';

/*
 * What a person can do to a reservation with one thumb, and what each of it means. The rules themselves are asked by
 * `app.outbox.objectionTo`.
 */

const MINUTE = 60_000;
/** What "End now" leaves at least, so that the wish reaches the server before the end that it names. */
const SENDING = 15_000;

/** The reservation as it is to be. */
export interface Draft extends TimeRange {
  readonly slotId: string;
}

type Before = Pick<ReservationView, 'slotId' | 'start' | 'end'>;

/** The steps of the end, in minutes. */
export const endSteps = [-30, 30, 60] as const;

/** `+30 min`, `−30 min`, `+1 hour` */
export function stepWords(minutes: number): string {
  const sign = minutes < 0 ? '−' : '+';
  const length = Math.abs(minutes);
  return length === 60 ? `${sign}1 hour` : `${sign}${length} min`;
}

/** The end after a step; null when nothing would be left from `now` (ms since 1970) or from the start on. */
export function steppedEnd(range: TimeRange, minutes: number, now: number): number | null {
  const end = range.end + minutes * MINUTE;
  return end > Math.max(range.start, now) ? end : null;
}

/** C3: the end that "End now" asks for: a full minute, 15 to 75 s away. */
export function endingNow(now: number): number {
  return floorToMinute(now + MINUTE + SENDING);
}

/** The window as it was picked; a moment that reads as it was before stays what it was, to the second. */
export function draftWindow(picked: TimeRange, before: TimeRange): TimeRange {
  return {
    start: picked.start === floorToMinute(before.start) ? before.start : picked.start,
    end: picked.end === floorToMinute(before.end) ? before.end : picked.end,
  };
}

/** What the change does, as its button says it: `Extend to 16:30`, `Move to A-06`; null when it changes nothing. */
export function deedWords(
  before: Before,
  draft: Draft & { readonly slotLabel: string },
  now: number,
  format: TimeFormat,
): string | null {
  const sameStart = draft.start === before.start;
  if (draft.slotId !== before.slotId) return `Move to ${draft.slotLabel}`;
  if (sameStart && draft.end === before.end) return null;
  if (!sameStart) return `Move to ${lowered(format.window(draft, now))}`;
  const verb = draft.end > before.end ? 'Extend to' : before.start <= now ? 'End at' : 'Shorten to';
  return `${verb} ${format.moment(draft.end, now)}`;
}

function lowered(text: string): string {
  return /^(Today|Tomorrow)/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** C3: until when the reservation could be extended at most, by what this device knows; null when not at all. */
export function latestEnd(
  slot: SlotView,
  before: Before,
  policy: Pick<SitePolicy, 'maximumLength' | 'horizon'>,
  now: number,
): number | null {
  const limit = Math.min(before.start + policy.maximumLength, floorToMinute(now + policy.horizon));
  if (limit <= before.end) return null;
  const free = freeUntil(slot, slot.busy, before.end, limit);
  return free !== null && free > before.end ? free : null;
}

/** A3: up to `limit` other slots free for the window, the nearest first. */
export function otherSlots(
  slots: readonly SlotView[],
  from: SlotView | undefined,
  window: TimeRange,
  limit = 40,
): SlotView[] {
  const wanted = { slotId: from?.id ?? '', level: from?.level ?? '' };
  const open = slots.filter((slot) => !slot.mine);
  return alternativesTo(open, wanted, window, '', limit);
}

/** C5: what the reservation costs after the change, and what of that is paid beside what comes back. */
export interface ChangedPrice {
  readonly cost: number;
  readonly receiverName: string | null;
  /** Whether somebody else is paid than before: the old price comes back and today's is paid. */
  readonly paysElse: boolean;
  readonly more: number;
}

/** C5: today's prices of a changed window. */
export interface TodaysPrice {
  readonly price: number;
  /** What it costs more than the window before. */
  readonly dearer: number;
}

/** C5: on a slot of the same owner what was agreed stays; dearer hours are paid for. */
export function changedPrice(
  reservation: Pick<ReservationView, 'cost' | 'receiverName'>,
  from: SlotView | undefined,
  to: SlotView | undefined,
  { price, dearer }: TodaysPrice,
): ChangedPrice {
  if (!from || !to || from.ownerId === to.ownerId) {
    const { cost, receiverName } = reservation;
    return { cost: cost + dearer, receiverName, paysElse: false, more: dearer };
  }
  return { cost: price, receiverName: to.ownerName, paysElse: true, more: price - reservation.cost };
}

/** `3 credits to the building, as agreed`, `3 credits to Omar Haddad instead of 3 credits to the building` */
export function changedPriceWords(
  reservation: Pick<ReservationView, 'cost' | 'receiverName'>,
  after: ChangedPrice,
): string {
  const before = costWords(reservation.cost, reservation.receiverName);
  if (!after.paysElse && after.more > 0) {
    return `${costWords(after.cost, after.receiverName)}, ${formatCredits(after.more)} more at these hours`;
  }
  if (!after.paysElse) return `${before}, as agreed`;
  return capitalized(`${costWords(after.cost, after.receiverName)} instead of ${before}`);
}
