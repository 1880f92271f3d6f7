import { paymentOf } from './credits';
import { isActive, type Reservation, type Slot, type WaitlistEntry } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs, type Refused } from './intent';
import { newPass } from './pass';
import { priceOf } from './price';
import { countProblem, creditsProblem, receiverOf, slotProblem, windowProblem } from './reservation-rules';
import type { Change, State } from './state';
import { heldFor } from './waitlist';
import { isServedBy, isTakenAtOnce, isWanted, waitsUntil } from './waitlist-rules';

/**
 * E8: gives a slot that is free to who waits for it: booked at once for those who agreed to that, else kept for the site's offer
 * time. By the rules of a reservation, asked for the member: who could not take it is passed over and goes on waiting.
 */
export function decideOffer(
  state: State,
  args: DomainArgs['waitlist.offer@1'],
  context: DecisionContext,
): Decision {
  const entry = state.waitlistEntries.get(args.entryId);
  if (!entry) return refused('waitlist_not_found', {});
  if (entry.state !== 'waiting') return refused('waitlist_ended', { state: entry.state });
  if (state.reservations.has(args.reservationId)) return refused('reservation_exists', {});
  const slot = state.slots.get(args.slotId);
  if (!slot) return refused('slot_not_found', {});
  // C1: its rules changed a moment ago, and what it lends may be on offer no more; once they are followed it is looked at again.
  if (slot.rulesRevision !== slot.followedRevision) return refused('slot_not_lent', {});
  const member = state.members.get(entry.memberId);
  if (!member || member.leftAt !== null) return refused('member_left', {});
  const forMember = { ...context, actor: member };
  const price = priceOf(state.site.policy, state.site.timeZone, entry);
  const problem =
    unwantedProblem(state, entry, { slot, price, args }, context) ??
    windowProblem(state.site, entry, context.now) ??
    countProblem(state, forMember) ??
    creditsProblem(state, price, forMember) ??
    slotProblem(state, slot, args, forMember);
  if (problem) return problem;
  const reservation = reservationFor(state, entry, { slot, price, id: args.reservationId }, context);
  const atOnce = isTakenAtOnce(entry, context.now);
  const changes = atOnce ? taken(state, entry, { reservation, slot }, context) : offered(entry, reservation);
  return { status: 'applied', changes, data: { taken: atOnce, price } };
}

/** Whether the member would not want it: not as agreed, too late, served already, or with another offer to answer first. */
function unwantedProblem(
  state: State,
  entry: WaitlistEntry,
  { slot, price, args }: { slot: Slot; price: number; args: DomainArgs['waitlist.offer@1'] },
  { now }: DecisionContext,
): Refused | null {
  const isSame = args.start === entry.start && args.end === entry.end;
  if (!isSame || !isWanted(entry, slot, price)) return refused('waitlist_unwanted', {});
  if ((entry.restsUntil ?? 0) > now) return refused('waitlist_unwanted', {});
  if (waitsUntil(state.site.policy, entry) <= now) return refused('window_past', { now });
  const isBusy = [...state.reservations.values()].some(
    (other) =>
      isServedBy(entry, other) || (other.offered && other.memberId === entry.memberId && isActive(other)),
  );
  return isBusy ? refused('waitlist_unwanted', {}) : null;
}

function reservationFor(
  state: State,
  entry: WaitlistEntry,
  { slot, price, id }: { slot: Slot; price: number; id: string },
  { now }: DecisionContext,
): Reservation {
  const { start, end, memberId } = entry;
  return {
    ...{ id, slotId: slot.id, memberId, start, end, price, cost: 0, charge: 0 },
    state: 'held',
    // A hold past its time is told from a lease by its end: always before the window's.
    holdExpiresAt: Math.min(now + state.site.policy.offerTime, end - 1),
    receiverAccountId: receiverOf(state, slot),
    createdAt: now,
    endedAt: null,
    offered: true,
    askedToMoveAt: null,
  };
}

function offered(entry: WaitlistEntry, reservation: Reservation): Change[] {
  const { id: reservationId, holdExpiresAt: offerExpiresAt } = reservation;
  const row: WaitlistEntry = { ...entry, state: 'offered', reservationId, offerExpiresAt };
  return [
    { table: 'reservations', row: reservation },
    { table: 'waitlistEntries', row },
  ];
}

/** E8: takes the offered slot, at the price it was offered for. */
export function decideAcceptOffer(
  state: State,
  { entryId }: DomainArgs['waitlist.accept@1'],
  context: DecisionContext,
): Decision {
  const entry = state.waitlistEntries.get(entryId);
  if (entry?.memberId !== context.actor.id) return refused('waitlist_not_found', {});
  if (entry.state === 'lapsed') return refused('offer_over', {});
  if (entry.state === 'taken') return { status: 'applied', changes: [], data: {} };
  if (entry.state !== 'offered') return refused('waitlist_ended', { state: entry.state });
  const reservation = heldFor(state, entry);
  const slot = reservation && state.slots.get(reservation.slotId);
  if (!reservation || !slot || (entry.offerExpiresAt ?? 0) <= context.now) return refused('offer_over', {});
  // Theirs since it was offered: nobody pays themselves.
  if (slot.ownerId === context.actor.id) return refused('own_slot', {});
  const problem = countProblem(state, context) ?? creditsProblem(state, reservation.price, context);
  if (problem) return problem;
  const changes = taken(state, entry, { reservation, slot }, context);
  return { status: 'applied', changes, data: { cost: reservation.price } };
}

/** Booked, paid, with a pass: bound to the asking device, and to none when the site took it for the member. */
function taken(
  state: State,
  entry: WaitlistEntry,
  { reservation, slot }: { reservation: Reservation; slot: Slot },
  context: DecisionContext,
): Change[] {
  const booked: Reservation = {
    ...reservation,
    state: 'confirmed',
    offered: false,
    holdExpiresAt: null,
    cost: reservation.price,
    // The slot may have been given to somebody else since it was offered.
    receiverAccountId: receiverOf(state, slot),
  };
  const row: WaitlistEntry = {
    ...entry,
    state: 'taken',
    reservationId: booked.id,
    offerExpiresAt: null,
    endedAt: context.now,
  };
  const holderKey = state.holderKeys.get(context.clientId) ?? null;
  return [
    { table: 'reservations', row: booked },
    ...paymentOf(state, 'reservation', { reservation: booked, amount: booked.cost }, context),
    { table: 'passes', row: newPass(state, booked, { slot, holderKey }, context) },
    { table: 'waitlistEntries', row },
  ];
}
