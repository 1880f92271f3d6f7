import type { Row } from '#shared/protocol/rows';
import { isKept, stageOf, type Stage, type Standing } from '../reservation/reservation-status';

/*
 * What there is to show for a reservation's pass, on this device, now. A code is shown only when a guard could accept
 * it; anything else is said in words.
 */

export type PassSituation =
  /** Drawn live, proved by this device's key; or static, when no device holds it. */
  | { readonly kind: 'live' | 'static'; readonly pass: Row<'pass'>; readonly early: boolean }
  /** Bound to another device (or to a key this one has lost). */
  | { readonly kind: 'elsewhere'; readonly pass: Row<'pass'> }
  /** The server has not confirmed the reservation, so nothing is signed yet. */
  | { readonly kind: 'unconfirmed' }
  /** X3: a lease that is not booked: its pass is signed already, and shown from the moment it is booked. */
  | { readonly kind: 'kept' }
  /** B5: the device that had it was removed, and no other has it yet. */
  | { readonly kind: 'lost' }
  /** B5: this device was given up by its member, so it shows no pass. */
  | { readonly kind: 'removed' }
  /** X3: a lease whose pass is on another device, or that is being given back. */
  | { readonly kind: 'kept_elsewhere' | 'giving_back' }
  /** Extended after somebody was let in on it: the car is inside, and no new pass is made. */
  | { readonly kind: 'outlived' }
  /** Confirmed, but the pass has not come down yet. */
  | { readonly kind: 'coming' }
  | { readonly kind: 'suspended' | 'cancelled' | 'ended' | 'refused' };

/** The device that is to show a pass. */
export interface PassDevice {
  /** base64url of the compressed point; null while it has none. */
  readonly holderKey: string | null;
  /** B5: whether its member has given it up. */
  readonly removed: boolean;
}

/** D3, X1: what to show on this device; `now` in ms since 1970. */
export function passSituation(
  reservation: Standing & { readonly id: string; readonly booked: boolean },
  passes: readonly Row<'pass'>[],
  device: PassDevice,
  now: number,
): PassSituation {
  const over = overOf(stageOf(reservation, now));
  if (over) return { kind: over };
  if (reservation.state === 'held') {
    if (isKept(reservation, now)) return { kind: 'kept' };
    return { kind: reservation.seq === null && !reservation.passHere ? 'kept_elsewhere' : 'unconfirmed' };
  }
  // What nobody booked is no pass to drive with.
  if (!reservation.booked) return { kind: 'giving_back' };
  if (device.removed) return { kind: 'removed' };
  const own = passes.filter((pass) => pass.reservationId === reservation.id);
  const pass = own.find((candidate) => candidate.status === 'valid');
  if (!pass) {
    if (own.some((candidate) => candidate.status === 'suspended')) return { kind: 'suspended' };
    if (own.length > 0) return { kind: 'lost' };
    return { kind: reservation.mark === 'waiting' ? 'unconfirmed' : 'coming' };
  }
  if (pass.expiresAt <= now) return { kind: reservation.changeWaiting ? 'unconfirmed' : 'outlived' };
  const early = now < pass.notBefore;
  if (pass.holderKey === null) return { kind: 'static', pass, early };
  // By the key alone: it cannot leave the device, while a device that had to begin anew has another clientId.
  return pass.holderKey === device.holderKey ? { kind: 'live', pass, early } : { kind: 'elsewhere', pass };
}

function overOf(stage: Stage): 'cancelled' | 'ended' | 'refused' | null {
  return stage === 'current' || stage === 'upcoming' ? null : stage;
}

/** Why there is no code to show, and what to do: for every situation without one. */
export function situationWords(kind: Exclude<PassSituation['kind'], 'live' | 'static'>): {
  readonly title: string;
  readonly text: string;
} {
  switch (kind) {
    case 'elsewhere':
      return {
        title: 'This pass is on another of your devices',
        text: 'Show it there, or move it here. Moving needs signal once, and the other device then stops showing it.',
      };
    case 'lost':
      return {
        title: 'No device has this pass',
        text: 'The one that had it was removed. Take it to this device: that needs signal once.',
      };
    case 'removed':
      return {
        title: 'This device was removed',
        text: 'It shows no passes any more: they are on your other devices. To use it again, sign out here and sign in.',
      };
    case 'unconfirmed':
      return {
        title: 'No pass yet',
        text: 'The pass comes as soon as the server has confirmed this reservation. That needs signal once.',
      };
    case 'kept':
      return {
        title: 'Book it first',
        text: 'This slot is kept for you. Booking it works without signal, and the pass is here at once.',
      };
    case 'kept_elsewhere':
      return {
        title: 'Kept on another of your devices',
        text: 'Book it there: that works without signal, and its pass is on that device.',
      };
    case 'giving_back':
      return {
        title: 'No pass',
        text: 'You are giving this slot back. It was not booked, so its pass opens nothing.',
      };
    case 'coming':
      return { title: 'The pass is on its way', text: 'It comes with the next contact to the server.' };
    case 'suspended':
      return { title: 'This pass is suspended', text: 'Ask the manager of the building.' };
    case 'cancelled':
      return { title: 'This reservation was cancelled', text: 'Its pass opens nothing any more.' };
    case 'ended':
      return { title: 'This pass has expired', text: 'The time of the reservation is over.' };
    case 'outlived':
      return {
        title: 'This pass has expired',
        text: 'You were let in on it, so an extended reservation has no new one. To get in again, ask the guard.',
      };
    case 'refused':
      return { title: 'No pass', text: 'This reservation was refused, so there is no pass for it.' };
  }
}
