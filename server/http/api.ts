import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pool } from 'pg';
import { createArbiter, type Arbiter } from '../arbiter/arbiter';
import type { Clock } from '../platform/clock';
import { newId } from '../platform/ids';
import type { Logger } from '../platform/logger';
import type { OidcProviderSettings } from '../platform/oidc-settings';
import type { SecretKey } from '../platform/secret-key';
import type { MailDelivery } from '#shared/protocol/account';
import { createAccountServices } from '../services/account/account-services';
import type { Recovery } from '../services/account/recovery';
import { createOutbox } from '../services/mail/outbox';
import { createInstallation } from '../services/administration/installation';
import { createCalendarFeeds } from '../services/calendar/calendar-feeds';
import { createAuthServices } from '../services/auth/auth-services';
import { createSessionCookie } from '../services/auth/session-cookie';
import { createBrowserCookie } from '../services/oidc/browser-cookie';
import { createKeyBundles } from '../services/passes/key-bundles';
import { createGiveUpDevice } from '../services/auth/give-up-device';
import { createSecurityEvents } from '../services/security/security-events';
import { createDenials } from '../services/security/denials';
import { createSessionDevices } from '../services/auth/session-devices';
import { createPassIssuer } from '../services/passes/pass-issuer';
import type { SigningKeys } from '../services/passes/signing-keys';
import { createPush, type Push } from '../services/push/push';
import { createPushTransport, type PushTransport } from '../services/push/push-transport';
import { createStatusIndexes } from '../services/passes/status-indexes';
import { createStatusLists } from '../services/passes/status-lists';
import { createPokeStreams } from '../services/pokes/poke-streams';
import { createPokes } from '../services/pokes/pokes';
import { createPull } from '../services/sync/pull';
import { createUnlock } from '../services/unlock/unlock';
import { createPaymentServices, type PaymentServices } from '../services/payments/payment-services';
import type { StripeSettings } from '../services/payments/stripe-provider';
import { createSiteIntents } from '../services/visitors/site-intents';
import { createVisitorLinks } from '../services/visitors/visitor-links';
import { createAppRouter } from '../trpc/app-router';
import { PING_EVERY } from '../trpc/trpc';
import { createCalendarEndpoint, isCalendarPath } from './calendar-endpoint';
import { createOidcCallback, isOidcCallback } from './oidc/oidc-callback';
import { createPaymentWebhook, isPaymentWebhook } from './payment-webhook';
import { createPokeEndpoint, sessionScope } from './poke-response';
import { setApiHeaders } from './security-headers';
import { createContext, createTrpcHandler } from './trpc-handler';

export interface Api {
  /** Where everything that changes anything goes, for what does not come by HTTP. */
  readonly arbiter: Pick<Arbiter, 'submit'>;
  /** Its asks wait for a job. */
  readonly recovery: Pick<Recovery, 'answerAsks'>;
  /** Refunds and purchases that nobody paid wait for a job. */
  readonly paymentServices: Pick<PaymentServices, 'providers'>;
  readonly push: Pick<Push, 'targetsOf' | 'sendTo'>;
  /** Tells open devices, everywhere, that rows of these scopes have changed by other hands than the arbiter's. */
  publish(scopes: readonly string[]): void;
  /** Jobs hear of commits from now on, and /health/jobs tells of them. */
  attachJobs(jobs: AttachedJobs): void;
  /** Takes the request when it is the API's; false leaves it untouched. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** Not ready any more, and all streams end: the first step of stopping. Requests under way go on. */
  endStreams(): void;
  /** Resolves when every intent taken in has its outcome, and the other processes know what it changed. The last step. */
  drain(): Promise<void>;
}

/** What the surface has to do with jobs; they begin after it. */
export interface AttachedJobs {
  onCommitted(scopes: readonly string[]): void;
  /** E8: sites where there may be something for who waits. */
  onFreed(siteIds: readonly string[]): void;
  health(): Promise<{ readonly ok: boolean }>;
}

export interface ApiOptions {
  pool: Pool;
  /** Of the same database as `pool`. */
  databaseUrl: string;
  clock: Clock;
  signingKeys: SigningKeys;
  secretKey: SecretKey;
  /** The public origin, e.g. `https://parking.example`. */
  origin: string;
  trustProxy: number;
  /** Default: none. */
  oidcProviders?: readonly OidcProviderSettings[];
  /** Where mails go. Default: nowhere. */
  mailDelivery?: MailDelivery;
  /** The demo site, whose managers read the mails of a delivery to the outbox; null without a demo. */
  demoSiteId?: string | null;
  /** Who takes money for credits. Default: nobody, and in the demo site a page of our own on which none moves. */
  stripe?: StripeSettings | undefined;
  /** The network to Stripe, in tests. */
  stripeFetch?: typeof fetch;
  /** The way to push services. Default: https to public addresses only. */
  pushTransport?: PushTransport;
  logger: Logger;
  /** Milliseconds between two looks at whether a stream's session still lives. Default: 15 s. */
  checkSessionsEvery?: number;
}

