import { createHmac, hkdfSync, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../platform/clock';
import type { SecretKey } from '../../platform/secret-key';
import type { PaymentProvider, Webhook } from './payment-provider';

/** Milliseconds for which a signature is good: who listens in cannot send it again later. */
const GOOD_FOR = 5 * 60_000;
const SIGNATURE = /^t=(\d{1,16}),v1=([0-9a-f]{64})$/;

const payment = { siteId: z.uuid(), topupId: z.uuid() };
const body = z.object({
  id: z.string().min(1).max(100),
  event: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('paid'),
      ...payment,
      reference: z.string().max(200),
      amount: z.int(),
      currency: z.string(),
    }),
    z.strictObject({ kind: z.literal('failed'), ...payment }),
    z.strictObject({ kind: z.literal('refunded'), ...payment }),
  ]),
});

export type LocalEvent = z.infer<typeof body>['event'];

/** A webhook as the local provider sends it. */
export interface SignedWebhook {
  readonly body: string;
  readonly headers: { readonly 'undercroft-signature': string };
}

export interface LocalProvider extends PaymentProvider {
  /** What this provider would send; `id` names the event, a new one by default. */
  sign(event: LocalEvent, id?: string): SignedWebhook;
}

/**
 * B8: the provider of the demo and of tests: a page of our own on which no money moves. Its webhooks are signed with a key made of
 * SECRET_KEY, so that all processes share it, and go the way that those of others go.
 */
export function createLocalProvider({
  secretKey,
  origin,
  clock,
  onRefund,
}: {
  secretKey: SecretKey;
  origin: string;
  clock: Clock;
  /** Sends a webhook to ourselves. */
  onRefund: (webhook: SignedWebhook) => Promise<void>;
}): LocalProvider {
  const key = Buffer.from(hkdfSync('sha256', secretKey, '', 'undercroft local payments', 32));
  const signatureOf = (text: string, at: number) =>
    createHmac('sha256', key).update(`${at}.${text}`).digest();

  function sign(event: LocalEvent, id: string = randomUUID()): SignedWebhook {
    const at = clock.now();
    const text = JSON.stringify({ id, event });
    return {
      body: text,
      headers: { 'undercroft-signature': `t=${at},v1=${signatureOf(text, at).toString('hex')}` },
    };
  }

  return {
    name: 'local',
    sign,
    createCheckout: ({ topupId }) => Promise.resolve({ url: `${origin}/credits/pay?topup=${topupId}` }),
    parseWebhook(text, headers): Webhook {
      const given = SIGNATURE.exec(String(headers['undercroft-signature'] ?? ''));
      if (!given) return { ok: false, code: 'webhook_forged' };
      const at = Number(given[1]);
      const isGenuine = timingSafeEqual(signatureOf(text, at), Buffer.from(given[2] ?? '', 'hex'));
      if (!isGenuine || Math.abs(clock.now() - at) > GOOD_FOR) return { ok: false, code: 'webhook_forged' };
      const parsed = body.safeParse(jsonOf(text));
      return parsed.success
        ? { ok: true, eventId: parsed.data.id, event: parsed.data.event }
        : { ok: false, code: 'webhook_malformed' };
    },
    refund: ({ siteId, topupId }) =>
      // One event a refund, however often it is asked for.
      onRefund(sign({ kind: 'refunded', siteId, topupId }, `refund-${topupId}`)),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
