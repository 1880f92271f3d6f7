import type { StripeSettings } from '../services/payments/stripe-provider';
import type { Random } from './random';
import type { FromServer } from './server-messages';

/** What both sides of the simulated Stripe know: no secret of anybody. */
export const SIM_STRIPE: StripeSettings = {
  secretKey: 'sk_test_simulation',
  webhookSecret: 'whsec_simulation',
};

/** The probability that a refund is not taken: the job asks again later. */
const NOT_TAKEN = 0.2;

/** Stands for the network to Stripe: tells the driver what is asked, and answers as Stripe's API does. */
export function createSimulatedStripe(options: {
  readonly random: Random;
  readonly tell: (message: FromServer) => void;
}): typeof fetch {
  const { random, tell } = options;
  return (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const form = new URLSearchParams(typeof init?.body === 'string' ? init.body : '');
    const value = (name: string): string => form.get(name) ?? '';
    if (url.endsWith('/v1/checkout/sessions')) {
      const topupId = value('metadata[topupId]');
      const price = 'line_items[0][price_data]';
      tell({
        kind: 'checkout',
        purchase: {
          ...{ topupId, siteId: value('metadata[siteId]') },
          ...{ amount: Number(value(`${price}[unit_amount]`)), currency: value(`${price}[currency]`) },
        },
      });
      return answer(200, {
        id: `cs_${topupId}`,
        object: 'checkout.session',
        url: `https://pay.test/${topupId}`,
      });
    }
    if (!url.endsWith('/v1/refunds')) throw new Error(`the simulated Stripe knows no ${url}`);
    // No 5xx: its library would wait for real seconds before it asks again.
    if (random.chance(NOT_TAKEN))
      return answer(400, { error: { type: 'invalid_request_error', message: 'later' } });
    const topupId = value('metadata[topupId]');
    tell({ kind: 'refund', topupId });
    return answer(200, { id: `re_${topupId}`, object: 'refund', status: 'pending' });
  };
}

function answer(status: number, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'request-id': 'req_simulation' };
  return Promise.resolve(new Response(JSON.stringify(body), { status, headers }));
}
