import { atNewPrice } from '#shared/domain/agreed-price';
import type { decide } from '#shared/domain/decide';
import type { Actor } from '#shared/domain/entities';
import type { DecisionData } from '#shared/domain/intent';
import { lendingAfter } from '#shared/domain/lending-ends';
import { noticesOf, type Expired } from '#shared/domain/notices-of';
import { priceOf } from '#shared/domain/price';
import { applyChanges, type Change, type State } from '#shared/domain/state';
import type { ErrorCode } from '#shared/protocol/errors';
import type { Alternative, OutcomeStatus } from '#shared/protocol/push';
import type { TakenSlot } from './alternatives';
import { decidedBy } from './intent-fault';
import type { Loaded } from './load';
import { NetChanges } from './net-changes';
import { isPlacing, type Wish } from './read-plan';

/** What became of one intent, before alternatives. */
export interface Verdict {
  readonly status: OutcomeStatus;
  readonly code: ErrorCode | null;
  readonly data: DecisionData;
  /** Set when alternatives are to be looked for. */
  readonly taken: TakenSlot | null;
  /** What was asked for, at the price that it has become. */
  readonly atNewPrice: Alternative | null;
}

export interface DecidedBatch {
  /** In the order of the wishes. */
  readonly verdicts: readonly Verdict[];
  /** By site. */
  readonly nets: ReadonlyMap<string, NetChanges>;
}

/**
 * Decides the wishes in turn; what is accepted is applied to the loaded state, so that the next one sees it. Holds past
 * their time are turned to `expired` first. A rule that throws is a bug: it ends the batch with an
 * IntentFaultError, and the caller isolates it.
 */
export function decideBatch(
  wishes: readonly Wish[],
  loaded: Loaded,
  tools: { decide: typeof decide; now: number; newId: () => string },
): DecidedBatch {
  const nets = new Map([...loaded.states.keys()].map((siteId) => [siteId, new NetChanges()]));
  for (const [siteId, state] of loaded.states) {
    netOf(nets, siteId).add(expireHolds(siteId, state, loaded, tools.now), state);
  }
  const verdicts = wishes.map((wish): Verdict => {
    const state = stateOf(loaded, wish.siteId);
    const actor = wish.memberId === wish.siteId ? siteItself(state) : state.members.get(wish.memberId);
    if (!actor) throw new Error('the acting member is not among the locked rows');
    const context = {
      now: tools.now,
      actor,
      clientId: wish.clientId,
      verifiedAt: wish.verifiedAt,
      newId: tools.newId,
    };
    const decision = wish.isExpired ? expired : decidedBy(() => tools.decide(state, wish.intent, context));
    const told = decidedBy(() => noticesOf(state, { ...wish, decision }, context));
    if (told.length > 0) netOf(nets, wish.siteId).add(told, state);
    if (decision.status === 'expired') {
      return { ...unserved, status: decision.status, code: 'intent_expired', data: {} };
    }
    if (decision.status === 'refused') {
      return {
        ...decision,
        taken: takenSlot(wish, decision.code, state),
        atNewPrice: atNewPrice(state, wish.intent, decision),
      };
    }
    const changes = [...decision.changes, ...lendingAfter(state, decision.changes, tools.now)];
    netOf(nets, wish.siteId).add(changes, state);
    applyChanges(state, changes);
    return { ...unserved, status: decision.status, code: null, data: decision.data };
  });
  return { verdicts, nets };
}

const unserved = { taken: null, atNewPrice: null };
const expired: Expired = { status: 'expired' };

function siteItself({ site }: State): Actor {
  return { id: site.id, role: 'system', name: site.name };
}

/**
 * A hold past its time occupies nothing. A lease holds to the end of its window, so there nothing waits for it, and giving
 * its cost back is left to `reservation.settle`. It is written only where its slot is locked; elsewhere (an own hold on another
 * slot) the rule sees it as expired, and whoever loads that slot writes it.
 */
function expireHolds(siteId: string, state: State, loaded: Loaded, now: number): Change[] {
  const written: Change[] = [];
  for (const reservation of state.reservations.values()) {
    const { holdExpiresAt } = reservation;
    if (reservation.state !== 'held' || holdExpiresAt === null || holdExpiresAt > now) continue;
    if (holdExpiresAt >= reservation.end) continue;
    const row = { ...reservation, state: 'expired', holdExpiresAt: null, endedAt: holdExpiresAt } as const;
    const ended: Change = { table: 'reservations', row };
    if (loaded.lockedSlots.has(siteId, row.slotId)) {
      const lending = lendingAfter(state, [ended], now);
      applyChanges(state, lending);
      written.push(ended, ...lending);
    }
    state.reservations.set(row.id, row);
  }
  return written;
}

function takenSlot(wish: Wish, code: ErrorCode, state: State): TakenSlot | null {
  if (code !== 'slot_taken' || !isPlacing(wish.intent)) return null;
  const { slotId, start, end } = wish.intent.args;
  return {
    siteId: wish.siteId,
    slotId,
    memberId: wish.memberId,
    start,
    end,
    cost: priceOf(state.site.policy, state.site.timeZone, { start, end }),
  };
}

function stateOf(loaded: Loaded, siteId: string): State {
  const state = loaded.states.get(siteId);
  if (!state) throw new Error(`the policy of site ${siteId} cannot be read`);
  return state;
}

function netOf(nets: ReadonlyMap<string, NetChanges>, siteId: string): NetChanges {
  const net = nets.get(siteId);
  if (!net) throw new Error(`site ${siteId} was not loaded`);
  return net;
}
