import { isActive, type HolderKey, type Pass, type Reservation, type Slot } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { isUsedUp } from './pass-uses';
import type { Change, State } from './state';

const SECOND = 1000;

/**
 * D3: the pass of a reservation, valid for its window widened to whole seconds (the pass format's unit); bound to the
 * device whose holder key is given, static without.
 */
export function newPass(
  reservation: Reservation,
  slot: Pick<Slot, 'label'>,
  holderKey: HolderKey | null,
  context: DecisionContext,
): Pass {
  const memberId = reservation.memberId ?? context.actor.id;
  const key = holderKey?.memberId === memberId ? holderKey : null;
  return {
    id: context.newId(),
    memberId,
    reservationId: reservation.id,
    slotLabel: slot.label,
    clientId: key?.clientId ?? null,
    holderKey: key?.key ?? null,
    kind: 0,
    notBefore: Math.floor(reservation.start / SECOND) * SECOND,
    expiresAt: Math.ceil(reservation.end / SECOND) * SECOND,
    status: 'valid',
  };
}

/** X3: whether the reservation's pass is the device's: bound to its key, or to none. */
export function isPassHere(state: State, reservationId: string, clientId: string): boolean {
  const key = state.holderKeys.get(clientId)?.key ?? null;
  return validPassesOf(state, reservationId).every((pass) => canShow(key, pass));
}

/** Whether a device with this key (null: none yet) can show the pass: bound to the key, or to none. */
export function canShow(key: string | null, pass: Pick<Pass, 'holderKey'>): boolean {
  return pass.holderKey === null || pass.holderKey === key;
}

/** Revokes what is valid of a reservation's passes among those loaded. */
export function revokePasses(state: State, reservationId: string): Change[] {
  return validPassesOf(state, reservationId).map((pass) => ({
    table: 'passes',
    row: { ...pass, status: 'revoked' },
  }));
}

/**
 * X1: binds a device's holder key. Named, one reservation's pass moves to this device. Unnamed, this device takes the
 * passes no device holds, and those it held itself with a key it no longer has; never those of another device, so
 * that signing in at a desk does not take the pass out of the phone. D4: a pass that has been used up is never made
 * anew, or one reservation would let in any number of cars: named it is refused, unnamed it stays as it is.
 */
export function decideBind(
  state: State,
  args: DomainArgs['pass.bind@1'],
  context: DecisionContext,
): Decision {
  const key: HolderKey = { clientId: context.clientId, memberId: context.actor.id, key: args.holderKey };
  const concerned =
    args.reservationId === null ? unbound(state, key, context) : named(state, args.reservationId, context);
  if ('status' in concerned) return concerned;
  const changes: Change[] = [{ table: 'holderKeys', row: key }];
  const passIds: string[] = [];
  for (const reservation of concerned) {
    const slot = state.slots.get(reservation.slotId);
    const current = validPassesOf(state, reservation.id);
    if (!slot || current.some((pass) => isBoundTo(pass, key))) continue;
    const pass = { ...newPass(reservation, slot, key, context), kind: kindOf(current) };
    passIds.push(pass.id);
    // The revoked come first: the database allows one valid pass a reservation at any moment.
    changes.push(...revokePasses(state, reservation.id), { table: 'passes', row: pass });
  }
  return { status: 'applied', changes, data: { passIds } };
}

function named(state: State, reservationId: string, context: DecisionContext): Reservation[] | Decision {
  const reservation = state.reservations.get(reservationId);
  if (!reservation) return refused('reservation_not_found', {});
  if (reservation.memberId !== context.actor.id) return refused('reservation_forbidden', {});
  if (!isActive(reservation) || reservation.end <= context.now) {
    return refused('reservation_ended', { state: reservation.state });
  }
  if (hasUsedPass(state, reservation)) return refused('pass_used', {});
  return [reservation];
}

function unbound(state: State, key: HolderKey, context: DecisionContext): Reservation[] {
  return [...state.reservations.values()].filter(
    (reservation) =>
      reservation.memberId === context.actor.id &&
      isActive(reservation) &&
      reservation.end > context.now &&
      !hasUsedPass(state, reservation) &&
      validPassesOf(state, reservation.id).every(
        (pass) => pass.clientId === null || pass.clientId === key.clientId,
      ),
  );
}

/**
 * A new pass in the place of a changed reservation's valid one, on the same device; a static one becomes the asking
 * device's. D4: one that has let somebody in stays, for the car is inside.
 */
export function renewPass(
  state: State,
  reservation: Reservation,
  slot: Pick<Slot, 'label'>,
  context: DecisionContext,
): { changes: Change[]; passId: string | null } {
  if (hasUsedPass(state, reservation)) return { changes: [], passId: null };
  const current = validPassesOf(state, reservation.id)[0];
  const own = state.holderKeys.get(context.clientId) ?? null;
  const fresh = newPass(reservation, slot, own, context);
  const device =
    current?.holderKey == null ? {} : { clientId: current.clientId, holderKey: current.holderKey };
  const pass: Pass = { ...fresh, ...device, kind: current?.kind ?? fresh.kind };
  return {
    // The revoked come first: the database allows one valid pass a reservation at any moment.
    changes: [...revokePasses(state, reservation.id), { table: 'passes', row: pass }],
    passId: pass.id,
  };
}

function hasUsedPass(state: State, { id }: Reservation): boolean {
  return isUsedUp(state, { reservationId: id, kind: kindOf(validPassesOf(state, id)) });
}

/** The kind a pass made anew has: that of the one it takes the place of. */
function kindOf(current: readonly Pass[]): Pass['kind'] {
  return current[0]?.kind ?? 0;
}

function isBoundTo(pass: Pass, key: HolderKey): boolean {
  return pass.clientId === key.clientId && pass.holderKey === key.key;
}

function validPassesOf(state: State, reservationId: string): Pass[] {
  return [...state.passes.values()].filter(
    (pass) => pass.reservationId === reservationId && pass.status === 'valid',
  );
}
