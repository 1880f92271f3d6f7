import { isActive, type Account, type Reservation, type Slot } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { newPass, revokePasses } from './pass';
import { movementOf, refundOf } from './credits';
import type { Change, State } from './state';
import { covers, overlaps, type TimeRange } from './time-range';

/**
 * C3, A4: reserves a slot for `[start, end)`. A window that has begun may still be reserved: an intent made offline
 * in time must not fail because the signal came late. One that is over may not.
 */
export function decideCreate(
  state: State,
  args: DomainArgs['reservation.create@1'],
  context: DecisionContext,
): Decision {
  if (state.reservations.has(args.reservationId)) return refused('reservation_exists', {});
  const slot = state.slots.get(args.slotId);
  if (!slot) return refused('slot_not_found', {});
  const problem = windowProblem(state, args, context.now) ?? memberProblem(state, slot, context);
  if (problem) return problem;
  if (slot.ownerId !== null && !covers(slot.lent, args)) return refused('slot_not_lent', {});
  const other = activeReservationsOf(state, slot.id).find((reservation) => overlaps(reservation, args));
  if (other) return refused('slot_taken', { start: other.start, end: other.end });
  return confirmed(state, slot, args, context);
}

function confirmed(
  state: State,
  slot: Slot,
  args: DomainArgs['reservation.create@1'],
  context: DecisionContext,
): Decision {
  const reservation: Reservation = {
    id: args.reservationId,
    slotId: slot.id,
    memberId: context.actor.id,
    start: args.start,
    end: args.end,
    state: 'confirmed',
    holdExpiresAt: null,
    cost: state.site.policy.price,
    receiverAccountId: receiverOf(state, slot),
    createdAt: context.now,
    endedAt: null,
  };
  const pass = newPass(reservation, slot, state.holderKeys.get(context.clientId) ?? null, context);
  const changes: Change[] = [
    { table: 'reservations', row: reservation },
    ...movementOf('reservation', reservation, context, [
      { accountId: context.actor.id, amount: -reservation.cost },
      { accountId: reservation.receiverAccountId, amount: reservation.cost },
    ]),
    { table: 'passes', row: pass },
  ];
  return { status: 'applied', changes, data: { cost: reservation.cost, passId: pass.id } };
}

/** C3: cancels before the start, with the whole cost back; its passes are revoked. */
export function decideCancel(
  state: State,
  args: DomainArgs['reservation.cancel@1'],
  context: DecisionContext,
): Decision {
  const reservation = state.reservations.get(args.reservationId);
  if (!reservation) return refused('reservation_not_found', {});
  const mine = reservation.memberId === context.actor.id;
  if (!mine && context.actor.role !== 'manager') return refused('reservation_forbidden', {});
  if (!isActive(reservation) || reservation.end <= context.now) {
    return refused('reservation_ended', { state: reservation.state });
  }
  if (reservation.start <= context.now) return refused('reservation_started', { start: reservation.start });
  const cancelled: Reservation = {
    ...reservation,
    state: 'cancelled',
    holdExpiresAt: null,
    endedAt: context.now,
  };
  return {
    status: 'applied',
    changes: [
      { table: 'reservations', row: cancelled },
      ...refundOf(state, reservation, context),
      ...revokePasses(state, reservation.id),
    ],
    data: { refund: reservation.cost },
  };
}

/** The active reservations of a slot among those loaded. */
export function activeReservationsOf(state: State, slotId: string): Reservation[] {
  return [...state.reservations.values()].filter(
    (reservation) => reservation.slotId === slotId && isActive(reservation),
  );
}

/** C5: the account a slot's cost goes to: its owner's, else the site's own. */
export function receiverOf(state: Pick<State, 'site'>, slot: Pick<Slot, 'ownerId'>): Account['id'] {
  return slot.ownerId ?? state.site.id;
}

function windowProblem(state: State, window: TimeRange, now: number): Decision | null {
  const { maximumLength, horizon } = state.site.policy;
  if (window.end <= window.start) return refused('window_invalid', {});
  if (window.end <= now) return refused('window_past', { now });
  if (window.end - window.start > maximumLength) return refused('window_too_long', { maximumLength });
  if (window.end > now + horizon) return refused('window_too_far', { horizon });
  return null;
}

function memberProblem(state: State, slot: Slot, context: DecisionContext): Decision | null {
  const { policy } = state.site;
  if (slot.ownerId === context.actor.id) return refused('own_slot', {});
  const running = [...state.reservations.values()].filter(
    (reservation) =>
      reservation.memberId === context.actor.id && isActive(reservation) && reservation.end > context.now,
  );
  if (running.length >= policy.reservationsAtATime) {
    return refused('too_many_reservations', { limit: policy.reservationsAtATime });
  }
  const balance = state.accounts.get(context.actor.id)?.balance ?? 0;
  if (balance < policy.price) return refused('credits_short', { balance, cost: policy.price });
  return null;
}
