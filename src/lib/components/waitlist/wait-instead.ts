import type { SlotKind } from '#shared/domain/entities';
import type { SitePolicy } from '#shared/domain/policy';
import type { TimeRange } from '#shared/domain/time-range';
import { waitsUntil } from '#shared/domain/waitlist-rules';
import type { OutboxView, Refusal } from '$lib/state/views';
import { rangeIn } from '../reservation/intent-words';

/** What the loser of a conflict can wait for. */
export interface WaitInstead {
  readonly window: TimeRange;
  /** Empty: any. */
  readonly kinds: readonly SlotKind[];
}

interface Known {
  readonly policy: Pick<SitePolicy, 'leadTime'> | null;
  readonly slots: readonly { readonly id: string; readonly kind: SlotKind }[];
  /** ms since 1970 */
  readonly now: number;
}

/**
 * E8: what the loser of a conflict can wait for in one tap: the same time, of the same kind where it was a special one. Null when it was
 * refused for something else, when it is too late, and when as good a slot is free instead.
 */
export function waitInstead(
  wish: Pick<OutboxView, 'op' | 'args'> | null,
  { code, alternatives }: Pick<Refusal, 'code' | 'alternatives'>,
  { policy, slots, now }: Known,
): WaitInstead | null {
  if (wish?.op !== 'reservation.create@1' && wish?.op !== 'reservation.lease@1') return null;
  if (code !== 'slot_taken' && code !== 'slot_not_lent') return null;
  const window = rangeIn(wish.args);
  if (!window || !policy || waitsUntil(policy, window) <= now) return null;
  const kindOf = (slotId: unknown) => slots.find(({ id }) => id === slotId)?.kind ?? 'car';
  const kind = kindOf(wish.args['slotId']);
  const isFreeInstead = alternatives.some(({ slotId }) => kind === 'car' || kindOf(slotId) === kind);
  return isFreeInstead ? null : { window, kinds: kind === 'car' ? [] : [kind] };
}
