import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Payments, Received } from '../services/payments/payments';
import { discardBody, readBody } from './request-body';

const PATH = /^\/payments\/webhook\/([a-z]{1,20})$/;
/** Stripe's are some kilobytes. */
const MAXIMUM_BODY = 256 * 1024;
const DISCARDED = 1024 * 1024;
const PATIENCE = 2_000;

/** Anything but a 2xx makes providers send it again; what will never be believed is not asked for again by a 4xx that is logged there. */
const statuses: Readonly<Record<Received, number>> = {
  done: 200,
  again: 200,
  forged: 400,
  malformed: 400,
  unknown_provider: 404,
  failed: 503,
};

export function isPaymentWebhook(path: string): boolean {
  return PATH.test(path);
}

/**
 * B8: `POST /payments/webhook/<provider>`. Comes from no browser and carries no cookie that counts: its signature alone says who
 * sends it, so neither origin nor session is looked at.
 */
export function createPaymentWebhook({ payments }: { payments: Payments }) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(text);
    };
    if (request.method !== 'POST') return answer(405, 'POST alone');
    let body: string | null;
    try {
      body = await readBody(request, MAXIMUM_BODY);
    } catch {
      // Nobody is left to answer.
      return void response.destroy();
    }
    if (body === null) {
      discardBody(request, DISCARDED, PATIENCE);
      return answer(413, 'too long');
    }
    const provider = PATH.exec((request.url ?? '').split('?')[0] ?? '')?.[1] ?? '';
    const received = await payments.receive(provider, body, request.headers);
    answer(statuses[received], received);
  };
}
