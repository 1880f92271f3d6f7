import type { Pool } from 'pg';
import { VERIFIED_FOR } from '#shared/domain/verification';
import type { OidcProvider } from '#shared/protocol/oidc';
import type { Clock } from '../../platform/clock';
import type { OidcProviderSettings } from '../../platform/oidc-settings';
import type { SecretKey } from '../../platform/secret-key';
import type { AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';
import { findIdentityUser, insertIdentity } from './external-identities';
import { createOidcClient, type OidcClient, type ProvedIdentity } from './oidc-client';
import { createOidcFlows, createSecret, isSecret, type FlowPurpose, type TakenFlow } from './oidc-flows';
import type { OidcFlows } from './oidc-flows';

/** What came of a person who has come back from a provider. */
export type ComeBack =
  /** The identity is this user's: their first factor is proved. */
  | { readonly kind: 'sign_in'; readonly userId: string; readonly returnTo: string }
  /** The identity is now this user's, too. */
  | { readonly kind: 'linked'; readonly userId: string; readonly provider: string; readonly returnTo: string }
  /** The signed-in user has been asked anew by the provider. */
  | { readonly kind: 'verified'; readonly userId: string; readonly returnTo: string }
  /** Nobody here has the identity; it waits for what its person decides. */
  | { readonly kind: 'unknown'; readonly returnTo: string }
  | { readonly kind: 'failed'; readonly code: ComeBackFailure; readonly reason: string };

export type ComeBackFailure =
  | 'oidc_expired'
  | 'oidc_denied'
  | 'oidc_refused'
  | 'oidc_unreachable'
  | 'oidc_identity_taken'
  | 'oidc_identity_other';

export interface Oidc {
  readonly providers: readonly OidcProvider[];
  /** The provider of this issuer; undefined when it is not configured any more. */
  providerOf(issuer: string): OidcProvider | undefined;
  /**
   * Where to send the person, and the secret of the browser that goes there: `browserSecret` when it is one. Whoever begins a
   * `link` or `verify` is `userId`. Refuses oidc_provider_unknown, oidc_unreachable.
   */
  begin(request: {
    provider: string;
    purpose: FlowPurpose;
    userId: string | null;
    returnTo: string;
    browserSecret: string | undefined;
  }): Promise<AuthResult<{ url: string; browserSecret: string }>>;
  /**
   * Takes what a person came back with. `userId` is who is signed in in that browser, `verifiedAt` when they last proved it
   * in that session (ms since 1970; null never): a link takes a proof that was good when it was begun, or one since.
   */
  comeBack(request: {
    provider: string;
    parameters: URLSearchParams;
    browserSecret: string | undefined;
    userId: string | null;
    verifiedAt: number | null;
  }): Promise<ComeBack>;
}

export interface OidcOptions {
  pool: Pool;
  clock: Clock;
  secretKey: SecretKey;
  /** The public origin, e.g. `https://parking.example`. */
  origin: string;
  oidcProviders: readonly OidcProviderSettings[];
}

/**
 * Signing in, linking and proving by accounts at other providers. Who somebody is there is issuer and subject, never the e-mail:
 * an unknown identity is linked to nobody's account by what it says about itself.
 */
export function createOidc(options: OidcOptions, flows: OidcFlows = createOidcFlows(options)): Oidc {
  const { pool, clock, origin } = options;
  const now = () => clock.now();
  const clients = new Map<string, OidcClient>();
  for (const settings of options.oidcProviders)
    clients.set(settings.id, createOidcClient(settings, { origin, now }));

  const decide = async (
    flow: TakenFlow,
    identity: ProvedIdentity,
    browserSecret: string,
  ): Promise<ComeBack> => {
    const { returnTo, userId: asked, provider } = flow;
    if (flow.purpose === 'link' && asked !== null) {
      const isLinked = await insertIdentity(pool, { identity, userId: asked, now: now() });
      return isLinked
        ? { kind: 'linked', userId: asked, provider, returnTo }
        : failed('oidc_identity_taken', 'taken');
    }
    const userId = await findIdentityUser(pool, identity, now());
    if (flow.purpose === 'verify')
      return userId !== undefined && userId === asked
        ? { kind: 'verified', userId, returnTo }
        : failed('oidc_identity_other', 'other_identity');
    if (userId !== undefined) return { kind: 'sign_in', userId, returnTo };
    await flows.keepWaiting(flow, identity, { secret: browserSecret, now: now() });
    return { kind: 'unknown', returnTo };
  };

  return {
    providers: [...clients.values()].map(({ id, name }) => ({ id, name })),
    providerOf(issuer) {
      const client = [...clients.values()].find((it) => it.issuer === issuer);
      return client && { id: client.id, name: client.name };
    },

    async begin({ provider, purpose, userId, returnTo, browserSecret }) {
      const client = clients.get(provider);
      if (!client) return refused('oidc_provider_unknown');
      // One secret for all that a browser has begun, so that two tabs do not undo each other.
      const secret = isSecret(browserSecret) ? browserSecret : createSecret();
      const flow = { provider, purpose, userId, returnTo: safeReturnPath(returnTo) };
      const secrets = await flows.begin(flow, { secret, now: now() });
      const url = await client.authorizationUrl(secrets, { fresh: purpose === 'verify' });
      return url === null ? refused('oidc_unreachable') : granted({ url, browserSecret: secret });
    },

    async comeBack({ provider, parameters, browserSecret, userId, verifiedAt }) {
      const client = clients.get(provider);
      const state = parameters.get('state') ?? undefined;
      if (!client || !isSecret(state)) return failed('oidc_expired', 'no_state');
      if (!isSecret(browserSecret)) return failed('oidc_expired', 'no_browser_cookie');
      const flow = await flows.take({ state, provider }, { secret: browserSecret, now: now() });
      if (!flow) return failed('oidc_expired', 'no_such_flow');
      // Whoever began it may have signed out meanwhile, and somebody else signed in.
      if (flow.purpose !== 'sign_in' && flow.userId !== userId)
        return failed('oidc_expired', 'other_session');
      // The same person in another session, which has proved nothing: one that a phone has let in.
      if (flow.purpose === 'link' && !isProofFor(flow, verifiedAt)) return failed('oidc_expired', 'no_proof');
      const freshSince = flow.purpose === 'verify' ? flow.begunAt : null;
      const answer = await client.finish(parameters, { ...flow.secrets, freshSince });
      if (!answer.ok) return failed(answer.code, answer.reason);
      // The library has compared `iss` with the metadata; that these are of the configured issuer is ours to say.
      if (answer.identity.issuer !== client.issuer) return failed('oidc_refused', 'other_issuer');
      return await decide(flow, answer.identity, browserSecret);
    },
  };
}

/** Whether beginning it was allowed by a proof in this session, or one has been given since. */
function isProofFor({ begunAt }: TakenFlow, verifiedAt: number | null): boolean {
  return verifiedAt !== null && verifiedAt > begunAt - VERIFIED_FOR;
}

function failed(code: ComeBackFailure, reason: string): ComeBack {
  return { kind: 'failed', code, reason };
}

const RETURN_PATH_LENGTH = 500;
/** Never resolved: only there to let URL read a path. */
const ANY_ORIGIN = 'https://any.invalid';

/**
 * The path and query of this app to go on at, or `/` for whatever could lead elsewhere. A fragment is dropped: it may be an
 * invitation's secret, which stays in the browser.
 */
function safeReturnPath(wanted: string): string {
  if (!wanted.startsWith('/') || !URL.canParse(wanted, ANY_ORIGIN)) return '/';
  const url = new URL(wanted, ANY_ORIGIN);
  const path = url.pathname + url.search;
  const isSafe = url.origin === ANY_ORIGIN && !path.startsWith('//') && path.length <= RETURN_PATH_LENGTH;
  return isSafe ? path : '/';
}
