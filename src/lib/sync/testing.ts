import { createClient, call, type Client } from '$lib/api/client';
import { createSyncApi } from '$lib/api/trpc-sync-api';
import type { SyncApi } from '$lib/api/sync-api';
import { startTestServer, type TestServer } from '../../../server/http/testing';
import { TEST_PASSWORD } from '../../../server/http/testing-device';
import { createSettableClock, type SettableClock } from '../../../server/platform/clock';
import { deviceOver, emptyStorage, type TestingDevice } from './testing-device';

/** What a call over the network may meet; `answer` lets the server do it. */
export type Faults = (procedure: string, answer: () => Promise<Response>) => Promise<Response>;

/** A browser at a real server: one cookie jar for its tabs. */
export interface Browser {
  readonly client: Client;
  readonly api: SyncApi;
  readonly memberId: string;
  readonly siteId: string;
  /** For all calls from now on. */
  faults: Faults;
  /** Bytes of the bodies of the last answers, by procedure. */
  readonly bytes: Map<string, number[]>;
  signIn(email?: string): Promise<void>;
  signOut(): Promise<void>;
  /** Moves to another server: after a restart, on another port. */
  moveTo(server: TestServer): void;
}

/** 2026-03-28T12:00:00Z: the night that follows is the one in which Berlin's clocks go forward. */
export const REAL_NOW = Date.UTC(2026, 2, 28, 12);

export interface RealServer {
  readonly clock: SettableClock;
  readonly server: TestServer;
}

/** The whole server with the demo building over a migrated database, its clock standing still. */
export async function startRealServer(databaseUrl: string, now = REAL_NOW): Promise<RealServer> {
  const clock = createSettableClock(now);
  const server = await startTestServer({ databaseUrl, demoPassword: TEST_PASSWORD, clock });
  return { clock, server };
}

/** Signs in as an account of the demo: `resident-a`, `resident-b`, `guard`, `manager`. */
export async function openBrowser(server: TestServer, name: string): Promise<Browser> {
  let cookie = '';
  let { url } = server;
  const bytes = new Map<string, number[]>();
  const send: typeof fetch = async (input, init) => {
    const address = new URL(String(input));
    address.host = new URL(url).host;
    const procedure = address.pathname.split('/').at(-1) ?? '';
    const headers = new Headers(init?.headers);
    headers.set('cookie', cookie);
    return browser.faults(procedure, async () => {
      const response = await fetch(address, { ...init, headers });
      const issued = response.headers.getSetCookie().at(-1)?.split(';')[0];
      if (issued !== undefined) cookie = issued;
      const body = await response.arrayBuffer();
      bytes.set(procedure, [...(bytes.get(procedure) ?? []), body.byteLength]);
      return new Response(body, { status: response.status, headers: response.headers });
    });
  };
  const client = createClient({ url: `${url}/trpc`, fetch: send, timeout: 20_000 });
  const email = (of: string) => `${of}@demo.undercroft.test`;
  const browser = {
    client,
    api: { ...createSyncApi(client), listen: () => () => undefined },
    faults: ((_procedure, answer) => answer()) as Faults,
    bytes,
    memberId: '',
    siteId: '',
    async signIn(of = name) {
      const answer = await client.auth.signIn.mutate({ email: email(of), password: TEST_PASSWORD });
      if (of === name && 'member' in answer && answer.member) Object.assign(browser, answer.member);
    },
    async signOut() {
      await call(client.auth.signOut.mutate());
    },
    moveTo(next: TestServer) {
      ({ url } = next);
    },
  };
  await browser.signIn();
  return browser;
}

/** A tab of that browser; tabs over one storage share a database. `now` by the device's own clock. */
export function openTab(
  browser: Browser,
  now: () => number,
  storage = emptyStorage(),
): Promise<Omit<TestingDevice, 'session'>> {
  return deviceOver(browser.memberId, { api: browser.api, now }, storage);
}
