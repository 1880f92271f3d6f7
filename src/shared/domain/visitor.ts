import type { VisitorPass } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs, type Refused } from './intent';
import type { Change, State } from './state';
import { expectedProblem, limitProblem, paymentProblem, visitWindowProblem, wasUsed } from './visitor-rules';
import { currentVisitPass, isOver, newVisitPass, renewVisitPass, revokeVisitPasses } from './visitor-pass';

/** D2: gives one or two visitors a pass, static at first: paper and pictures can carry it. Both are there or neither. */
export function decideIssueVisitor(
  state: State,
  args: DomainArgs['visitor.issue@1'],
  context: DecisionContext,
): Decision {
  if (state.visitorPasses.has(args.visitorPassId)) return refused('visitor_exists', {});
  const problem =
    visitWindowProblem(state.site.policy, args, context.now) ??
    paymentProblem(args) ??
    limitProblem(state, context) ??
    expectedProblem(state, args);
  if (problem) return problem;
  const { visitorPassId, ...wanted } = args;
  const visit: VisitorPass = {
    ...wanted,
    id: visitorPassId,
    issuedBy: context.actor.id,
    openedAt: null,
    revokedAt: null,
    createdAt: context.now,
  };
  const pass = newVisitPass(visit, null, context);
  const changes: Change[] = [
    { table: 'visitorPasses', row: visit },
    { table: 'passes', row: pass },
  ];
  return { status: 'applied', changes, data: { passId: pass.id } };
}

/** D2: ends a visitor pass before its time. One that is revoked already stays so: whoever asks again got what they want. */
export function decideRevokeVisitor(
  state: State,
  { visitorPassId }: DomainArgs['visitor.revoke@1'],
  context: DecisionContext,
): Decision {
  const visit = ownVisit(state, visitorPassId, context, ['guard', 'manager']);
  if ('status' in visit) return visit;
  if (visit.revokedAt !== null) return { status: 'applied', changes: [], data: {} };
  if (visit.end <= context.now) return refused('visitor_pass_over', {});
  const changes: Change[] = [
    { table: 'visitorPasses', row: { ...visit, revokedAt: context.now } },
    ...revokeVisitPasses(state, visit.id),
  ];
  return { status: 'applied', changes, data: {} };
}

/**
 * D2: a new link in the place of the old one, or none. Of a pass that a phone holds already it frees the pass too: who gets
 * the new link opens it on a phone of their own, and the first phone's code ends. Not once it has let somebody in: a new pass
 * would be good for all entries again.
 */
export function decideLinkVisitor(
  state: State,
  { visitorPassId, linkHash }: DomainArgs['visitor.link@1'],
  context: DecisionContext,
): Decision {
  const visit = ownVisit(state, visitorPassId, context, ['manager']);
  if ('status' in visit) return visit;
  if (isOver(visit, context.now)) return refused('visitor_pass_over', {});
  if (visit.openedAt === null) {
    return {
      status: 'applied',
      changes: [{ table: 'visitorPasses', row: { ...visit, linkHash } }],
      data: {},
    };
  }
  if (wasUsed(state, visit)) return refused('pass_used', {});
  const changes: Change[] = [
    { table: 'visitorPasses', row: { ...visit, linkHash, openedAt: null } },
    ...renewVisitPass(state, visit, null, context),
  ];
  return { status: 'applied', changes, data: {} };
}

/**
 * D2: the link of a pass was opened on a phone with this key. The first time the pass becomes that phone's, and the static
 * form ends; again on the same phone nothing changes, so that an answer which was lost is asked for once more.
 */
export function decideOpenVisitor(
  state: State,
  { visitorPassId, holderKey }: DomainArgs['visitor.open@1'],
  context: DecisionContext,
): Decision {
  const visit = state.visitorPasses.get(visitorPassId);
  if (!visit) return refused('visitor_pass_not_found', {});
  if (isOver(visit, context.now)) return refused('visitor_pass_over', {});
  const unchanged: Decision = { status: 'applied', changes: [], data: {} };
  if (!visit.binds) return unchanged;
  const current = currentVisitPass(state, visit.id);
  if (current && current.holderKey !== null) {
    return current.holderKey === holderKey ? unchanged : refused('visitor_pass_bound', {});
  }
  // D4: each gate counts by the pass, so one made anew after the first entry of two would let in a third.
  if (wasUsed(state, visit)) return refused('pass_used', {});
  const changes: Change[] = [
    { table: 'visitorPasses', row: { ...visit, openedAt: context.now } },
    ...renewVisitPass(state, visit, holderKey, context),
  ];
  return { status: 'applied', changes, data: {} };
}

/** The visitor pass, when it is the actor's own or one of these roles asks. */
function ownVisit(
  state: State,
  visitorPassId: string,
  { actor }: DecisionContext,
  roles: readonly (typeof actor.role)[],
): VisitorPass | Refused {
  const visit = state.visitorPasses.get(visitorPassId);
  if (!visit) return refused('visitor_pass_not_found', {});
  const allowed = visit.issuedBy === actor.id || roles.includes(actor.role);
  return allowed ? visit : refused('visitor_pass_forbidden', {});
}
