import type { WireError } from '../../trpc/coded-error';

/** What a page answered, after all redirects. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
}

/** A browser without a screen: cookies an origin, redirects, the app's calls. */
export class TestBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();
  /** Each address it was sent to, the newest last. */
  readonly visited: string[] = [];

  /** `server` is where what is asked of `origin` is answered. */
  constructor(private readonly app: { readonly origin: string; server: string }) {}

  /** Its next requests go to another process behind the same origin. */
  moveTo(server: string): void {
    this.app.server = server;
  }

  cookie(origin: string, name: string): string | undefined {
    return this.#cookies.get(origin)?.get(name);
  }

  setCookie(origin: string, name: string, value: string): void {
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar.set(name, value));
  }

  /** Opens an address and follows redirects until a page, or the first whose address matches `until`, which is not opened. */
  async open(
    address: string,
    options: { until?: RegExp; form?: Record<string, string> } = {},
  ): Promise<Page> {
    let url = new URL(address);
    let form = options.form;
    for (let hops = 0; hops < 20; hops++) {
      this.visited.push(url.href);
      if (options.until?.test(url.href)) return { url, status: 0, text: '' };
      const response = await this.#fetch(url, form ? post(form) : {});
      const location = response.headers.get('location');
      const text = await response.text();
      if (location === null) return { url, status: response.status, text };
      url = new URL(location, url);
      form = undefined;
    }
    throw new Error(`too many redirects, last to ${url.href}`);
  }

  /** Calls the app's API as a page of it would: the answer, or the code of its failure. */
  async call<T>(
    procedure: string,
    input: unknown = {},
    { method = 'POST' }: { method?: 'GET' | 'POST' } = {},
  ): Promise<{ data: T | undefined; error: WireError | undefined }> {
    const url = new URL(`/trpc/${procedure}`, this.app.origin);
    const headers = { 'content-type': 'application/json', origin: this.app.origin };
    const init = method === 'GET' ? {} : { method, headers, body: JSON.stringify(input) };
    const body = (await (await this.#fetch(url, init)).json()) as {
      result?: { data: T };
      error?: { data: { undercroft: WireError } };
    };
    return { data: body.result?.data, error: body.error?.data.undercroft };
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    const jar = [...(this.#cookies.get(url.origin) ?? [])].map(([name, value]) => `${name}=${value}`);
    const headers = { ...(init.headers as Record<string, string> | undefined), cookie: jar.join('; ') };
    const isApp = url.origin === this.app.origin;
    const at = isApp ? new URL(url.pathname + url.search, this.app.server) : url;
    const response = await fetch(at, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';');
      const [name = '', value = ''] = pair.split(/=(.*)/s, 2);
      const isGone = attributes.some((it) => /max-age=0$|expires=thu, 01 jan 1970/i.test(it.trim()));
      if (isGone) this.#cookies.get(url.origin)?.delete(name);
      else this.setCookie(url.origin, name, value);
    }
    return response;
  }
}

function post(form: Record<string, string>): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  };
}
