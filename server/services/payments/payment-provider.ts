import type { IncomingHttpHeaders } from 'node:http';

/** B8: credits that somebody is about to pay for. */
export interface Purchase {
  readonly siteId: string;
  readonly topupId: string;
  readonly credits: number;
  /** Minor units of `currency` (ISO 4217). */
  readonly amount: number;
  readonly currency: string;
  readonly siteName: string;
  /** When it was begun, ms since 1970: nobody can pay any more an hour later. */
  readonly createdAt: number;
}

/** What a provider says has become of a purchase. */
export type PaymentEvent =
  | {
      readonly kind: 'paid';
      readonly siteId: string;
      readonly topupId: string;
      /** The provider's own name for the payment: what a refund refers to. */
      readonly reference: string;
      readonly amount: number;
      /** As in a Purchase: upper case. */
      readonly currency: string;
    }
  | { readonly kind: 'failed'; readonly siteId: string; readonly topupId: string }
  | { readonly kind: 'refunded'; readonly siteId: string; readonly topupId: string }
  /** What was on its way back did not arrive: the provider has the money again. */
  | { readonly kind: 'refund_failed'; readonly siteId: string; readonly topupId: string }
  /** Genuine, and nothing to us. */
  | { readonly kind: 'other'; readonly type: string };

/** A webhook as it was understood: nothing of it is believed unless its signature is good. */
export type Webhook =
  | { readonly ok: true; readonly eventId: string; readonly event: PaymentEvent }
  | { readonly ok: false; readonly code: 'webhook_forged' | 'webhook_malformed' };

/** B8: who takes the money. Amounts are whole; nothing is ever paid or given back in part. */
export interface PaymentProvider {
  /** Names it in addresses and in the books; never changes. */
  readonly name: string;
  /**
   * The page on which to pay. Asked again for the same purchase it answers the same one, so that nobody pays twice. Rejects when
   * the provider does not answer or does not want to.
   */
  createCheckout(purchase: Purchase): Promise<{ readonly url: string }>;
  /** `body` exactly as it came. */
  parseWebhook(body: string, headers: IncomingHttpHeaders): Webhook;
  /**
   * Gives all of it back; once, however often it is asked. Resolves when the provider has taken it on itself; rejects with a
   * RefundRefusedError when it says that it never will, with anything else when it may do so later.
   */
  refund(payment: {
    readonly siteId: string;
    readonly topupId: string;
    readonly reference: string;
  }): Promise<void>;
}

/** The provider does not give this payment back: too old, charged back, an account without money. */
export class RefundRefusedError extends Error {
  override readonly name = 'RefundRefusedError';
}

/** Milliseconds after its beginning at which its page closes. */
export const PAYABLE_FOR = 60 * 60_000;
