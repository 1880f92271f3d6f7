import type { WireError } from '../trpc/coded-error';
import { TEST_PASSWORD, type Answer } from './testing-device';

/** A browser that keeps every cookie it is given, as plain HTTP. */
export interface TestBrowser {
  /** By name. */
  readonly cookies: Map<string, string>;
  post<T>(procedure: string, input?: unknown): Promise<Answer<T>>;
  get<T>(procedure: string): Promise<Answer<T>>;
  /** Of one of the demo's people: `resident-a`. */
  signIn(account: string): Promise<void>;
}

export interface TestBrowserOptions {
  /** Where it is online; believed by a server that trusts one proxy. */
  readonly address?: string;
  readonly userAgent?: string;
}

/** Opens one at a server. */
export function createTestBrowser(url: string, options: TestBrowserOptions = {}): TestBrowser {
  const cookies = new Map<string, string>();
  const call = async <T>(path: string, init: RequestInit): Promise<Answer<T>> => {
    const response = await fetch(`${url}/trpc/${path}`, {
      ...init,
      headers: {
        'content-type': 'application/json',
        cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
        'user-agent': options.userAgent ?? 'Test/1',
        ...(options.address && { 'x-forwarded-for': options.address }),
      },
    });
    for (const header of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (header.split(';')[0] ?? '').split('=');
      if (header.includes('Max-Age=0')) cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await response.text();
    const body = JSON.parse(text) as { result?: { data: T }; error?: { data: { undercroft: WireError } } };
    const { status, headers } = response;
    return { status, headers, text, data: body.result?.data, error: body.error?.data.undercroft };
  };
  const post = <T>(procedure: string, input?: unknown) =>
    call<T>(procedure, { method: 'POST', ...(input !== undefined && { body: JSON.stringify(input) }) });
  return {
    cookies,
    post,
    get: (procedure) => call(procedure, { method: 'GET' }),
    async signIn(account) {
      const email = `${account}@demo.undercroft.test`;
      const { status, text } = await post('auth.signIn', { email, password: TEST_PASSWORD });
      if (status !== 200) throw new Error(`${account} could not sign in: ${text}`);
    },
  };
}
