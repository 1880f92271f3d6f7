import type { Pool } from 'pg';
import type { Clock } from '../../platform/clock';
import type { SiteIntents } from '../visitors/site-intents';
import { applyIntent } from './apply-intent';
import { PAYABLE_FOR, RefundRefusedError, type PaymentProvider } from './payment-provider';
import { findOpenPurchases, noteAttempt, noteFailedRefund, type StoredPurchase } from './purchases';

/** Milliseconds on top of `PAYABLE_FOR` after which nobody waits for a provider's word any more. One that comes still counts. */
const GRACE = 60 * 60_000;
/** Milliseconds for which one that could not be done is left alone: the next may be done meanwhile. */
export const PAUSE = 10 * 60_000;
/** A run's most: each may take seconds. */
const AT_ONCE = 200;

export interface OpenPurchasesOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly siteIntents: SiteIntents;
  readonly providers: ReadonlyMap<string, PaymentProvider>;
}

/**
 * B8: asks providers to give back what managers want given back, and ends purchases that nobody paid. Safe to run again and from
 * several processes. Rejects with an AggregateError when some could not be done, after all others; a run after `PAUSE` tries them again.
 */
export async function settleOpenPurchases(
  options: OpenPurchasesOptions,
  signal?: AbortSignal,
): Promise<number> {
  const { pool, clock } = options;
  const staleBefore = clock.now() - PAYABLE_FOR - GRACE;
  const waiting = { staleBefore, triedBefore: clock.now() - PAUSE, limit: AT_ONCE };
  const failures: unknown[] = [];
  let done = 0;
  for (const purchase of await findOpenPurchases(pool, waiting)) {
    if (signal?.aborted) break;
    try {
      await settle(options, purchase);
      done++;
    } catch (error) {
      failures.push(error);
      if (error instanceof RefundRefusedError) await noteFailedRefund(pool, purchase, clock.now());
      await noteAttempt(pool, { ...purchase, at: clock.now() });
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'some purchases could not be settled');
  return done;
}

async function settle(
  { siteIntents, providers }: OpenPurchasesOptions,
  { siteId, topupId, state, provider: name, providerReference: reference }: StoredPurchase,
): Promise<void> {
  if (state === 'pending') {
    await applyIntent(siteIntents, siteId, { op: 'topup.fail@1', args: { topupId } });
    return;
  }
  const provider = providers.get(name ?? '');
  if (!provider || reference === null)
    throw new Error(`nobody gives back what was paid by ${name ?? 'nobody'}`);
  await provider.refund({ siteId, topupId, reference });
  await applyIntent(siteIntents, siteId, { op: 'topup.refunded@1', args: { topupId } });
}
