import { isActive, type HolderKey, type Pass, type Reservation, type Slot } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { canShow } from './pass-holder';
import { isUsedUp } from './pass-uses';
import type { Change, State } from './state';
import { isVerified } from './verification';

const SECOND = 1000;

/**
 * D3: the pass of a reservation, valid for its window widened to whole seconds (the pass format's unit); bound to the
 * device whose holder key is given, static without.
 */
export function newPass(
  state: State,
  reservation: Reservation,
  { slot, holderKey }: { slot: Pick<Slot, 'label'>; holderKey: HolderKey | null },
  context: DecisionContext,
): Pass {
  const memberId = reservation.memberId ?? context.actor.id;
  const key = holderKey?.memberId === memberId && holderKey.revokedAt === null ? holderKey : null;
  return {
    id: context.newId(),
    memberId,
    reservationId: reservation.id,
    visitorPassId: null,
    slotLabel: slot.label,
    plate: state.members.get(memberId)?.plate ?? '',
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
 *
 * What takes a key's place, as a device's own or on a pass, needs a proof of who asks: whoever finds a browser signed
 * in could otherwise take the passes out of the phone. So does taking the pass of a reservation whose last one went with a
 * removed device: unnamed, without a proof, it is left alone. B5: a device that was removed binds nothing.
 */
export function decideBind(
  state: State,
  args: DomainArgs['pass.bind@1'],
  context: DecisionContext,
): Decision {
  const key: HolderKey = {
    clientId: context.clientId,
    memberId: context.actor.id,
    key: args.holderKey,
    revokedAt: null,
  };
  if (isRemoved(state, key)) return refused('device_revoked', {});
  const before = state.holderKeys.get(key.clientId);
  if (before && before.key !== key.key && !isVerified(context)) return refused('verification_needed', {});
  const concerned =
    args.reservationId === null ? unbound(state, key, context) : named(state, args.reservationId, context);
  if ('status' in concerned) return concerned;
  const isTaken = concerned.some(({ id }) => {
    const current = validPassesOf(state, id);
    return current.length === 0 || current.some((pass) => !canShow(key.key, pass));
  });
  if (isTaken && !isVerified(context)) return refused('verification_needed', {});
  const changes: Change[] = [{ table: 'holderKeys', row: key }];
  const passIds: string[] = [];
  for (const reservation of concerned) {
    const slot = state.slots.get(reservation.slotId);
    const current = validPassesOf(state, reservation.id);
    if (!slot || current.some((pass) => isBoundTo(pass, key))) continue;
    const pass = { ...newPass(state, reservation, { slot, holderKey: key }, context), kind: kindOf(current) };
    passIds.push(pass.id);
    // The revoked come first: the database allows one valid pass a reservation at any moment.
    changes.push(...revokePasses(state, reservation.id), { table: 'passes', row: pass });
  }
  return { status: 'applied', changes, data: { passIds } };
}

/** B5: whether the device or its key was given up; a device that counts anew under another id keeps its key. */
function isRemoved(state: State, key: HolderKey): boolean {
  return [...state.holderKeys.values()].some(
    ({ clientId, key: known, revokedAt }) =>
      revokedAt !== null && (clientId === key.clientId || known === key.key),
  );
}

/**
 * B5: the passes that a removed key holds: revoked, and made anew for the key that takes their place. Without one, and
 * where the reservation's car is inside, none is made: a static one would be for whoever has the removed device.
 */
export function replacePasses(
  state: State,
  { from, to }: { from: string; to: HolderKey | null },
  context: DecisionContext,
): { changes: Change[]; passIds: string[] } {
  const changes: Change[] = [];
  const passIds: string[] = [];
  for (const pass of state.passes.values()) {
    if (pass.holderKey !== from || pass.status !== 'valid' || pass.reservationId === null) continue;
    changes.push({ table: 'passes', row: { ...pass, status: 'revoked' } });
    const reservation = state.reservations.get(pass.reservationId);
    const slot = reservation && state.slots.get(reservation.slotId);
    if (!to || !slot || !isStillToCome(reservation, context) || hasUsedPass(state, reservation)) continue;
    const made = { ...newPass(state, reservation, { slot, holderKey: to }, context), kind: pass.kind };
    passIds.push(made.id);
    changes.push({ table: 'passes', row: made });
  }
  return { changes, passIds };
}

function isStillToCome(reservation: Reservation, { now, actor }: DecisionContext): boolean {
  return reservation.memberId === actor.id && isActive(reservation) && reservation.end > now;
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
  return [...state.reservations.values()].filter((reservation) => {
    const current = validPassesOf(state, reservation.id);
    return (
      isStillToCome(reservation, context) &&
      !hasUsedPass(state, reservation) &&
      (current.length > 0 || isVerified(context)) &&
      current.every((pass) => pass.clientId === null || pass.clientId === key.clientId)
    );
  });
}

/**
 * A new pass in the place of a changed reservation's valid one, on the same device; a static one becomes the asking
 * device's. D4: one that has let somebody in stays, for the car is inside. Where the last went with a removed device none is
 * made without a proof of who asks, as at a bind.
 */
export function renewPass(
  state: State,
  reservation: Reservation,
  slot: Pick<Slot, 'label'>,
  context: DecisionContext,
): { changes: Change[]; passId: string | null } {
  if (hasUsedPass(state, reservation)) return { changes: [], passId: null };
  const current = validPassesOf(state, reservation.id)[0];
  if (!current && !isVerified(context)) return { changes: [], passId: null };
  const own = state.holderKeys.get(context.clientId) ?? null;
  const fresh = newPass(state, reservation, { slot, holderKey: own }, context);
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
  return isUsedUp(state, { reservationId: id, visitorPassId: null, kind: kindOf(validPassesOf(state, id)) });
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
