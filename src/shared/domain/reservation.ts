import { agreedPriceProblem } from './agreed-price';
import { paymentOf } from './credits';
import type { Reservation, Slot } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { newPass } from './pass';
import { priceOf } from './price';
import {
  countProblem,
  creditsProblem,
  receiverOf,
  runningOf,
  slotProblem,
  windowProblem,
} from './reservation-rules';
import type { Change, State } from './state';

/**
 * C3, A4: reserves a slot for `[start, end)`. Without a lead time a window that has begun may still be reserved: an intent
 * made offline in time must not fail because the signal came late. One that is over may not.
 */
export function decideCreate(
  state: State,
  args: DomainArgs['reservation.create@1'],
  context: DecisionContext,
): Decision {
  return take(state, args, context, { state: 'confirmed', holdExpiresAt: null });
}

/**
 * X3: takes a slot for a window that ends soon and may be booked later, offline too: it is kept for its holder until the
 * window is over, so that whatever is booked on it is certain. Paid as a reservation is, and given back but for the lease's
 * price when nobody books it. It counts among the reservations a member has at a time, and few may be had at once.
 */
export function decideLease(
  state: State,
  args: DomainArgs['reservation.lease@1'],
  context: DecisionContext,
): Decision {
  const { leaseTime, leasesAtATime } = state.site.policy;
  if (leaseTime === 0) return refused('leases_off', {});
  if (args.end > context.now + leaseTime) return refused('lease_too_far', { leaseTime });
  const leases = runningOf(state, context).filter((reservation) => reservation.state === 'held');
  if (leases.length >= leasesAtATime) return refused('too_many_leases', { limit: leasesAtATime });
  return take(state, args, context, { state: 'held', holdExpiresAt: args.end });
}

function take(
  state: State,
  args: DomainArgs['reservation.create@1'],
  context: DecisionContext,
  standing: Pick<Reservation, 'state' | 'holdExpiresAt'>,
): Decision {
  if (state.reservations.has(args.reservationId)) return refused('reservation_exists', {});
  const slot = state.slots.get(args.slotId);
  if (!slot) return refused('slot_not_found', {});
  const cost = priceOf(state.site.policy, state.site.timeZone, args);
  const problem =
    windowProblem(state.site, args, context.now) ??
    countProblem(state, context) ??
    creditsProblem(state, cost, context) ??
    slotProblem(state, slot, args, context) ??
    agreedPriceProblem(cost, args.most);
  return problem ?? taken(state, { slot, cost }, args, context, standing);
}

function taken(
  state: State,
  { slot, cost }: { slot: Slot; cost: number },
  args: DomainArgs['reservation.create@1'],
  context: DecisionContext,
  standing: Pick<Reservation, 'state' | 'holdExpiresAt'>,
): Decision {
  const reservation: Reservation = {
    id: args.reservationId,
    slotId: slot.id,
    memberId: context.actor.id,
    start: args.start,
    end: args.end,
    ...standing,
    price: cost,
    cost,
    charge: 0,
    receiverAccountId: receiverOf(state, slot),
    createdAt: context.now,
    endedAt: null,
    offered: false,
    askedToMoveAt: null,
  };
  const pass = newPass(
    state,
    reservation,
    { slot, holderKey: state.holderKeys.get(context.clientId) ?? null },
    context,
  );
  const changes: Change[] = [
    { table: 'reservations', row: reservation },
    ...paymentOf(state, 'reservation', { reservation, amount: reservation.cost }, context),
    { table: 'passes', row: pass },
  ];
  return { status: 'applied', changes, data: { cost: reservation.cost, passId: pass.id } };
}
