import type { Pool } from 'pg';
import { migrate } from '../db/migrate';
import { createPool } from '../db/pool';
import type { Clock } from '../platform/clock';
import { systemClock } from '../platform/clock';
import { newId } from '../platform/ids';
import type { Logger } from '../platform/logger';
import type { PushTransport } from '../services/push/push-transport';
import type { OidcProviderSettings } from '../platform/oidc-settings';
import type { SecretKey } from '../platform/secret-key';
import { createPasswordHasher } from '../services/auth/passwords';
import { ensureDemoSite, type DemoSite } from '../services/demo/demo-site';
import { createSigningKeys } from '../services/passes/signing-keys';
import { startBackgroundJobs } from '../jobs/background-jobs';
import { migrateJobs } from '../jobs/graphile-worker';
import { createSlotOffers } from '../jobs/offer-slots';
import { plannedJobs, plannedOneOffs } from '../jobs/planned-jobs';
import { createMails } from '../services/mail/mails';
import { createSmtpTransport, type SmtpOptions } from '../services/mail/smtp';
import type { StripeSettings } from '../services/payments/stripe-provider';
import { createApi, type Api } from './api';

export interface ApplicationOptions {
  databaseUrl: string;
  dataDir: string;
  secretKey: SecretKey;
  /** Whether an empty database gets the demo site. */
  demo: boolean;
  demoPassword: string | undefined;
  origin: string;
  trustProxy: number;
  /** Default: none. */
  oidcProviders?: readonly OidcProviderSettings[];
  /** The server that mails are sent by; without one the demo's manager reads them, and without a demo nobody. */
  smtp?: SmtpOptions | undefined;
  /** Sells credits online. Default: only the demo's, for nothing. */
  stripe?: StripeSettings | undefined;
  /** The network to Stripe, in tests. */
  stripeFetch?: typeof fetch;
  /** Default: https to public addresses only. */
  pushTransport?: PushTransport;
  logger: Logger;
  clock?: Clock;
  checkSessionsEvery?: number;
  /** Whether this process does what happens without anyone's tap, too. Default: true. */
  jobs?: boolean;
  /** What runs them. Default: graphile-worker, by the real clock; the simulation has a clock of its own. */
  startJobs?: typeof startBackgroundJobs;
}

export interface Application {
  readonly api: Api;
  readonly pool: Pool;
  /** The demo's accounts; null without a demo. */
  readonly demo: DemoSite | null;
  /** Finishes what was taken in and gives the database free. `api.endStreams` comes before, with the sockets. */
  close(): Promise<void>;
}

/**
 * All of the server but its socket, on a database that it brings up to date: for main, for dev and for tests.
 * @throws MigrationError; SecretKeyError when the database was made with another key
 */
export async function startApplication(options: ApplicationOptions): Promise<Application> {
  const { databaseUrl, logger, secretKey } = options;
  const clock = options.clock ?? systemClock;
  await migrate({ url: databaseUrl, onApply: (name) => logger.info('migrating', { migration: name }) });
  await migrateJobs(databaseUrl, logger);
  const pool = createPool({
    url: databaseUrl,
    statementTimeout: 15_000,
    onIdleError: (error) => logger.warn('a database connection broke', { error }),
  });
  try {
    const signingKeys = createSigningKeys({ pool, clock, newId, secretKey });
    await signingKeys.check();
    const demo = options.demo
      ? await ensureDemoSite({ ...options, pool, clock, passwords: createPasswordHasher(), signingKeys })
      : null;
    const mailTransport = options.smtp ? createSmtpTransport(options.smtp) : null;
    const mailDelivery = mailTransport ? 'smtp' : demo ? 'outbox' : 'off';
    if (mailDelivery === 'off') logger.warn('no mail will be sent: SMTP_URL is not set');
    const demoSiteId = demo?.siteId ?? null;
    const api = await createApi({ ...options, pool, clock, signingKeys, mailDelivery, demoSiteId });
    const { arbiter, recovery, paymentServices, push, publish } = api;
    const mails = createMails({ pool, clock, newId, secretKey });
    const slotOffers = createSlotOffers({ pool, arbiter, clock, newId, logger });
    const work = {
      ...{
        pool,
        arbiter,
        clock,
        newId,
        recovery,
        mailTransport,
        secretKey,
        logger,
        slotOffers,
        paymentServices,
      },
      ...{ push, publish, mails, origin: options.origin },
    };
    const jobs =
      options.jobs === false
        ? null
        : await (options.startJobs ?? startBackgroundJobs)(
            { jobs: plannedJobs(work), oneOffs: plannedOneOffs(work) },
            { pool, url: databaseUrl, logger },
          );
    if (jobs) api.attachJobs({ ...jobs, onFreed: (siteIds) => slotOffers.wake(siteIds) });
    return {
      api,
      pool,
      demo,
      async close() {
        api.endStreams();
        // First, so that a mail server that hangs does not keep the jobs from ending.
        mailTransport?.close();
        await Promise.all([jobs?.stop(), slotOffers.stop()]);
        await api.drain();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}
