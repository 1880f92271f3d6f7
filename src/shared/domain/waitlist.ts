import type { Reservation, WaitlistEntry } from './entities';
import { defaultNoticePreferences, quietHoursOf } from './notice-kinds';
import { isQuiet, quietUntil } from './quiet-hours';
import { refused, type Decision, type DecisionContext, type DomainArgs, type Refused } from './intent';
import { windowProblem } from './reservation-rules';
import type { Change, State } from './state';
import { overlaps } from './time-range';
import { ENTRIES_AT_A_TIME, isInLine, isServedBy, restsAfterOffer, waitsUntil } from './waitlist-rules';

/*
 * E8: a place in line and its ends. What comes between, the offer, is decided in waitlist-offer.
 *
 *   waiting → offered → taken | declined | lapsed
 *   waiting → taken (at once, as agreed) | over (nothing got free in time)
 *   waiting, offered → left | served (the member has booked a slot otherwise: waitlist-served)
 *   offered → waiting (nobody was awake to answer)
 */

/**
 * E8: waits for a slot in the window; also while one is free, which is then offered at once. Once for a time: who has one of two places
 * in line that overlap has no use for the other, nor who has a slot in that time. Who has just let an offer for it go is passed over a while.
 */
export function decideJoinWaitlist(
  state: State,
  args: DomainArgs['waitlist.join@1'],
  { actor, now }: DecisionContext,
): Decision {
  const { entryId, start, end, kinds, levels, maxPrice, takeForMe } = args;
  if (state.waitlistEntries.has(entryId)) return refused('waitlist_exists', {});
  const invalid = windowProblem(state.site, args, now);
  if (invalid) return invalid;
  if (waitsUntil(state.site.policy, args) <= now) return refused('window_past', { now });
  const ever = [...state.waitlistEntries.values()].filter(({ memberId }) => memberId === actor.id);
  const own = ever.filter((entry) => isInLine(entry) && entry.end > now);
  const same = own.find((entry) => overlaps(entry, args));
  if (same) return refused('waitlist_exists', { start: same.start, end: same.end });
  const served = servingOf(state, { ...args, memberId: actor.id, state: 'waiting' });
  if (served) return refused('waitlist_served', { start: served.start, end: served.end });
  if (own.length >= ENTRIES_AT_A_TIME) return refused('waitlist_full', { limit: ENTRIES_AT_A_TIME });
  const row: WaitlistEntry = {
    ...{ id: entryId, memberId: actor.id, start, end, kinds, levels, maxPrice, takeForMe },
    createdAt: now,
    state: 'waiting',
    reservationId: null,
    offerExpiresAt: null,
    restsUntil: restsAfterOffer(ever, args, now),
    endedAt: null,
  };
  return { status: 'applied', changes: [{ table: 'waitlistEntries', row }], data: {} };
}

/** E8: leaves the line; a slot that is kept meanwhile goes to the next one. Of an entry that is over nothing changes. */
export function decideLeaveWaitlist(
  state: State,
  { entryId }: DomainArgs['waitlist.leave@1'],
  context: DecisionContext,
): Decision {
  return endedByMember(state, { entryId, as: 'left' }, context);
}

/**
 * E8: lets the offered slot pass to the next one in line. Who says no wants none for that time, also when it is heard after the offer's
 * end, of a place that was put back in line meanwhile.
 */
export function decideDeclineOffer(
  state: State,
  { entryId }: DomainArgs['waitlist.decline@1'],
  context: DecisionContext,
): Decision {
  return endedByMember(state, { entryId, as: 'declined' }, context);
}

function endedByMember(
  state: State,
  { entryId, as }: { entryId: string; as: 'left' | 'declined' },
  context: DecisionContext,
): Decision {
  const entry = state.waitlistEntries.get(entryId);
  if (entry?.memberId !== context.actor.id) return refused('waitlist_not_found', {});
  if (entry.state === 'taken') return refused('waitlist_ended', { state: entry.state });
  if (!isInLine(entry)) return { status: 'applied', changes: [], data: {} };
  return { status: 'applied', changes: endedEntry(state, entry, { as, at: context.now }), data: {} };
}

/**
 * E8: what the clock ends: an offer that nobody has taken in time, and waiting for what has gone by. Who was not told of the offer
 * because it came in their quiet hours keeps the place in line, and is passed over until those are over; unless they have booked a part
 * of that time meanwhile, for which nothing would be offered again.
 */
