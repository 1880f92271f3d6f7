import type { Reservation } from './entities';
import type { Decision, DecisionContext, Intent } from './intent';
import type { NoticeDataByKind, NoticeKind } from './notice-kinds';
import { otherNews } from './notices-of-others';
import { ownerNews, holderNews, refusalNews } from './notices-of-reservations';
import type { Change, State } from './state';

/** An intent and what was decided about it. */
export interface Decided {
  readonly intent: Intent;
  readonly intentId: string;
  /** When it was asked for, as `askedAt` says, ms since 1970: tells of waiting, never orders anything. */
  readonly deviceTime: number;
  readonly decision: Decision | Expired;
}

/** Nothing was decided: it came later than who asked wanted it. */
export interface Expired {
  readonly status: 'expired';
}

/** Something for one member; `about` names what it tells of, among the notices of its kind. */
export interface News<K extends NoticeKind = NoticeKind> {
  readonly memberId: string;
  readonly kind: K;
  readonly about: string;
  readonly data: NoticeDataByKind[K];
}

/** Longer than this between the wish and the decision, milliseconds, and nobody is looking at the screen for it any more. */
export const WAITED = 60_000;

/**
 * When a wish was made, ms since 1970 by the clock of `now`: as long ago as it had waited on its device when it was sent at `sentAt` by
 * that device's clock, which may be wrong. Where that is not known (an older build), `deviceTime` as it is.
 */
export function askedAt(
  deviceTime: number,
  { now, sentAt }: { readonly now: number; readonly sentAt: number | undefined },
): number {
  return sentAt === undefined ? deviceTime : now - Math.max(0, sentAt - deviceTime);
}

/**
 * B4: what members are told of a decision. `state` is as it was before its changes, with what `needs` has read: whose row is not
 * there is told nothing. Who asked is told only when it had waited; who has left is told nothing. Pure; nothing of it is
 * predicted on a device.
 */
export function noticesOf(state: State, decided: Decided, context: DecisionContext): Change[] {
  const { decision, deviceTime } = decided;
  const waited = context.actor.role !== 'system' && context.now - deviceTime > WAITED;
  const told: Telling = { state, decided, context, waited };
  const news = decision.status === 'applied' ? newsOf(decision.changes, told) : refusalNews(told);
  return news.map(({ memberId, kind, about, data }) => ({
    table: 'notices',
    row: {
      id: context.newId(),
      ...{ memberId, kind, data },
      toldKey: `${kind}:${about}`,
      createdAt: context.now,
      readAt: null,
    },
  }));
}

/** What those who look for news know. */
export interface Telling {
  readonly state: State;
  readonly decided: Decided;
  readonly context: DecisionContext;
  /** Whether a person asked, and does not look at the screen for it any more. */
  readonly waited: boolean;
}

function newsOf(changes: readonly Change[], told: Telling): News[] {
  const reservations = reservationsIn(changes);
  const news = [
    ...(reservations.length > 0 ? holderNews(reservations, changes, told) : []),
    ...(reservations.length > 0 ? ownerNews(reservations, told) : []),
    ...otherNews(changes, told),
  ];
  return news.filter(({ memberId }) => !changes.some((change) => hasLeft(change, memberId)));
}

/** The last form of each. */
function reservationsIn(changes: readonly Change[]): Reservation[] {
  const rows: Reservation[] = [];
  for (const change of changes) if (change.table === 'reservations') rows.push(change.row);
  return rows.length < 2 ? rows : [...new Map(rows.map((row) => [row.id, row])).values()];
}

function hasLeft(change: Change, memberId: string): boolean {
  return change.table === 'members' && change.row.id === memberId && change.row.leftAt !== null;
}