/** Wires the services of one process to /trpc and /health. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { pool, clock, logger, origin, trustProxy, signingKeys, checkSessionsEvery } = options;
  const pokes = await createPokes({ url: options.databaseUrl, logger });
  let jobs: AttachedJobs | null = null;
  const statusLists = createStatusLists({ pool, clock, signingKeys });
  const keyBundles = createKeyBundles({ pool, clock, signingKeys, logger });
  const passIssuer = createPassIssuer({ signingKeys, statusIndexes: createStatusIndexes(pool) });
  const arbiter = createArbiter({
    pool,
    clock,
    newId,
    passIssuer,
    signingKeys,
    statusLists,
    logger,
    onCommitted: (scopes) => {
      pokes.publish(scopes);
      jobs?.onCommitted(scopes);
    },
    onFreed: (siteIds) => jobs?.onFreed(siteIds),
  });
  const auth = createAuthServices({
    pool,
    clock,
    newId,
    origin,
    secretKey: options.secretKey,
    onSessionsEnded: (ids) => pokes.publish(ids.map(sessionScope)),
    ...(options.oidcProviders && { oidcProviders: options.oidcProviders }),
  });
  const cookie = createSessionCookie(origin);
  const oidcCookie = createBrowserCookie(origin);
  const { sessions } = auth;
  const push = createPush({ ...options, transport: options.pushTransport ?? createPushTransport() });
  const siteIntents = createSiteIntents({ arbiter, clock, newId });
  const paymentServices = createPaymentServices({ ...options, siteIntents });
  const sessionDevices = createSessionDevices({
    ...{ pool, clock, sessions, securityLog: auth.securityLog },
    giveUpDevice: createGiveUpDevice({ arbiter, clock, newId }),
  });
  const mailDelivery = options.mailDelivery ?? 'off';
  const outboxSiteId = mailDelivery === 'outbox' ? options.demoSiteId : null;
  const calendarFeeds = createCalendarFeeds(options);
  const router = createAppRouter({
    auth,
    account: createAccountServices({ pool, clock, auth, siteIntents, mailDelivery }),
    outbox: outboxSiteId ? createOutbox({ ...options, siteId: outboxSiteId }) : null,
    cookie,
    oidcCookie,
    arbiter,
    installation: createInstallation({ ...options, ...auth, newId }),
    pull: createPull({ pool, clock, statusLists, keyBundles, logger }),
    ...{ sessions, clock, sessionDevices },
    securityEvents: createSecurityEvents({ pool }),
    push,
    unlock: createUnlock({ ...options, newId, push, limits: auth.limits }),
    calendarFeeds,
    ...{ pool, paymentServices },
    visitorLinks: createVisitorLinks({ pool, clock, siteIntents }),
  });
  const streams = createPokeStreams({
    pokes,
    logger,
    pingEvery: PING_EVERY,
    ...(checkSessionsEvery === undefined ? {} : { checkEvery: checkSessionsEvery }),
  });
  const answerPokes = createPokeEndpoint({ streams, sessions, cookie });
  const handleTrpc = createTrpcHandler({
    ...{ router, answerPokes, sessions, cookie, clock },
    denials: createDenials({ clock, logger, securityLog: auth.securityLog }),
    ...{ origin, trustProxy, logger },
  });
  const answerCalendar = createCalendarEndpoint({ ...options, calendarFeeds, limits: auth.limits });
  const answerOidcCallback = createOidcCallback({
    ...{ auth, cookie, oidcCookie, logger },
    createContext: (request, response) =>
      createContext(request, response, { cookie, sessions, clock, trustProxy }),
  });
  const answerPaymentWebhook = createPaymentWebhook(paymentServices);
  let isStopping = false;

  return {
    arbiter,
    recovery: auth.recovery,
    paymentServices,
    push,
    publish: (scopes) => pokes.publish(scopes),
    attachJobs: (attached) => void (jobs = attached),
    handle(request, response) {
      const path = (request.url ?? '').split('?')[0] ?? '';
      if (!isOfApi(path)) return false;
      setApiHeaders(response);
      if (path.startsWith('/trpc/')) void handleTrpc(request, response);
      else if (isOidcCallback(path)) void answerOidcCallback(request, response);
      else if (isCalendarPath(path)) void answerCalendar(request, response);
      else if (isPaymentWebhook(path)) void answerPaymentWebhook(request, response);
      else if (path === '/health/live') answerHealth(response, true);
      else if (path === '/health/jobs') void answerJobHealth(response, jobs);
      else void isReady(pool, isStopping).then((ready) => answerHealth(response, ready));
      return true;
    },
    endStreams() {
      isStopping = true;
      pokes.endSubscriptions();
    },
    async drain() {
      await arbiter.drain();
      await pokes.close();
    },
  };
}

const HEALTH: ReadonlySet<string> = new Set(['/health/live', '/health/ready', '/health/jobs']);

function isOfApi(path: string): boolean {
  return (
    path.startsWith('/trpc/') ||
    isOidcCallback(path) ||
    isPaymentWebhook(path) ||
    isCalendarPath(path) ||
    HEALTH.has(path)
  );
}

async function isReady(pool: Pool, isStopping: boolean): Promise<boolean> {
  if (isStopping) return false;
  return await pool.query('select 1').then(
    () => true,
    () => false,
  );
}

function answerHealth(response: ServerResponse, isWell: boolean, details: object = {}): void {
  response.writeHead(isWell ? 200 : 503, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ...details, ok: isWell }));
}

/** Apart from /health/ready: a job that fails is no reason to send people to another process. */
async function answerJobHealth(response: ServerResponse, jobs: AttachedJobs | null): Promise<void> {
  const health = await jobs?.health().catch(() => ({ ok: false }));
  answerHealth(response, health?.ok ?? true, health ?? { here: false });
}
