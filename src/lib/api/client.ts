import {
  createTRPCClient,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  TRPCClientError,
  type TRPCClient,
} from '@trpc/client';
import type { AppRouter } from '../../../server/trpc/app-router';
import type { Failure, Result } from './sync-api';

export type Client = TRPCClient<AppRouter>;

/** Where the server is and how to reach it. */
export interface Reach {
  /** Of the tRPC endpoint: `/trpc`, or absolute outside a browser. */
  readonly url: string;
  readonly fetch: typeof fetch;
  /** Milliseconds after which a call without an answer counts as unreachable. */
  readonly timeout: number;
}

/** In a garage a request may hang for minutes; one that has taken this long is not going to be answered. */
export const CALL_TIMEOUT = 15_000;

/** A tRPC client: calls by fetch, subscriptions by SSE. The session travels in the cookie. */
export function createClient({ url, fetch, timeout }: Reach): Client {
  const limited: typeof fetch = (input, init) =>
    fetch(input, { ...init, signal: bothSignals(init?.signal ?? null, AbortSignal.timeout(timeout)) });
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === 'subscription',
        true: httpSubscriptionLink({ url }),
        // tRPC describes `init` structurally; it is what fetch takes.
        false: httpLink({ url, fetch: (input, init) => limited(input, init as RequestInit) }),
      }),
    ],
  });
}

/** `AbortSignal.any`, which iOS has had only since 17.4. */
function bothSignals(first: AbortSignal | null, second: AbortSignal): AbortSignal {
  if (!first) return second;
  const controller = new AbortController();
  for (const signal of [first, second]) {
    if (signal.aborted) controller.abort(signal.reason);
    signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}

/** Why a tRPC call failed. Throws on what is neither network nor server: a bug. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof TRPCClientError)) throw error;
  // Without data there was no tRPC answer: no network, a timeout, or a proxy's own page.
  const data: unknown = error.data;
  if (typeof data !== 'object' || data === null) return { kind: 'unreachable' };
  const code = 'undercroft' in data ? (data.undercroft as { code?: unknown } | null)?.code : undefined;
  return typeof code === 'string' ? { kind: 'coded', code } : { kind: 'unreadable' };
}

/** The value of a tRPC call, or why there is none. */
export async function call<T>(answer: Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await answer };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}
