import { refundOf } from './credits';
import { isActive, type Member, type Reservation } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs, type Refused } from './intent';
import { keptOnCancel } from './reservation-cancel';
import { withdrawnClaim } from './slot-claim';
import { ownedBy, removedRules } from './slot-owner';
import type { Change, State } from './state';
import { isVerified } from './verification';
import { endedEntry } from './waitlist';
import { isInLine } from './waitlist-rules';
import { isOver, revokeVisitPasses } from './visitor-pass';

/** B6: gives a member another role, also oneself; never the last manager's. Asked twice it is done once. */
export function decideSetRole(
  state: State,
  { memberId, role }: DomainArgs['member.set_role@1'],
  context: DecisionContext,
): Decision {
  const member = state.members.get(memberId);
  if (!member || member.leftAt !== null) return refused('member_not_found', {});
  if (member.role === role) return { status: 'applied', changes: [], data: { before: role } };
  const problem = proofProblem(context) ?? (role === 'manager' ? null : lastManagerProblem(state, member));
  if (problem) return problem;
  return {
    status: 'applied',
    changes: [{ table: 'members', row: { ...member, role } }],
    data: { before: member.role },
  };
}

/**
 * B6: ends a membership: one's own, or as a manager somebody else's, which needs a proof of who asks. What has not begun is
 * cancelled by the rules of a cancellation, the cost back to whom it came from; what has begun keeps its slot to its end, for
 * a car may stand there, but nobody is let in on it any more. Passes for visitors end, claims are withdrawn, own slots
 * become the site's and whoever has reserved them keeps that. A removed member's devices hold no pass again; whoever leaves by themselves keeps
 * theirs for the sake of the other sites. The site itself, for who deletes the account, also removes a manager who is there
 * alone. The row and the account stay, for what was booked and paid. Who was removed is noted
 * as such: only a manager brings them back (services/joining).
 */
export function decideRemoveMember(
  state: State,
  { memberId }: DomainArgs['member.remove@1'],
  context: DecisionContext,
): Decision {
  const member = state.members.get(memberId);
  const isSelf = memberId === context.actor.id;
  if (!isSelf && context.actor.role !== 'manager' && context.actor.role !== 'system') {
    return refused('role_forbidden', { role: context.actor.role });
  }
  if (!member) return refused('member_not_found', {});
  if (member.leftAt !== null) return { status: 'applied', changes: [], data: {} };
  const isByManager = !isSelf && context.actor.role === 'manager';
  const problem =
    (isByManager ? proofProblem(context) : null) ??
    (context.actor.role === 'system' && isAlone(state, member) ? null : lastManagerProblem(state, member));
  if (problem) return problem;
  const reservations = endedReservations(state, member, { isByManager, context });
  const left: Member = { ...member, leftAt: context.now };
  const changes: Change[] = [
    { table: 'members', row: isByManager ? { ...left, removedAt: context.now } : left },
    ...reservations.changes,
    ...revokedPasses(state, member, context),
    ...(isSelf ? [] : revokedDevices(state, member, context)),
    ...givenUpSlots(state, member, context),
    ...withdrawnClaims(state, member, context),
    ...leftLines(state, member, context),
  ];
  return { status: 'applied', changes, data: { cancelled: reservations.ids } };
}

function proofProblem(context: DecisionContext): Refused | null {
  return isVerified(context) ? null : refused('verification_needed', {});
}

/** A site without a manager could not be helped by anybody in it. */
function lastManagerProblem(state: State, member: Member): Refused | null {
  if (member.role !== 'manager') return null;
  const others = [...state.members.values()].some(
    ({ id, role, leftAt }) => id !== member.id && role === 'manager' && leftAt === null,
  );
  return others ? null : refused('last_manager', {});
}

/** Nobody is left whom a site without a manager could harm. */
function isAlone(state: State, { id }: Member): boolean {
  return ![...state.members.values()].some((other) => other.id !== id && other.leftAt === null);
}

