import type { VisitPayment } from '#shared/domain/entities';
import type { TimeRange } from '#shared/domain/time-range';
import type { Mark } from '$lib/state/views';
import type { VisitorPassView } from '$lib/state/visitor-views';
import { formatDuration, formatList, type TimeFormat } from '../time/format';

/** What has to be known of a visitor pass; a VisitorPassView fits. */
export type Visit = Pick<VisitorPassView, 'start' | 'end' | 'mark' | 'revokedAt' | 'revokeWaiting'>;

export type VisitStage = 'refused' | 'revoked' | 'over' | 'now' | 'coming';

/** Which stage it is in at `now` (ms since 1970). A revocation that waits ends nothing yet: the gate does not know of it. */
export function visitStage(visit: Visit, now: number): VisitStage {
  if (visit.mark === 'refused') return 'refused';
  if (visit.revokedAt !== null) return 'revoked';
  if (visit.end <= now) return 'over';
  return visit.start <= now ? 'now' : 'coming';
}

/** Whether somebody may still come in on it, now or later. */
export function isExpected(visit: Visit, now: number): boolean {
  const stage = visitStage(visit, now);
  return stage === 'now' || stage === 'coming';
}

/** What a row or a page says of it in a few words. */
export function visitWords(visit: Visit, now: number, format: TimeFormat): string {
  switch (visitStage(visit, now)) {
    case 'refused':
      return 'Not made';
    case 'revoked':
      return 'Revoked';
    case 'over':
      return 'Over';
    case 'now':
      return `Good until ${format.moment(visit.end, now)}`;
    case 'coming':
      return `Good in ${formatDuration(visit.start - now)}`;
  }
}

/** The mark it carries (K3), with the word where the usual one would mislead. */
export function visitMark(visit: Visit): { mark: Mark; label?: string } {
  if (visit.revokeWaiting && visit.revokedAt === null) return { mark: 'waiting', label: 'Waiting to revoke' };
  return { mark: visit.mark };
}

/** `Anna and Ben`. */
export function visitorNames(visitors: readonly { readonly name: string }[]): string {
  return formatList(visitors.map(({ name }) => name));
}

const paidBy: Readonly<Record<VisitPayment, string>> = { none: '', cash: 'in cash', online: 'online' };

/** What was paid and how: `€12.50 in cash`, `Nothing`. */
export function paymentWords(
  { amount, payment, reference }: Pick<VisitorPassView, 'amount' | 'payment' | 'reference'>,
  money: (amount: number) => string,
): string {
  if (payment === 'none') return 'Nothing';
  return `${money(amount)} ${paidBy[payment]}${reference === '' ? '' : `, ${reference}`}`;
}

/** What a pass lets in. */
export function usesWords(uses: 1 | 2): string {
  return uses === 2 ? 'Lets a car in twice' : 'Lets a car in once';
}

/** A window with its dates and year, for what is read on another day: paper, pictures, messages. */
export function datedWindow(format: TimeFormat, window: TimeRange): string {
  // "Today" is said of days near `now`; from 1970 every day is a far one of another year.
  return format.window(window, 0);
}
