import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TRPCError } from '@trpc/server';
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http';
import type { ErrorCode } from '#shared/protocol/errors';
import type { Logger } from '../platform/logger';
import type { SessionCookie } from '../services/auth/session-cookie';
import type { Sessions } from '../services/auth/sessions';
import type { Denials } from '../services/security/denials';
import type { AppRouter } from '../trpc/app-router';
import { CodedError, errorCodeOf } from '../trpc/coded-error';
import type { RequestContext } from '../trpc/context';
import { incidentOf } from '../trpc/trpc';
import { addressOf } from './client-address';
import { errorShapeOf } from './error-shape';
import type { Clock } from '../platform/clock';
import { findCookie } from '../services/auth/session-cookie';
import { isSessionVerified } from '../services/auth/session-verified';
import { isForeignRequest } from './origin-check';
import { createPlainMutations } from './plain-mutation';
import type { PokeEndpoint } from './poke-response';
import { discardBody, readBody } from './request-body';

/** Bytes. A push of 50 intents has some 30 KB. */
const BODY_LIMIT = 1024 * 1024;
/** What is read (and thrown away) of a body that is too large, so that its sender comes to see the answer. */
const DISCARD_LIMIT = 32 * 1024 * 1024;
const DISCARD_PATIENCE = 5_000;
const BATCH_LIMIT = 10;
const PREFIX = '/trpc/';
const POKES = 'sync.pokes';

export interface TrpcHandlerOptions {
  router: AppRouter;
  /** Takes the streams of pokes. */
  answerPokes: PokeEndpoint;
  sessions: Pick<Sessions, 'validate' | 'readVerifiedAt' | 'isRevoked'>;
  denials?: Denials;
  clock: Clock;
  cookie: SessionCookie;
  /** The public origin. */
  origin: string;
  trustProxy: number;
  logger: Logger;
}

/** Answers everything under /trpc/: origin, size and kind of the request first, then tRPC. Never rejects. */
export function createTrpcHandler(options: TrpcHandlerOptions) {
  const { logger } = options;
  const plainMutations = createPlainMutations(options.router);
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('cache-control', 'no-store');
    if (isForeignRequest(request.headers, [options.origin]))
      return refuse(request, response, 'origin_refused');
    try {
      await answer(request, response, { ...options, plainMutations });
    } catch (error) {
      // Either the client has gone, or its body broke off.
      logger.debug('a request ended early', { error });
      if (!response.headersSent) refuse(request, response, 'request_invalid');
    }
  };
}

interface Tools extends TrpcHandlerOptions {
  plainMutations: ReturnType<typeof createPlainMutations>;
}

async function answer(request: IncomingMessage, response: ServerResponse, tools: Tools): Promise<void> {
  const { router, plainMutations } = tools;
  const isPost = request.method === 'POST';
  if (!isPost && request.method !== 'GET') return refuse(request, response, 'request_invalid');
  if (isPost && !isJson(request)) return refuse(request, response, 'request_invalid');
  const body = isPost ? await readBody(request, BODY_LIMIT) : '';
  if (body === null) return refuse(request, response, 'request_too_large');

  const path = pathOf(request);
  if (!isPost && path === POKES && (await tools.answerPokes(request, response))) return;
  const shared = {
    createContext: () => createContext(request, response, tools),
    onError: (failure: Failure) => report(failure, tools.logger),
  };
  const isAlone = !request.url?.includes('?');
  if (isPost && isAlone && plainMutations.has(path))
    return await plainMutations.answer(response, { ...shared, path, body });
  await nodeHTTPRequestHandler({
    ...shared,
    router,
    // tRPC takes a body that was read already.
    req: Object.assign(request, { body }),
    res: response,
    path,
    maxBatchSize: BATCH_LIMIT,
    responseMeta: ({ errors }) => ({
      headers: Object.assign(
        {},
        ...errors.map((error) => (error instanceof CodedError ? error.headers : {})),
      ),
    }),
  });
}

interface Failure {
  error: TRPCError;
  path: string | undefined;
  type: string;
}

/** Logs what is not the client's doing. */
function report({ error, path: procedure, type }: Failure, logger: Logger): void {
  const code = errorCodeOf(error);
  if (code === 'internal') {
    logger.error('a call failed', {
      incident: incidentOf(error),
      procedure,
      type,
      error: error.cause ?? error,
    });
  } else if (code === 'unavailable' && !(error instanceof CodedError)) {
    logger.warn('a call could not be served', { procedure, type, error: error.cause ?? error });
  }
}

/** What a request says of who calls, also for what is no tRPC call. */
export async function createContext(
  request: IncomingMessage,
  response: ServerResponse,
  {
    cookie,
    sessions,
    clock,
    trustProxy,
    denials,
  }: Pick<TrpcHandlerOptions, 'cookie' | 'sessions' | 'clock' | 'trustProxy' | 'denials'>,
): Promise<RequestContext> {
  const setCookie = (value: string): void => void response.appendHeader('set-cookie', value);
  const sessionToken = cookie.read(request.headers.cookie);
  const address = addressOf(request, trustProxy);
  const userAgent = request.headers['user-agent'] ?? '';
  const session = sessionToken === undefined ? null : await sessions.validate(sessionToken, { address });
  // The cookie stays until the device signs out by itself: an answer that is lost is to be asked for again.
  const wasRevoked = sessionToken !== undefined && !session && (await sessions.isRevoked(sessionToken));
  return {
    session,
    sessionToken,
    wasRevoked,
    noteDenied: (what) => {
      if (session) denials?.note({ session, what, from: { address, userAgent } });
    },
    address,
    userAgent,
    isVerified: () => isSessionVerified(session, { sessions, clock }),
    readCookie: (name) => findCookie(request.headers.cookie ?? '', name),
    setCookie,
  };
}

function isJson(request: IncomingMessage): boolean {
  return request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0]?.slice(PREFIX.length) ?? '';
}

/** Answers with a code in tRPC's own shape, and lets go of a body that nobody reads. */
function refuse(request: IncomingMessage, response: ServerResponse, errorCode: ErrorCode): void {
  const shape = errorShapeOf(errorCode);
  const isBodyLeft = !request.complete;
  response.writeHead(shape.data.httpStatus, {
    'content-type': 'application/json',
    ...(isBodyLeft ? { connection: 'close' } : {}),
  });
  response.end(JSON.stringify({ error: shape }));
  if (isBodyLeft) discardBody(request, DISCARD_LIMIT, DISCARD_PATIENCE);
}
