import { tmpdir } from 'node:os';
import type { Clock } from '../platform/clock';
import { createLogger, type Logger } from '../platform/logger';
import type { OidcProviderSettings } from '../platform/oidc-settings';
import type { PushTransport } from '../services/push/push-transport';
import type { StripeSettings } from '../services/payments/stripe-provider';
import { startApplication, type Application } from './application';
import { startServer } from './server';

export interface TestServerOptions {
  databaseUrl: string;
  /** With it an empty database gets the demo site, whose accounts have this password. */
  demoPassword?: string;
  clock?: Clock;
  logger?: Logger;
  /** Default: the server's own, on its free port. */
  origin?: string;
  /** Milliseconds. Default: 100. */
  checkSessionsEvery?: number;
  /** With 1 a test says with `X-Forwarded-For` where a call comes from. Default: 0. */
  trustProxy?: number;
  /** Whether what happens without anyone's tap happens. Default: false. */
  jobs?: boolean;
  /** To a push service on this machine, which the product's own transport refuses. */
  pushTransport?: PushTransport;
  oidcProviders?: readonly OidcProviderSettings[];
  stripe?: StripeSettings;
  /** Stands for Stripe. */
  stripeFetch?: typeof fetch;
}

export interface TestServer {
  readonly url: string;
  readonly application: Application;
  close(): Promise<void>;
}

/** The whole server without pages, on a free port of the loopback interface, over a database that the caller owns. */
export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const logger = options.logger ?? createLogger({ level: 'error' });
  const origin = options.origin ?? 'http://localhost';
  const application = await startApplication({
    databaseUrl: options.databaseUrl,
    dataDir: tmpdir(),
    // The same each time, so that two servers may share a database.
    secretKey: new Uint8Array(32).fill(7),
    demo: options.demoPassword !== undefined,
    demoPassword: options.demoPassword,
    origin,
    trustProxy: options.trustProxy ?? 0,
    logger,
    ...(options.clock && { clock: options.clock }),
    checkSessionsEvery: options.checkSessionsEvery ?? 100,
    jobs: options.jobs ?? false,
    ...(options.pushTransport && { pushTransport: options.pushTransport }),
    ...(options.stripe && { stripe: options.stripe }),
    ...(options.stripeFetch && { stripeFetch: options.stripeFetch }),
    ...(options.oidcProviders && { oidcProviders: options.oidcProviders }),
  });
  const server = await startServer({ api: application.api, pages: null, origin, host: '127.0.0.1', port: 0 });
  return {
    url: `http://127.0.0.1:${server.port}`,
    application,
    async close() {
      await server.stop(500);
      await application.close();
    },
  };
}
