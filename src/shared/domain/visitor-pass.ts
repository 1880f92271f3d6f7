import type { Pass, VisitorPass } from './entities';
import type { DecisionContext } from './intent';
import type { Change, State } from './state';

const SECOND = 1000;

/** D2: the pass of a visit, good for its window widened to whole seconds, bound to the phone with this key or to none. */
export function newVisitPass(visit: VisitorPass, holderKey: string | null, context: DecisionContext): Pass {
  return {
    id: context.newId(),
    memberId: visit.issuedBy,
    reservationId: null,
    visitorPassId: visit.id,
    slotLabel: '',
    plate: visit.plate,
    // A visitor's phone is no device of a member.
    clientId: null,
    holderKey,
    kind: visit.uses,
    notBefore: Math.floor(visit.start / SECOND) * SECOND,
    expiresAt: Math.ceil(visit.end / SECOND) * SECOND,
    status: 'valid',
  };
}

/** A new pass in the place of the visit's valid one. */
export function renewVisitPass(
  state: State,
  visit: VisitorPass,
  holderKey: string | null,
  context: DecisionContext,
): Change[] {
  const pass = newVisitPass(visit, holderKey, context);
  // The revoked come first: the database allows one valid pass a visit at any moment.
  return [...revokeVisitPasses(state, visit.id), { table: 'passes', row: pass }];
}

/** Revokes what is valid of a visit's passes among those loaded. */
export function revokeVisitPasses(state: State, visitorPassId: string): Change[] {
  return validPassesOf(state, visitorPassId).map((pass) => ({
    table: 'passes',
    row: { ...pass, status: 'revoked' },
  }));
}

/** The visit's valid pass; undefined when none is loaded. */
export function currentVisitPass(state: State, visitorPassId: string): Pass | undefined {
  return validPassesOf(state, visitorPassId)[0];
}

/** Whether nobody comes in on it any more at `now` (ms since 1970). */
export function isOver(visit: Pick<VisitorPass, 'revokedAt' | 'end'>, now: number): boolean {
  return visit.revokedAt !== null || visit.end <= now;
}

function validPassesOf(state: State, visitorPassId: string): Pass[] {
  return [...state.passes.values()].filter(
    (pass) => pass.visitorPassId === visitorPassId && pass.status === 'valid',
  );
}
