import type { IncomingMessage, ServerResponse } from 'node:http';
import { secondFactorPath } from '#shared/protocol/session';
import type { Logger } from '../../platform/logger';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import type { BrowserCookie } from '../../services/oidc/browser-cookie';
import type { ComeBack } from '../../services/oidc/oidc';
import { rotateSession } from '../../trpc/rotate-session';
import { createSignInSteps } from '../../trpc/auth/sign-in-steps';
import type { RequestContext } from '../../trpc/context';
import { wayInChanged } from '../../trpc/way-in-changed';
import { readBody } from '../request-body';

const PREFIX = '/oidc/callback/';
const PROVIDER = /^[a-z][a-z0-9-]{0,31}$/;
/** Bytes. What a provider posts is a code, a state and a name. */
const BODY_LIMIT = 16_384;
/** What a provider may tell us in the address; whatever else it posts is dropped. */
const PARAMETERS = ['code', 'state', 'iss', 'error'] as const;

export interface OidcCallbackOptions {
  auth: AuthServices;
  cookie: SessionCookie;
  oidcCookie: BrowserCookie;
  createContext: (request: IncomingMessage, response: ServerResponse) => Promise<RequestContext>;
  logger: Logger;
}

/** Whether a path is where providers send people back to. */
export function isOidcCallback(path: string): boolean {
  return path.startsWith(PREFIX);
}

/**
 * Where a provider sends a person back to, `/oidc/callback/<provider>`: always answers with a redirect to screen /oidc, which
 * tells the person what came of it. Never rejects.
 *
 * It is the one request that changes something by GET from another site. What stands against forging it: state and the
 * browser's cookie have to belong together, and each pair is good once.
 */
export function createOidcCallback(options: OidcCallbackOptions) {
  const { logger } = options;
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('cache-control', 'no-store');
    // The address holds the code.
    response.setHeader('referrer-policy', 'no-referrer');
    try {
      redirect(response, await whereTo(request, response, options));
    } catch (error) {
      logger.error('a return from a provider failed', { error });
      redirect(response, screen({ failed: 'internal' }));
    }
  };
}

async function whereTo(
  request: IncomingMessage,
  response: ServerResponse,
  options: OidcCallbackOptions,
): Promise<string> {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const provider = path.slice(PREFIX.length);
  if (!PROVIDER.test(provider)) return screen({ failed: 'oidc_expired' });
  // A cross-site POST comes without SameSite=Lax cookies; the GET that it is turned into has them.
  if (request.method === 'POST') {
    const body = await readBody(request, BODY_LIMIT);
    return body === null ? screen({ failed: 'oidc_refused' }) : `${path}?${pick(body)}`;
  }
  if (request.method !== 'GET') return screen({ failed: 'oidc_expired' });

  const { auth, oidcCookie, logger } = options;
  const ctx = await options.createContext(request, response);
  const admission = await auth.limits.admit('oidcCallback', { address: ctx.address });
  if (!admission.ok) return screen({ failed: 'too_many_requests' });
  const comeBack = await auth.oidc.comeBack({
    provider,
    parameters: new URLSearchParams(pick(query)),
    browserSecret: ctx.readCookie(oidcCookie.name),
    userId: ctx.session?.user.id ?? null,
    // Asked of the database: another process may have taken a proof a moment ago.
    verifiedAt: ctx.session && (await auth.sessions.readVerifiedAt(ctx.session.session.id)),
  });
  if (comeBack.kind !== 'failed') return await goOn(ctx, comeBack, options);
  if (comeBack.code === 'oidc_identity_other' && ctx.session) {
    const userId = ctx.session.user.id;
    await auth.securityLog.record({ kind: 'verification_failed', userId, from: ctx, detail: { by: 'oidc' } });
  }
  logger.warn('a return from a provider was refused', {
    provider,
    code: comeBack.code,
    reason: comeBack.reason,
  });
  return screen({ failed: comeBack.code });
}

async function goOn(
  ctx: RequestContext,
  comeBack: Exclude<ComeBack, { kind: 'failed' }>,
  { auth, cookie }: OidcCallbackOptions,
): Promise<string> {
  const { kind, returnTo } = comeBack;
  if (kind === 'unknown') return screen({ result: kind, next: returnTo });
  const { userId } = comeBack;
  if (kind === 'linked') {
    const detail = { provider: comeBack.provider };
    await wayInChanged(ctx, { auth, cookie }, { kind: 'identity_linked', userId, detail });
    return screen({ result: kind, next: returnTo });
  }
  // Also to prove it once more: who has a second factor is asked for it, and signs in anew.
  const step = await auth.secondFactor.beginStep(userId, 'oidc');
  // In the fragment, which goes to no server and into no log.
  if (step) return secondFactorPath({ ...step, next: returnTo });
  if (kind === 'verified') await rotateSession(ctx, { auth, cookie }, { verified: true });
  else await createSignInSteps({ auth, cookie }).beginSession(ctx, { userId, by: 'oidc' });
  return screen({ result: kind, next: returnTo });
}

function screen(parameters: Record<string, string>): string {
  return `/oidc?${new URLSearchParams(parameters).toString()}`;
}

function pick(text: string): string {
  const given = new URLSearchParams(text);
  const kept = new URLSearchParams();
  for (const name of PARAMETERS) for (const value of given.getAll(name)) kept.append(name, value);
  return kept.toString();
}

function redirect(response: ServerResponse, location: string): void {
  if (response.headersSent) return;
  response.writeHead(303, { location });
  response.end();
}