export function decideLapseOffer(
  state: State,
  { entryId }: DomainArgs['waitlist.lapse@1'],
  { now }: DecisionContext,
): Decision {
  const entry = state.waitlistEntries.get(entryId);
  if (!entry) return refused('waitlist_not_found', {});
  if (!isInLine(entry)) return refused('waitlist_ended', { state: entry.state });
  const problem = stillRuns(state, entry, now);
  if (problem) return problem;
  const restsUntil = asleepUntil(state, entry, now);
  const by = servingOf(state, { ...entry, state: 'waiting' });
  if (by && (restsUntil !== null || entry.state === 'waiting')) {
    const changes = endedEntry(state, entry, { as: 'served', at: now, by });
    return { status: 'applied', changes, data: { state: 'served' } };
  }
  if (restsUntil !== null) {
    const row: WaitlistEntry = {
      ...{ ...entry, state: 'waiting', restsUntil },
      ...{ reservationId: null, offerExpiresAt: null },
    };
    const changes = [...released(state, entry, { as: 'lapsed', at: now }), inLine(row)];
    return { status: 'applied', changes, data: { state: row.state } };
  }
  const as = entry.state === 'offered' ? 'lapsed' : 'over';
  return { status: 'applied', changes: endedEntry(state, entry, { as, at: now }), data: { state: as } };
}

function stillRuns(state: State, entry: WaitlistEntry, now: number): Refused | null {
  const until = entry.offerExpiresAt ?? waitsUntil(state.site.policy, entry);
  return until > now ? refused('offer_running', { until }) : null;
}

/** Until when who slept through an offer sleeps, ms since 1970; null who did not, and where it would then be too late. */
function asleepUntil(state: State, entry: WaitlistEntry, now: number): number | null {
  const { policy, timeZone } = state.site;
  const offer = entry.reservationId === null ? undefined : state.reservations.get(entry.reservationId);
  const hours = quietHoursOf(state.noticePreferences.get(entry.memberId) ?? defaultNoticePreferences);
  if (!offer || !hours || !isQuiet(hours, offer.createdAt, timeZone)) return null;
  const until = quietUntil(hours, now, timeZone);
  return until < waitsUntil(policy, entry) ? until : null;
}

/** What serves this place in line, among the reservations that are loaded. */
function servingOf(state: State, entry: Parameters<typeof isServedBy>[0]): Reservation | null {
  return [...state.reservations.values()].find((reservation) => isServedBy(entry, reservation)) ?? null;
}

interface EntryEnd {
  readonly as: keyof typeof releasedAs;
  /** ms since 1970 */
  readonly at: number;
  /** What its member has instead. */
  readonly by?: Pick<Reservation, 'id'>;
}

/** The changes that end a place in line, and with it the hold of an offer that was not accepted. */
export function endedEntry(state: State, entry: WaitlistEntry, end: EntryEnd): Change[] {
  const row: WaitlistEntry = {
    ...{ ...entry, state: end.as, offerExpiresAt: null, endedAt: end.at },
    reservationId: end.by?.id ?? entry.reservationId,
  };
  // The hold first: the next one in line may get the slot in the same batch.
  return [...released(state, entry, end), inLine(row)];
}

function inLine(row: WaitlistEntry): Change {
  return { table: 'waitlistEntries', row };
}

function released(state: State, entry: WaitlistEntry, { as, at }: Pick<EntryEnd, 'as' | 'at'>): Change[] {
  const hold = heldFor(state, entry);
  if (!hold) return [];
  return [{ table: 'reservations', row: { ...hold, ...releasedAs[as], holdExpiresAt: null, endedAt: at } }];
}

const releasedAs = {
  declined: { state: 'cancelled' },
  left: { state: 'cancelled' },
  served: { state: 'cancelled' },
  lapsed: { state: 'expired' },
  over: { state: 'expired' },
} as const;

/** The hold of the entry's offer; null when there is none, or none any more. */
export function heldFor(state: State, entry: WaitlistEntry): Reservation | null {
  if (entry.state !== 'offered' || entry.reservationId === null) return null;
  const reservation = state.reservations.get(entry.reservationId);
  return reservation?.offered && reservation.state === 'held' ? reservation : null;
}
