import { randomUUID } from 'node:crypto';
import type { PullResponse } from '#shared/protocol/pull';
import type { PushResponse } from '#shared/protocol/push';
import type { WireError } from '../trpc/coded-error';

/** An answer as it came: `data` of a success or `error` of a refusal. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data: T | undefined;
  readonly error: WireError | undefined;
}

export type TestIntent = { op: string; args: Record<string, unknown> };

/** A device that speaks plain HTTP, so that the tests see what is really on the wire. */
export interface TestDevice {
  readonly clientId: string;
  /** Its next calls go to another process behind the same origin. */
  moveTo(url: string): void;
  post<T>(procedure: string, input: unknown, headers?: Record<string, string>): Promise<Answer<T>>;
  /** A query without input. */
  get<T>(procedure: string, headers?: Record<string, string>): Promise<Answer<T>>;
  signIn(email: string): Promise<void>;
  /** Gives the intents the next numbers, unless `fields` says otherwise. */
  push(intents: TestIntent[], fields?: { proto?: number; firstSeq?: number }): Promise<Answer<PushResponse>>;
  pull(cookie: string | null): Promise<Answer<PullResponse>>;
  /** Opens the stream of pokes; resolves once the first (empty) one has come. */
  openPokes(): Promise<TestStream>;
}

export interface TestStream {
  /** The stream's text from here up to the first match. Rejects when the stream ends without one. */
  waitFor(pattern: RegExp): Promise<string>;
  /** Resolves when the server ends it. */
  readonly ended: Promise<void>;
  close(): void;
}

/** The password of the demo's accounts on a test server. */
export const TEST_PASSWORD = 'only for tests';

/** A new device at a server; two with one `clientId` are the same one after a restart. */
export function createTestDevice(at: string, clientId: string = randomUUID()): TestDevice {
  let url = at;
  let cookie = '';
  let lastSeq = 0;

  const call = async <T>(procedure: string, init: RequestInit): Promise<Answer<T>> => {
    const response = await fetch(`${url}/trpc/${procedure}`, init);
    const issued = response.headers.getSetCookie().at(-1)?.split(';')[0];
    if (issued !== undefined) cookie = issued;
    const text = await response.text();
    const body = JSON.parse(text) as { result?: { data: T }; error?: { data: { undercroft: WireError } } };
    return {
      status: response.status,
      headers: response.headers,
      text,
      data: body.result?.data,
      error: body.error?.data.undercroft,
    };
  };

  const post = <T>(procedure: string, input: unknown, headers = {}) =>
    call<T>(procedure, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie, ...headers },
      body: typeof input === 'string' ? input : JSON.stringify(input),
    });

  return {
    clientId,
    moveTo: (other) => void (url = other),
    post,
    get: (procedure, headers = {}) => call(procedure, { headers: { cookie, ...headers } }),
    async signIn(email) {
      const { status, text } = await post('auth.signIn', { email, password: TEST_PASSWORD });
      if (status !== 200) throw new Error(`${email} could not sign in: ${text}`);
    },
    async push(intents, { proto = 1, firstSeq = lastSeq + 1 } = {}) {
      const answer = await post<PushResponse>('sync.push', {
        proto,
        build: 'test',
        clientId,
        intents: intents.map((intent, index) => ({
          seq: firstSeq + index,
          id: randomUUID(),
          deviceTime: Date.now(),
          expiresAt: null,
          ...intent,
        })),
      });
      lastSeq = answer.data?.lastSeq ?? lastSeq;
      return answer;
    },
    pull: (bookmark) => post('sync.pull', { proto: 1, build: 'test', clientId, cookie: bookmark }),
    openPokes: () => openStream(`${url}/trpc/sync.pokes`, cookie),
  };
}

async function openStream(url: string, cookie: string): Promise<TestStream> {
  const aborter = new AbortController();
  const response = await fetch(url, {
    headers: { cookie, accept: 'text/event-stream' },
    signal: aborter.signal,
  });
  let text = '';
  let isEnded = false;
  let notify: () => void = () => undefined;
  const ended = (async () => {
    try {
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString('utf8');
        notify();
      }
    } catch {
      // Cut off, by this side or the other: an end like any other.
    }
    isEnded = true;
    notify();
  })();
  const stream: TestStream = {
    ended,
    close: () => aborter.abort(),
    async waitFor(pattern) {
      for (;;) {
        const match = pattern.exec(text);
        if (match) {
          text = text.slice(match.index + match[0].length);
          return match[0];
        }
        if (isEnded) throw new Error(`The stream ended without ${pattern}: ${text}`);
        await new Promise<void>((resolve) => (notify = resolve));
      }
    },
  };
  await stream.waitFor(/"scopes":\[\]/);
  return stream;
}
