import type { SitePolicy } from '#shared/domain/policy';
import type { TimeRange } from '#shared/domain/time-range';
import { formatCredits, type TimeFormat } from '../time/format';

/** X3: whether the site keeps a slot for this window now (ms since 1970). */
export function canBeKept(
  policy: Pick<SitePolicy, 'leaseTime'> | null,
  window: TimeRange,
  now: number,
): boolean {
  return policy !== null && policy.leaseTime > 0 && window.end <= now + policy.leaseTime;
}

/** X3: what keeping means, in one line. */
export function keepWords(
  policy: Pick<SitePolicy, 'leasePrice' | 'price'>,
  window: TimeRange,
  now: number,
  format: TimeFormat,
): string {
  const price = Math.min(policy.leasePrice, policy.price);
  const cost = price === 0 ? 'Costs nothing' : `Costs ${formatCredits(price)}`;
  return (
    `Yours until ${format.moment(window.end, now)}, also without signal. ` +
    `Booking it later is certain. ${cost} if you do not book.`
  );
}
