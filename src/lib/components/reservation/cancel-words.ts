import type { SitePolicy } from '#shared/domain/policy';
import { keptOnCancel } from '#shared/domain/reservation-cancel';
import type { ReservationView } from '$lib/state/views';
import { formatCredits } from '../time/format';

type Cancelled = Pick<ReservationView, 'state' | 'start' | 'cost'>;

/** C3, X3: what comes back and what does not when its holder cancels, or gives a lease back, at `now` (ms since 1970). */
export function refundWords(policy: SitePolicy, reservation: Cancelled, now: number): string {
  const { cost, state } = reservation;
  if (cost === 0) return 'It cost nothing.';
  const kept = keptOnCancel(policy, reservation, now);
  if (kept === 0) return `You get ${formatCredits(cost)} back.`;
  const why = state === 'held' ? 'keeping the slot for you costs' : 'cancelling this late costs';
  const back = kept === cost ? 'nothing' : `${cost - kept} of ${formatCredits(cost)}`;
  return `You get ${back} back: ${why} ${formatCredits(kept)}.`;
}
