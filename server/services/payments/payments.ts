import type { IncomingHttpHeaders } from 'node:http';
import type { Pool } from 'pg';
import { CHECKOUT_WITHIN } from '#shared/domain/topup';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { SiteIntents } from '../visitors/site-intents';
import { applyIntent } from './apply-intent';
import type { LocalProvider } from './local-provider';
import type { PaymentEvent, PaymentProvider } from './payment-provider';
import { disputePurchase, findPurchase, noteFailedRefund } from './purchases';

export interface PaymentsOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly siteIntents: SiteIntents;
  /** By which a site's credits are sold; null where none are. */
  readonly providerOf: (siteId: string) => PaymentProvider | null;
  /** Every provider whose webhooks are taken in, by name. */
  readonly providers: ReadonlyMap<string, PaymentProvider>;
  readonly logger: Logger;
}

/** Who asks, and about what. */
interface Asked {
  readonly siteId: string;
  readonly memberId: string;
  readonly topupId: string;
}

export type Checkout =
  | { readonly ok: true; readonly value: { readonly url: string } }
  | {
      readonly ok: false;
      readonly code: 'topup_not_found' | 'topup_ended' | 'topups_off' | 'payment_unavailable';
    };

/** What became of a webhook. `failed`: it is to be sent again. */
export type Received = 'done' | 'again' | 'forged' | 'malformed' | 'unknown_provider' | 'failed';

export interface Payments {
  /** Whether the site's credits can be bought online. */
  isOpen(siteId: string): boolean;
  /** The page on which to pay for an own purchase that was begun. */
  checkout(asked: Asked): Promise<Checkout>;
  /** Takes in what a provider says; each event has its effect once, however often and in whatever order they come. Never rejects. */
  receive(provider: string, body: string, headers: IncomingHttpHeaders): Promise<Received>;
}

/** B8: buying credits online: the way from a purchase to a provider's page, and from its webhooks to intents. */
export function createPayments(options: PaymentsOptions): Payments {
  const { pool, clock, providerOf, providers, logger } = options;
  return {
    isOpen: (siteId) => providerOf(siteId) !== null,

    async checkout({ siteId, memberId, topupId }) {
      const purchase = await findPurchase(pool, { siteId, topupId });
      if (!purchase || purchase.memberId !== memberId || purchase.method !== 'online') {
        return { ok: false, code: 'topup_not_found' };
      }
      const isOpen = purchase.state === 'pending' && clock.now() < purchase.createdAt + CHECKOUT_WITHIN;
      if (!isOpen) return { ok: false, code: 'topup_ended' };
      const provider = providerOf(siteId);
      if (!provider) return { ok: false, code: 'topups_off' };
      try {
        return { ok: true, value: await provider.createCheckout(purchase) };
      } catch (error) {
        logger.error('a payment provider does not take a purchase', {
          provider: provider.name,
          topupId,
          error,
        });
        return { ok: false, code: 'payment_unavailable' };
      }
    },

    async receive(name, body, headers) {
      const provider = providers.get(name);
      if (!provider) return 'unknown_provider';
      const webhook = provider.parseWebhook(body, headers);
      if (!webhook.ok) {
        logger.warn('a webhook was not believed', { provider: name, code: webhook.code });
        return webhook.code === 'webhook_forged' ? 'forged' : 'malformed';
      }
      try {
        if (await wasTaken(pool, name, webhook.eventId)) return 'again';
        await applyEvent(options, name, webhook.event);
        // Behind the effect: a crash in between lets it come again, and the rules see that it is done.
        await noteTaken(options, name, webhook.eventId);
        return 'done';
      } catch (error) {
        logger.error('a webhook could not be taken in', { provider: name, eventId: webhook.eventId, error });
        return 'failed';
      }
    },
  };
}

async function applyEvent(options: PaymentsOptions, provider: string, event: PaymentEvent): Promise<void> {
  const { pool, siteIntents, logger } = options;
  if (event.kind === 'other') return;
  const { siteId, topupId } = event;
  const purchase = await findPurchase(pool, { siteId, topupId });
  if (purchase?.method !== 'online') {
    logger.error('a webhook names a purchase that is not there', { provider, siteId, topupId });
    // After a restore it comes back with its buyer's device: the provider is to say it again. What another installation sells by the
    // same account is not for us.
    if (!purchase && (await isSite(pool, siteId))) throw new Error('the purchase is not there yet');
    return;
  }
  if (event.kind === 'failed') {
    // Somebody has paid something for it: that is for people to look at.
    if (purchase.isDisputed) return;
    await applyIntent(siteIntents, siteId, { op: 'topup.fail@1', args: { topupId } });
    return;
  }
  if (event.kind === 'refund_failed') {
    await noteFailedRefund(pool, purchase, options.clock.now());
    return;
  }
  if (event.kind === 'refunded') {
    await applyIntent(siteIntents, siteId, { op: 'topup.refunded@1', args: { topupId } });
    return;
  }
  if (event.amount !== purchase.amount || event.currency !== purchase.currency) {
    // Nobody is given credits for another sum: managers find both in the security log, and the money goes back at the provider.
    logger.error('a payment is not what was agreed', { provider, ...event });
    const { amount, currency } = event;
    await disputePurchase(pool, purchase, { amount, currency, at: options.clock.now() });
    return;
  }
  const args = { topupId, provider, providerReference: event.reference };
  await applyIntent(siteIntents, siteId, { op: 'topup.settle@1', args });
}

async function isSite(pool: Pool, siteId: string): Promise<boolean> {
  const { rowCount } = await pool.query('select 1 from sites where site_id = $1', [siteId]);
  return rowCount === 1;
}

async function wasTaken(pool: Pool, provider: string, eventId: string): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'payments-find-event',
    text: 'select 1 from payment_events where provider = $1 and event_id = $2',
    values: [provider, eventId],
  });
  return rowCount !== null && rowCount > 0;
}

async function noteTaken({ pool, clock }: PaymentsOptions, provider: string, eventId: string): Promise<void> {
  await pool.query({
    name: 'payments-note-event',
    text: 'insert into payment_events (provider, event_id, received_at) values ($1, $2, $3) on conflict do nothing',
    values: [provider, eventId, new Date(clock.now())],
  });
}

/** B8: somebody presses Pay, or Cancel, on the local provider's page; sent on as that provider's webhook. */
export async function payLocally(
  { pool, payments, local }: { pool: Pool; payments: Payments; local: LocalProvider },
  { siteId, memberId, topupId, pays }: Asked & { readonly pays: boolean },
): Promise<
  { ok: true; value: object } | { ok: false; code: 'topup_not_found' | 'topup_ended' | 'payment_unavailable' }
> {
  const purchase = await findPurchase(pool, { siteId, topupId });
  if (!purchase || purchase.memberId !== memberId || purchase.method !== 'online') {
    return { ok: false, code: 'topup_not_found' };
  }
  if (purchase.state !== 'pending') return { ok: false, code: 'topup_ended' };
  const { amount, currency } = purchase;
  const webhook = local.sign(
    pays
      ? { kind: 'paid', siteId, topupId, reference: `local-${topupId}`, amount, currency }
      : { kind: 'failed', siteId, topupId },
  );
  const received = await payments.receive('local', webhook.body, webhook.headers);
  return received === 'done' ? { ok: true, value: {} } : { ok: false, code: 'payment_unavailable' };
}
