import type { Row } from '#shared/protocol/rows';
import { isAhead, type Standing } from '../reservation/reservation-status';
import { passSituation, type PassDevice } from './pass-situation';

/** Where the passes of what is ahead are. */
export interface PassesElsewhere {
  /** The reservations whose pass another of the member's devices holds. */
  readonly ids: readonly string[];
  /** Whether this device shows none at all: then it may be a new one that the member drives with from now on. */
  readonly all: boolean;
}

/** X1: what there is to move to this device; `now` in ms since 1970. */
export function passesElsewhere(
  reservations: readonly (Standing & { readonly id: string; readonly booked: boolean })[],
  passes: readonly Row<'pass'>[],
  device: PassDevice,
  now: number,
): PassesElsewhere {
  const situations = reservations
    .filter((reservation) => isAhead(reservation, now))
    .map((reservation) => ({
      id: reservation.id,
      kind: passSituation(reservation, passes, device, now).kind,
    }));
  const ids = situations.filter(({ kind }) => kind === 'elsewhere').map(({ id }) => id);
  return { ids, all: ids.length > 0 && situations.every(({ kind }) => kind !== 'live' && kind !== 'static') };
}
