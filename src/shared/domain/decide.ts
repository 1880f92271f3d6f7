import type { Decision, DecisionContext, Intent, Needs } from './intent';
import type { State } from './state';
import { decideCancel, decideCreate } from './reservation';
import { decideClose, decideOpen } from './share';
import { decideBind } from './pass';
import { decideScan } from './scan';
import { allowedOp } from './access';

/**
 * Decides one intent by the rules. Pure: the same state, intent and context give the same decision on a device (as a
 * prediction) and on the server (as the outcome).
 */
export function decide(state: State, intent: Intent, context: DecisionContext): Decision {
  if (!allowedOp(context.actor.role, intent.op)) {
    return { status: 'refused', code: 'role_forbidden', data: { role: context.actor.role } };
  }
  switch (intent.op) {
    case 'reservation.create@1':
      return decideCreate(state, intent.args, context);
    case 'reservation.cancel@1':
      return decideCancel(state, intent.args, context);
    case 'share.open@1':
      return decideOpen(state, intent.args, context);
    case 'share.close@1':
      return decideClose(state, intent.args, context);
    case 'scan.record@1':
      return decideScan(state, intent.args, context);
    case 'pass.bind@1':
      return decideBind(state, intent.args, context);
  }
}

const nothing: Needs = {
  slotIds: [],
  reservationIds: [],
  passIds: [],
  scanIds: [],
  ownReservations: false,
  uses: false,
  window: null,
};

/** The rows that `decide` reads for this intent. What is not loaded does not exist for the rule. */
export function needs(intent: Intent): Needs {
  switch (intent.op) {
    case 'reservation.create@1':
      return {
        ...nothing,
        slotIds: [intent.args.slotId],
        reservationIds: [intent.args.reservationId],
        ownReservations: true,
        window: intent.args,
      };
    case 'reservation.cancel@1':
      return { ...nothing, reservationIds: [intent.args.reservationId] };
    case 'share.open@1':
    case 'share.close@1':
      return { ...nothing, slotIds: [intent.args.slotId], window: intent.args };
    case 'scan.record@1':
      return {
        ...nothing,
        scanIds: [intent.args.scanId],
        passIds: intent.args.passId === null ? [] : [intent.args.passId],
        uses: true,
      };
    case 'pass.bind@1':
      return {
        ...nothing,
        reservationIds: intent.args.reservationId === null ? [] : [intent.args.reservationId],
        ownReservations: true,
        uses: true,
      };
  }
}
