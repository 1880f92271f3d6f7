import type { VisitorPass } from './entities';
import { refused, type DecisionContext, type DomainArgs, type Refused } from './intent';
import { usesOf } from './pass-uses';
import { LONGEST_RESERVATION, type SitePolicy } from './policy';
import type { State } from './state';
import { overlaps, type TimeRange } from './time-range';
import { personKey } from './visitor-person';

/*
 * D2: what can stand against a visitor pass. Each answers a refusal, or null when nothing does.
 */

/** For how long, in milliseconds, a visitor pass counts against its issuer's week. */
export const VISITOR_WEEK = 7 * 24 * 3_600_000;

/** The site's rules about a visit's window; one that has begun may still be given, to who stands at the gate. */
export function visitWindowProblem(
  { horizon }: Pick<SitePolicy, 'horizon'>,
  { start, end }: TimeRange,
  now: number,
): Refused | null {
  if (end <= start) return refused('window_invalid', {});
  if (end <= now) return refused('window_past', { now });
  if (end > now + horizon) return refused('window_too_far', { horizon });
  if (end - start > LONGEST_RESERVATION) {
    return refused('visitor_window_too_long', { maximumLength: LONGEST_RESERVATION });
  }
  return null;
}

/** An amount was paid somehow, and what was paid online can be found again. */
export function paymentProblem({
  amount,
  payment,
  reference,
}: Pick<DomainArgs['visitor.issue@1'], 'amount' | 'payment' | 'reference'>): Refused | null {
  const isComplete = payment === 'none' ? amount === 0 : payment === 'cash' || reference.trim() !== '';
  return isComplete ? null : refused('visitor_payment_incomplete', {});
}

/** Whether a resident has given as many passes in seven days as the site allows; those that were taken back unused are free. */
export function limitProblem(state: State, { actor, now }: DecisionContext): Refused | null {
  if (actor.role !== 'resident') return null;
  const limit = state.site.policy.visitorPassesPerWeek;
  return countedVisits(state, actor.id, now).length >= limit ? refused('visitor_limit', { limit }) : null;
}

/** The visitor passes of a member that count against its limit at `now` (ms since 1970). */
export function countedVisits(state: State, memberId: string, now: number): VisitorPass[] {
  return [...state.visitorPasses.values()].filter(
    (visit) =>
      visit.issuedBy === memberId &&
      visit.createdAt > now - VISITOR_WEEK &&
      (visit.revokedAt === null || wasUsed(state, visit)),
  );
}

/** Nobody is expected twice at the same time, by one pass or two. */
export function expectedProblem(
  state: State,
  wanted: Pick<DomainArgs['visitor.issue@1'], 'visitors' | 'start' | 'end'>,
): Refused | null {
  const people = new Set(wanted.visitors.map(personKey));
  if (people.size < wanted.visitors.length) return refused('visitor_expected', { start: null, end: null });
  const other = [...state.visitorPasses.values()].find(
    (visit) =>
      visit.revokedAt === null &&
      overlaps(visit, wanted) &&
      visit.visitors.some((person) => people.has(personKey(person))),
  );
  return other ? refused('visitor_expected', { start: other.start, end: other.end }) : null;
}

/** Whether anybody was let in on any pass of the visit, and it was not taken back. */
export function wasUsed(state: State, { id, uses }: VisitorPass): boolean {
  return usesOf(state, { reservationId: null, visitorPassId: id, kind: uses }).length > 0;
}
