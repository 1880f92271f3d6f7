import type { RefusalCode } from '#shared/domain/intent';
import type { Clock } from '../platform/clock';

const SECOND = 1000;
/** How long after a first refusal it is not tried again; twice as long each time (ms), up to an hour. */
const FIRST = 60 * SECOND;
const LONGEST = 3600 * SECOND;
/** What somebody else did meanwhile may be over the next moment, and was never the entry's fault. */
const RACE = SECOND;

/** What is about the slot alone: another one may do. */
const ofTheSlot: ReadonlySet<string> = new Set<RefusalCode>([
  ...(['own_slot', 'mutual_cooling_off', 'slot_not_found'] as const),
  ...(['slot_taken', 'slot_not_lent'] as const),
]);
/** What the search looks at, too, so that it has changed since: a race with somebody else. */
const races: ReadonlySet<string> = new Set<RefusalCode>([
  ...(['slot_taken', 'slot_not_lent', 'waitlist_ended', 'waitlist_unwanted'] as const),
]);

export interface OfferPauses {
  /** Whether an entry is not to be offered a slot now. */
  has(entryId: string, slotId: string): boolean;
  /** The rules said no, by this code: about the slot it is not offered for a while; about the entry, nothing is. */
  note(pair: { readonly entryId: string; readonly slotId: string }, code: string): void;
  /** Forgets of refusals that are long over. */
  tidy(): void;
}

/** E8: what was refused is tried again less and less often: each try is a row of the journal. */
export function createOfferPauses(clock: Clock): OfferPauses {
  const pauses = new Map<string, { until: number; length: number }>();
  const isOn = (key: string) => (pauses.get(key)?.until ?? 0) > clock.now();
  return {
    has: (entryId, slotId) => isOn(entryId) || isOn(`${entryId}/${slotId}`),
    note({ entryId, slotId }, code) {
      const key = ofTheSlot.has(code) ? `${entryId}/${slotId}` : entryId;
      const before = pauses.get(key);
      const longer = Math.min(Math.max((before?.length ?? 0) * 2, FIRST), LONGEST);
      const length = races.has(code) ? RACE : longer;
      pauses.set(key, { until: clock.now() + length, length });
    },
    tidy() {
      const now = clock.now();
      // For as long again it is remembered how long it was.
      for (const [key, { until, length }] of pauses) if (until + length <= now) pauses.delete(key);
    },
  };
}
