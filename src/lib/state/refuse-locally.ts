import { atNewPrice } from '#shared/domain/agreed-price';
import { alternativesTo } from '#shared/domain/availability';
import type { Intent } from '#shared/domain/intent';
import { priceOf } from '#shared/domain/price';
import type { State } from '#shared/domain/state';
import type { Alternative } from '#shared/protocol/push';
import { decideLocally, type Predictor } from '$lib/sync/predict';
import type { Base } from '$lib/sync/pulled-rows';
import { occupancyOf } from './build-views';
import { refusalOf } from './refusal';
import type { Refusal } from './views';

/**
 * K3, A4: what the rules say no to by what this device knows, told at once and with what is free instead; null when
 * the wish may go into the outbox.
 */
export function refuseLocally(
  base: Base,
  predicted: State,
  intent: Intent,
  predictor: Predictor,
): Refusal | null {
  const decision = decideLocally(base, predicted, intent, predictor);
  if (decision.status === 'applied') return null;
  const occupied = decision.code === 'slot_taken' || decision.code === 'slot_not_lent';
  const same = atNewPrice(predicted, intent, decision);
  const alternatives =
    occupied && 'slotId' in intent.args && 'reservationId' in intent.args
      ? instead(predicted, intent.args, base.member[0]?.id ?? '')
      : same
        ? [same]
        : [];
  return refusalOf(decision.code, alternatives, decision.data);
}

function instead(
  state: State,
  { slotId, start, end }: { slotId: string; start: number; end: number },
  memberId: string,
): Alternative[] {
  const busy = occupancyOf(state);
  const slots = [...state.slots.values()].map((slot) => ({ ...slot, busy: busy.get(slot.id) ?? [] }));
  const wanted = { slotId, level: state.slots.get(slotId)?.level ?? '' };
  const cost = priceOf(state.site.policy, state.site.timeZone, { start, end });
  return alternativesTo(slots, wanted, { start, end }, memberId).map(({ id, label }) => ({
    slotId: id,
    label,
    start,
    end,
    cost,
  }));
}
