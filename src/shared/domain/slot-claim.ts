import type { SlotClaim } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { ownedBy } from './slot-owner';
import { labelProblem, newSlot } from './slot-set';
import type { State } from './state';

/** C1: how many requests of a member a manager is asked to look at, at a time. */
export const MOST_CLAIMS = 3;
/** And how many in a day: who claims and withdraws in turns writes rows, and tells every manager, without end. */
export const MOST_CLAIMS_A_DAY = 10;
/** For so long a claim counts towards `MOST_CLAIMS_A_DAY`, whatever became of it (ms). */
export const CLAIMS_COUNTED_FOR = 24 * 3_600_000;

/** C1: a resident says that a slot is theirs. A slot that has an owner is nobody else's to ask for. */
export function decideClaim(
  state: State,
  { claimId, label, level, kind, note, photo }: DomainArgs['slot.claim@1'],
  { actor, now }: DecisionContext,
): Decision {
  const own = [...state.slotClaims.values()].filter(({ memberId }) => memberId === actor.id);
  const waiting = own.filter((claim) => claim.state === 'waiting');
  if (state.slotClaims.has(claimId) || waiting.some((claim) => claim.label === label)) {
    return refused('claim_exists', {});
  }
  if (waiting.length >= MOST_CLAIMS) return refused('too_many_claims', { limit: MOST_CLAIMS });
  const ofLastDay = own.filter(({ createdAt }) => createdAt > now - CLAIMS_COUNTED_FOR);
  if (ofLastDay.length >= MOST_CLAIMS_A_DAY) return refused('too_many_claims', { limit: MOST_CLAIMS_A_DAY });
  const isOwned = [...state.slots.values()].some((slot) => slot.label === label && slot.ownerId !== null);
  if (isOwned) return refused('slot_label_taken', {});
  const row: SlotClaim = {
    id: claimId,
    memberId: actor.id,
    label,
    level,
    kind,
    note,
    photo,
    state: 'waiting',
    slotId: null,
    createdAt: now,
    decidedAt: null,
    decidedBy: null,
    reason: '',
  };
  return { status: 'applied', changes: [{ table: 'slotClaims', row }], data: {} };
}

/** C1: who asked does not ask any more. The photo goes with it. */
export function decideWithdrawClaim(
  state: State,
  { claimId }: DomainArgs['slot.withdraw_claim@1'],
  context: DecisionContext,
): Decision {
  const claim = state.slotClaims.get(claimId);
  if (claim?.memberId !== context.actor.id) return refused('claim_not_found', {});
  if (claim.state === 'withdrawn') return { status: 'applied', changes: [], data: {} };
  if (claim.state !== 'waiting') return refused('claim_decided', {});
  const row = withdrawnClaim(claim, context);
  return { status: 'applied', changes: [{ table: 'slotClaims', row }], data: {} };
}

/** The claim as one that nobody is to decide any more, without its photo. */
export function withdrawnClaim(claim: SlotClaim, { actor, now }: DecisionContext): SlotClaim {
  return { ...claim, state: 'withdrawn', photo: null, decidedAt: now, decidedBy: actor.id };
}

/**
 * C1: a manager decides. Approved, `slotId` becomes theirs: a slot that is there and has no owner, whatever its label, or else a new
 * one as the request describes it. The photo has done its work and goes.
 */
export function decideDecideClaim(
  state: State,
  { claimId, approve, slotId, reason }: DomainArgs['slot.decide_claim@1'],
  { actor, now }: DecisionContext,
): Decision {
  const claim = state.slotClaims.get(claimId);
  if (!claim) return refused('claim_not_found', {});
  if (claim.state !== 'waiting') return refused('claim_decided', {});
  const decided = { photo: null, decidedAt: now, decidedBy: actor.id, reason };
  if (!approve) {
    const row: SlotClaim = { ...claim, ...decided, state: 'refused' };
    return { status: 'applied', changes: [{ table: 'slotClaims', row }], data: {} };
  }
  const member = state.members.get(claim.memberId);
  if (!member || member.leftAt !== null) return refused('member_not_found', {});
  const before = state.slots.get(slotId);
  if (before && before.ownerId !== null) return refused('slot_label_taken', {});
  const problem = before ? null : labelProblem(state, claim.label, slotId);
  if (problem) return problem;
  const row: SlotClaim = { ...claim, ...decided, state: 'approved', slotId };
  const slot = ownedBy(state, before ?? newSlot(slotId, claim), member, now);
  return {
    status: 'applied',
    changes: [
      { table: 'slots', row: slot },
      { table: 'slotClaims', row },
    ],
    data: { slotId, from: null, to: member.id, label: slot.label },
  };
}
