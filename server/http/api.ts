import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pool } from 'pg';
import { createArbiter, type Arbiter } from '../arbiter/arbiter';
import type { Clock } from '../platform/clock';
import { newId } from '../platform/ids';
import type { Logger } from '../platform/logger';
import { createAuthServices } from '../services/auth/auth-services';
import { createSessionCookie } from '../services/auth/session-cookie';
import { createKeyBundles } from '../services/passes/key-bundles';
import { createPassIssuer } from '../services/passes/pass-issuer';
import type { SigningKeys } from '../services/passes/signing-keys';
import { createStatusIndexes } from '../services/passes/status-indexes';
import { createStatusLists } from '../services/passes/status-lists';
import { createPokeStreams } from '../services/pokes/poke-streams';
import { createPokes } from '../services/pokes/pokes';
import { createPull } from '../services/sync/pull';
import { createSiteIntents } from '../services/visitors/site-intents';
import { createVisitorLinks } from '../services/visitors/visitor-links';
import { createAppRouter } from '../trpc/app-router';
import { PING_EVERY } from '../trpc/trpc';
import { createPokeEndpoint } from './poke-response';
import { createTrpcHandler } from './trpc-handler';

export interface Api {
  /** Where everything that changes anything goes, for what does not come by HTTP. */
  readonly arbiter: Pick<Arbiter, 'submit'>;
  /** Takes the request when it is the API's; false leaves it untouched. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** Not ready any more, and all streams end: the first step of stopping. Requests under way go on. */
  endStreams(): void;
  /** Resolves when every intent taken in has its outcome, and the other processes know what it changed. The last step. */
  drain(): Promise<void>;
}

export interface ApiOptions {
  pool: Pool;
  /** Of the same database as `pool`. */
  databaseUrl: string;
  clock: Clock;
  signingKeys: SigningKeys;
  /** The public origin, e.g. `https://parking.example`. */
  origin: string;
  trustProxy: number;
  logger: Logger;
  /** Milliseconds between two looks at whether a stream's session still lives. Default: 15 s. */
  checkSessionsEvery?: number;
}

/** Wires the services of one process to /trpc and /health. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { pool, clock, logger, origin, trustProxy, signingKeys, checkSessionsEvery } = options;
  const pokes = await createPokes({ url: options.databaseUrl, logger });
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
    onCommitted: (scopes) => pokes.publish(scopes),
  });
  const auth = createAuthServices({ pool, clock, newId, origin });
  const cookie = createSessionCookie(origin);
  const { sessions } = auth;
  const siteIntents = createSiteIntents({ arbiter, clock, newId });
  const router = createAppRouter({
    auth,
    cookie,
    arbiter,
    pull: createPull({ pool, clock, statusLists, keyBundles, logger }),
    ...{ sessions, clock },
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
    ...{ router, answerPokes, sessions, cookie },
    ...{ origin, trustProxy, logger },
  });
  let isStopping = false;

  return {
    arbiter,
    handle(request, response) {
      const path = (request.url ?? '').split('?')[0] ?? '';
      if (path.startsWith('/trpc/')) void handleTrpc(request, response);
      else if (path === '/health/live') answerHealth(response, true);
      else if (path === '/health/ready')
        void isReady(pool, isStopping).then((ready) => answerHealth(response, ready));
      else return false;
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

async function isReady(pool: Pool, isStopping: boolean): Promise<boolean> {
  if (isStopping) return false;
  return await pool.query('select 1').then(
    () => true,
    () => false,
  );
}

function answerHealth(response: ServerResponse, isWell: boolean): void {
  response.writeHead(isWell ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ ok: isWell }));
}
