import type { TimeRange } from '#shared/domain/time-range';
import type { SlotView } from '$lib/state/views';
import type { TimeFormat } from '../time/format';
import { freeWords, notFreeWords } from './offer-words';
import { offersFor } from './offers';

/** How a slot stands to the window that was picked. `later`: not for all of it, but it can be had within a day. */
export type SlotStanding = 'free' | 'later' | 'taken' | 'own';

/** C4: one slot of what was found, as list, day and map show it. */
export interface FoundSlot {
  readonly slot: SlotView;
  readonly standing: SlotStanding;
  /** `Free now, reserved from 17:00`. Worded when it is shown: of 10,000 slots that are gone through at each step of a slider 50 are. */
  readonly availability: () => string;
  /** Another window of the same length in which it can be had, when it is not free. */
  readonly instead: TimeRange | null;
}

interface Search {
  readonly window: TimeRange;
  /** Milliseconds since 1970, whole minutes. */
  readonly now: number;
  readonly format: TimeFormat;
  /** Whether the site's rules allow a window. */
  readonly allowed: (window: TimeRange) => boolean;
}

/** A3, C4: every slot: the free ones by label, the others by when they can be had, the member's own at the end. */
export function findSlots(slots: readonly SlotView[], { window, now, format, allowed }: Search): FoundSlot[] {
  const { free, others } = offersFor(slots, window, now);
  return [
    ...free.map(({ slot, end }): FoundSlot => ({
      slot,
      standing: 'free',
      availability: () => freeWords(end, window.start, now, format),
      instead: null,
    })),
    ...others.map((offer): FoundSlot => {
      const instead = offer.next && allowed(offer.next) ? offer.next : null;
      return {
        slot: offer.slot,
        standing: instead || offer.partly ? 'later' : 'taken',
        availability: () => notFreeWords(offer, window, now, format),
        instead,
      };
    }),
    ...slots
      .filter(({ mine }) => mine)
      .map((slot): FoundSlot => ({
        slot,
        standing: 'own',
        availability: () => 'Your own slot',
        instead: null,
      })),
  ];
}
