import Stripe from 'stripe';
import { z } from 'zod';
import type { PaymentEvent, PaymentProvider, Purchase, Webhook } from './payment-provider';
import { PAYABLE_FOR, RefundRefusedError } from './payment-provider';

/** What Stripe's page and webhooks are reached with: STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET. */
export interface StripeSettings {
  readonly secretKey: string;
  readonly webhookSecret: string;
}

/** What we have written to a payment; of payments that others make through the same account there is none. */
const ours = z.object({ siteId: z.uuid(), topupId: z.uuid() });

/** Milliseconds until a call is given up: somebody looks at a button. */
const TIMEOUT = 15_000;

/**
 * B8: Stripe Checkout. No card ever touches this server. `fetch` stands for the network in tests.
 */
export function createStripeProvider({
  settings,
  origin,
  fetch: fetchFunction,
}: {
  settings: StripeSettings;
  origin: string;
  fetch?: typeof fetch;
}): PaymentProvider {
  const stripe = new Stripe(settings.secretKey, {
    timeout: TIMEOUT,
    maxNetworkRetries: 2,
    telemetry: false,
    appInfo: { name: 'Undercroft' },
    ...(fetchFunction && { httpClient: Stripe.createFetchHttpClient(fetchFunction) }),
  });
  return {
    name: 'stripe',
    async createCheckout(purchase) {
      const session = await stripe.checkout.sessions.create(sessionOf(purchase, origin), {
        idempotencyKey: `checkout-${purchase.topupId}`,
      });
      if (session.url === null) throw new Error('Stripe has made a session without a page');
      return { url: session.url };
    },
    parseWebhook(body, headers): Webhook {
      const signature = headers['stripe-signature'];
      if (typeof signature !== 'string') return { ok: false, code: 'webhook_forged' };
      let event: Stripe.Event;
      try {
        event = stripe.webhooks.constructEvent(body, signature, settings.webhookSecret);
      } catch (error) {
        const isForged = error instanceof Stripe.errors.StripeSignatureVerificationError;
        return { ok: false, code: isForged ? 'webhook_forged' : 'webhook_malformed' };
      }
      return { ok: true, eventId: event.id, event: eventOf(event) };
    },
    async refund({ siteId, topupId, reference }) {
      const { status } = await stripe.refunds
        .create(
          { payment_intent: reference, metadata: { siteId, topupId } },
          { idempotencyKey: `refund-${topupId}` },
        )
        .catch(ofRefusal);
      if (status !== 'succeeded' && status !== 'pending') {
        throw new RefundRefusedError(`the refund is ${status ?? 'of no known status'}`);
      }
    },
  };
}

/** What Stripe's error to a refund means. Keys are forgotten after a day: what was given back before is what was asked for. */
function ofRefusal(error: unknown): { status: string } {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
  if (error.code === 'charge_already_refunded') return { status: 'succeeded' };
  throw new RefundRefusedError(error.message, { cause: error });
}

/** The same for the same purchase, to the last character: else Stripe refuses the key that keeps it from being made twice. */
function sessionOf(purchase: Purchase, origin: string): Stripe.Checkout.SessionCreateParams {
  const { siteId, topupId, credits, amount, currency, siteName, createdAt } = purchase;
  const back = `${origin}/credits/buy?topup=${topupId}`;
  return {
    mode: 'payment',
    client_reference_id: topupId,
    metadata: { siteId, topupId },
    // A refund that is made at Stripe itself names the payment alone.
    payment_intent_data: { metadata: { siteId, topupId } },
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: currency.toLowerCase(),
          unit_amount: amount,
          product_data: { name: `${credits} ${credits === 1 ? 'credit' : 'credits'}, ${siteName}` },
        },
      },
    ],
    expires_at: Math.floor((createdAt + PAYABLE_FOR) / 1000),
    success_url: back,
    cancel_url: back,
  };
}

function eventOf(event: Stripe.Event): PaymentEvent {
  const other = { kind: 'other', type: event.type } as const;
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded': {
      const session = event.data.object;
      const purchase = ours.safeParse(session.metadata);
      // Bank debits are completed before they are paid.
      if (!purchase.success || session.payment_status !== 'paid') return other;
      const reference = session.payment_intent;
      return {
        kind: 'paid',
        ...purchase.data,
        reference: typeof reference === 'string' ? reference : (reference?.id ?? session.id),
        amount: session.amount_total ?? 0,
        currency: (session.currency ?? '').toUpperCase(),
      };
    }
    case 'checkout.session.async_payment_failed':
    case 'checkout.session.expired': {
      const purchase = ours.safeParse(event.data.object.metadata);
      return purchase.success ? { kind: 'failed', ...purchase.data } : other;
    }
    case 'charge.refunded': {
      const charge = event.data.object;
      const purchase = ours.safeParse(charge.metadata);
      // A part is given back by nobody here; whoever does so at Stripe keeps the books of it.
      return purchase.success && charge.refunded ? { kind: 'refunded', ...purchase.data } : other;
    }
    // Under the last name Stripe tells accounts of older API versions.
    case 'refund.failed':
    case 'refund.updated':
    case 'charge.refund.updated': {
      const { metadata, status } = event.data.object;
      const purchase = ours.safeParse(metadata);
      return purchase.success && status === 'failed' ? { kind: 'refund_failed', ...purchase.data } : other;
    }
    default:
      return other;
  }
}
