import { agreedPriceProblem } from './agreed-price';
import { paymentOf, refundOf } from './credits';
import type { Reservation, Slot } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs, type Refused } from './intent';
import { renewPass } from './pass';
import { dearerBy, priceOf } from './price';
import { keptOnCancel } from './reservation-cancel';
import { creditsProblem, receiverOf, slotProblem, windowProblem } from './reservation-rules';
import { reservationTransitions } from './reservation-transitions';
import type { Change, State } from './state';
import type { TimeRange } from './time-range';

/**
 * C3: gives a reservation another window or slot in one step: the old is not let go before the new is certain. Once it has
 * begun only its end may move. Its price stays agreed; on a slot that pays somebody else it is moved over at today's. C5: moved into
 * dearer hours it pays what these cost more by today's prices than it has paid, else peak prices were paid by nobody who books before and moves then.
 */
export function decideChange(
  state: State,
  args: DomainArgs['reservation.change@1'],
  context: DecisionContext,
): Decision {
  const reservation = state.reservations.get(args.reservationId);
  if (!reservation) return refused('reservation_not_found', {});
  if (reservation.memberId !== context.actor.id) return refused('reservation_forbidden', {});
  if (reservation.offered) return refused('offer_unaccepted', {});
  if (reservation.state === 'held') return refused('lease_not_booked', {});
  if (reservationTransitions[reservation.state].change === null || reservation.end <= context.now) {
    return refused('reservation_ended', { state: reservation.state });
  }
  const slot = state.slots.get(args.slotId);
  if (!slot) return refused('slot_not_found', {});
  const moves = args.slotId !== reservation.slotId || args.start !== reservation.start;
  if (moves && reservation.start <= context.now) {
    return refused('reservation_begun', { start: reservation.start });
  }
  // Else a late cancellation would be free: moved away first, cancelled then.
  const late =
    args.start > reservation.start && keptOnCancel(state.site.policy, reservation, context.now) > 0;
  if (late) return refused('reservation_late', { start: reservation.start });
  const price = priceAfter(state, reservation, slot, args);
  const problem =
    windowProblem(state.site, args, context.now, reservation) ??
    creditsProblem(state, price.more, context) ??
    slotProblem(state, slot, args, context, reservation) ??
    newPriceProblem(reservation, price, args.most);
  return problem ?? changed(state, { reservation, slot, price }, args, context);
}

interface Price {
  readonly cost: number;
  readonly receiverAccountId: string;
  /** What the member needs beside what comes back. */
  readonly more: number;
}

function priceAfter({ site }: State, reservation: Reservation, slot: Slot, window: TimeRange): Price {
  const receiverAccountId = receiverOf({ site }, slot);
  if (receiverAccountId === reservation.receiverAccountId) {
    const more = dearerBy(site, { reservation, after: window });
    return { cost: reservation.cost + more, receiverAccountId, more };
  }
  const cost = priceOf(site.policy, site.timeZone, window);
  return { cost, receiverAccountId, more: cost - reservation.cost };
}

/** What was agreed before and stays so is no new price, whatever the wish takes it for. */
function newPriceProblem(reservation: Reservation, price: Price, most: number | undefined): Refused | null {
  const isNew = price.more > 0 || price.receiverAccountId !== reservation.receiverAccountId;
  return isNew ? agreedPriceProblem(price.cost, most) : null;
}

function changed(
  state: State,
  { reservation, slot, price }: { reservation: Reservation; slot: Slot; price: Price },
  { start, end }: DomainArgs['reservation.change@1'],
  context: DecisionContext,
): Decision {
  const { cost, receiverAccountId } = price;
  const paysElse = receiverAccountId !== reservation.receiverAccountId;
  const place = { slotId: slot.id, start, end, receiverAccountId, cost };
  const row: Reservation = {
    ...reservation,
    ...place,
    price: paysElse ? cost : reservation.price + price.more,
  };
  const renewed = renewPass(state, row, slot, context);
  const changes: Change[] = [
    { table: 'reservations', row },
    ...(paysElse
      ? [
          ...refundOf(state, reservation, context, reservation.cost),
          ...paymentOf(state, 'reservation', { reservation: row, amount: cost }, context),
        ]
      : paymentOf(state, 'reservation', { reservation: row, amount: price.more }, context)),
    ...renewed.changes,
  ];
  return { status: 'applied', changes, data: { cost, passId: renewed.passId } };
}