/** As at a cancellation, a manager takes nothing of the cost; who leaves pays what a late cancellation costs. */
function endedReservations(
  state: State,
  member: Member,
  { isByManager, context }: { isByManager: boolean; context: DecisionContext },
): { changes: Change[]; ids: string[] } {
  const toCome = [...state.reservations.values()].filter(
    (reservation) =>
      reservation.memberId === member.id &&
      isActive(reservation) &&
      !reservation.offered &&
      reservation.start > context.now,
  );
  // Of several refunds from one account the later see what the earlier took: it never goes below zero.
  const left: State = { ...state, accounts: new Map(state.accounts) };
  const changes = toCome.flatMap((reservation) => {
    const kept = isByManager ? 0 : keptOnCancel(state.site.policy, reservation, context.now);
    const row: Reservation = {
      ...reservation,
      state: 'cancelled',
      holdExpiresAt: null,
      cost: kept,
      endedAt: context.now,
    };
    const refund = refundOf(left, reservation, context, reservation.cost - kept);
    takeRefund(left, reservation, refund);
    return [{ table: 'reservations' as const, row }, ...refund];
  });
  return { changes, ids: toCome.map(({ id }) => id) };
}

function takeRefund(
  { accounts }: State,
  { receiverAccountId }: Reservation,
  refund: readonly Change[],
): void {
  for (const change of refund) {
    if (change.table !== 'movements') continue;
    for (const { accountId, amount } of change.row.entries) {
      const account = accounts.get(accountId);
      if (account && accountId === receiverAccountId)
        accounts.set(accountId, { ...account, balance: account.balance + amount });
    }
  }
}

/** Every valid pass that is the member's, and the visits that they were given for. */
function revokedPasses(state: State, member: Member, { now }: DecisionContext): Change[] {
  const own = [...state.passes.values()].filter(
    ({ memberId, status, visitorPassId }) =>
      memberId === member.id && status === 'valid' && visitorPassId === null,
  );
  const visits = [...state.visitorPasses.values()].filter(
    (visit) => visit.issuedBy === member.id && !isOver(visit, now),
  );
  return [
    ...own.map((row): Change => ({ table: 'passes', row: { ...row, status: 'revoked' } })),
    ...visits.flatMap((visit): Change[] => [
      { table: 'visitorPasses', row: { ...visit, revokedAt: now } },
      ...revokeVisitPasses(state, visit.id),
    ]),
  ];
}

function revokedDevices(state: State, member: Member, { now }: DecisionContext): Change[] {
  return [...state.holderKeys.values()]
    .filter(({ memberId, revokedAt }) => memberId === member.id && revokedAt === null)
    .map((row): Change => ({ table: 'holderKeys', row: { ...row, revokedAt: now } }));
}

/** E8: places in line, with the holds of offers that were not accepted. */
function leftLines(state: State, member: Member, { now }: DecisionContext): Change[] {
  return [...state.waitlistEntries.values()]
    .filter((entry) => entry.memberId === member.id && isInLine(entry))
    .flatMap((entry) => endedEntry(state, entry, { as: 'left', at: now }));
}

/** C1: nobody is to decide what somebody asks who is gone. */
function withdrawnClaims(state: State, member: Member, context: DecisionContext): Change[] {
  return [...state.slotClaims.values()]
    .filter((claim) => claim.memberId === member.id && claim.state === 'waiting')
    .map((claim): Change => ({ table: 'slotClaims', row: withdrawnClaim(claim, context) }));
}

function givenUpSlots(state: State, member: Member, { now }: DecisionContext): Change[] {
  return [...state.slots.values()]
    .filter(({ ownerId }) => ownerId === member.id)
    .flatMap((slot): Change[] => [
      ...removedRules(state, slot.id, now),
      { table: 'slots', row: ownedBy(state, slot, null, now) },
    ]);
}
