import { refused, type Intent, type Refused } from './intent';
import type { State } from './state';
import type { TimeRange } from './time-range';

/**
 * C5: a wish says what its reservation may come to, `most`, and never costs more, whatever the prices have become on its
 * way. Less is charged as it is. Wishes of builds from before it name none.
 */
export function agreedPriceProblem(cost: number, most: number | undefined): Refused | null {
  return most !== undefined && cost > most ? refused('price_changed', { price: cost, most }) : null;
}

/** A slot and window, and what a reservation of them costs. */
interface Priced extends TimeRange {
  readonly slotId: string;
  readonly label: string;
  readonly cost: number;
}

/** A4: the same slot and window at its new price, for who was refused the agreed one; null after any other refusal. */
export function atNewPrice(state: State, { args }: Intent, { code, data }: Refused): Priced | null {
  if (code !== 'price_changed' || !('slotId' in args && 'reservationId' in args)) return null;
  const slot = state.slots.get(args.slotId);
  const cost = data['price'];
  if (!slot || typeof cost !== 'number') return null;
  return { slotId: slot.id, label: slot.label, start: args.start, end: args.end, cost };
}
