import type { SlotKind } from '#shared/domain/entities';
import type { SitePolicy } from '#shared/domain/policy';
import { compareLabels } from '$lib/state/label-order';
import { kindWords } from '../slot/offer-words';
import { filterChoices } from '../slot/slot-filter';
import { formatCredits, formatLength } from '../time/format';

/** E8: the highest price, in credits, up to which one can say to wait: as the wire takes it. */
export const MOST_MAX_PRICE = 10_000;

/** E8: whether somebody may wait up to this price, in credits. */
export function isMaxPrice(credits: number): boolean {
  return Number.isInteger(credits) && credits >= 0 && credits <= MOST_MAX_PRICE;
}

/** E8: what is waited for: `Any slot`, `Level −1 or −2, with charger, at most 3 credits`. */
export function conditionWords({
  kinds: wanted,
  levels,
  maxPrice,
}: {
  readonly kinds: readonly SlotKind[];
  readonly levels: readonly string[];
  readonly maxPrice: number | null;
}): string {
  const parts = [
    levels.length === 0 ? '' : `level ${formatEither(levels)}`,
    wanted.length === 0 ? '' : formatEither(wanted.map((kind) => kindWords(kind).toLowerCase())),
    maxPrice === null ? '' : `at most ${formatCredits(maxPrice)}`,
  ].filter((part) => part !== '');
  const where = levels.length === 0 && wanted.length === 0;
  const words = where ? ['any slot', ...parts].join(', ') : parts.join(', ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `−1, −2 or −3` */
function formatEither(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} or ${items.at(-1) ?? ''}`;
}

/** E8: what happens when a slot gets free. */
export function takingWords(takeForMe: boolean, { offerTime }: Pick<SitePolicy, 'offerTime'>): string {
  return takeForMe
    ? 'Booked and paid for you at once. Once half of the time has gone by, you are asked first.'
    : `You are told, and it is kept for you for ${formatLength(offerTime)}.`;
}

/** E8: why somebody waits no more who has a slot in that time, for all of it or a part. */
export function servedWords({ isWhole }: { readonly isWhole: boolean }): string {
  return isWhole
    ? 'You have a slot for this time, so your place in line has ended.'
    : 'You have a slot for a part of this time, so your place in line has ended. Wait again for the rest if you need it.';
}

/** E8: what is said when an offer was answered: nothing is decided before the server has answered. */
export function answeredWords(
  answer: 'take' | 'pass',
  { slotLabel, isOnline }: { readonly slotLabel: string; readonly isOnline: boolean },
): string {
  const deed = answer === 'take' ? `Taking ${slotLabel}` : `Letting ${slotLabel} pass`;
  if (!isOnline) return `${deed} waits to be sent.`;
  return answer === 'take' ? `Asked for ${slotLabel}.` : `${slotLabel} goes to the next in line.`;
}

/** E8: how long an offer can still be taken, to the second in its last hour: `9:05`, `2 hours`. */
export function countdownWords(milliseconds: number): string {
  // Never more than there is.
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  if (hours > 0) return hours === 1 ? '1 hour' : `${String(hours)} hours`;
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The levels and kinds of a building's slots that can be told apart, for conditions; none where all are alike. */
export function choicesOf(slots: readonly { readonly level: string; readonly kind: SlotKind }[]): {
  levels: string[];
  kinds: SlotKind[];
} {
  const levels = [...new Set(slots.map(({ level }) => level))].filter((level) => level !== '');
  const { kinds } = filterChoices(slots);
  return {
    levels: levels.length > 1 ? levels.toSorted(compareLabels) : [],
    kinds: kinds.length > 1 ? kinds : [],
  };
}
