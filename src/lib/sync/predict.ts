import type { Member } from '#shared/domain/entities';
import { hasRule } from '#shared/domain/access';
import { decide } from '#shared/domain/decide';
import type { Decision, DecisionContext, Intent } from '#shared/domain/intent';
import { applyChanges, type State } from '#shared/domain/state';
import type { OutboxRow } from '$lib/client-db/database';
import { actorOf, stateOf, type Base } from './pulled-rows';
import { isReplayed } from './wish-status';

/*
 * Comes by dynamic import, as it brings all of the server's rules: a device with nothing in its outbox shows its first
 * screen without them.
 */

/** Who predicts: this device's client and the best estimate of the server's clock, milliseconds since 1970. */
export interface Predictor {
  readonly clientId: string;
  readonly now: number;
  /** When the person last proved who they are on this device, by the same clock; null or absent never. */
  readonly verifiedAt?: number | null;
}

/**
 * K3: the state as it will be when the server agrees with everything that waits: the outbox replayed over the pulled
 * rows by the rules the server uses. Null before the first pull. A wish that the rules refuse by now, one that has
 * expired, and one that another build left and this one has no rule for change nothing here; what becomes of them the server
 * says. Pure: changes neither `base` nor `outbox`.
 */
export function predict(base: Base, outbox: readonly OutboxRow[], predictor: Predictor): State | null {
  const state = stateOf(base);
  if (!state) return null;
  const actor = actorOf(base);
  const possible = outbox.filter(
    (wish) => isReplayed(wish) && hasRule(wish.op) && !isTooLate(wish, predictor.now),
  );
  for (const row of possible.toSorted((a, b) => a.seq - b.seq)) {
    const decision = decide(state, row, contextOf(actor, predictor, row.id));
    if (decision.status === 'applied') applyChanges(state, decision.changes);
  }
  return state;
}

/** Whether the server will not do it any more, when it hears of it first from now on. */
function isTooLate({ status, expiresAt }: Pick<OutboxRow, 'status' | 'expiresAt'>, now: number): boolean {
  return status !== 'applied' && expiresAt !== null && expiresAt <= now;
}

/** What the rules say to a new wish over a predicted state, which is left as it is. */
export function decideLocally(base: Base, predicted: State, intent: Intent, predictor: Predictor): Decision {
  return decide(predicted, intent, contextOf(actorOf(base), predictor, 'local'));
}

function contextOf(
  actor: Member,
  { clientId, now, verifiedAt = null }: Predictor,
  intentId: string,
): DecisionContext {
  let count = 0;
  // Predicted rows never leave the device: ids that are the same at every replay keep lists on screens still.
  return { now, actor, clientId, verifiedAt, newId: () => `${intentId}:${String(count++)}` };
}
