import type { WireError } from '../../trpc/coded-error';
import type { RouterProcedure } from './testing-procedures';
import { anyAddress } from './testing-people';

/** What came over the wire; `code` is null for a success. */
export interface WireAnswer {
  readonly status: number;
  readonly code: string | null;
  readonly text: string;
  readonly headers: Headers;
}

export interface WireCall {
  readonly url: string;
  readonly procedure: Pick<RouterProcedure, 'path' | 'type'>;
  readonly cookie: string;
  readonly input?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls a procedure as a client would, each time from another address; of a stream it reads the first bytes. */
export async function callWire({ url, procedure, cookie, input, headers }: WireCall): Promise<WireAnswer> {
  const { path, type } = procedure;
  const isPost = type === 'mutation';
  const query = isPost || input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  const aborter = new AbortController();
  const response = await fetch(`${url}/trpc/${path}${query}`, {
    method: isPost ? 'POST' : 'GET',
    redirect: 'manual',
    headers: {
      cookie,
      'x-forwarded-for': anyAddress(),
      ...(isPost && { 'content-type': 'application/json' }),
      ...(type === 'subscription' && { accept: 'text/event-stream' }),
      ...headers,
    },
    ...(isPost && { body: input === undefined ? '' : JSON.stringify(input) }),
    signal: aborter.signal,
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const text = isStream ? await readStart(response) : await response.text();
  aborter.abort();
  return { status: response.status, code: codeOf(text), text, headers: response.headers };
}

async function readStart(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  return Buffer.from(value ?? []).toString('utf8');
}

/** The code wherever it stands: a refused call's body, or an event of a stream. */
function codeOf(text: string): string | null {
  try {
    const body = JSON.parse(text) as { error?: { data?: { undercroft?: WireError } } };
    return body.error?.data?.undercroft?.code ?? null;
  } catch {
    return /"undercroft":\{"code":"(\w+)"/.exec(text)?.[1] ?? null;
  }
}
