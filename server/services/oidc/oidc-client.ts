import {
  allowInsecureRequests,
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientError,
  ClientSecretPost,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  type ClientAuth,
  type Configuration,
  type IDToken,
} from 'openid-client';
import { isLoopback, type OidcProviderSettings } from '../../platform/oidc-settings';
import { normalizeEmail, normalizeName } from '../auth/accounts';
import { appleClientAuth } from './apple-secret';

/** Somebody at another provider. `issuer` and `subject` are who it is; the rest is what the provider says of them. */
export interface ProvedIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** Empty when the provider gave none. */
  readonly email: string;
  /** Whether the provider says that it has made sure of it. */
  readonly isEmailVerified: boolean;
  readonly name: string;
}

/** What only the one who began an authorization knows. */
export interface FlowSecrets {
  readonly state: string;
  readonly nonce: string;
  /** PKCE's. */
  readonly verifier: string;
}

export type ProviderAnswer =
  | { readonly ok: true; readonly identity: ProvedIdentity }
  | {
      readonly ok: false;
      readonly code: 'oidc_denied' | 'oidc_refused' | 'oidc_unreachable';
      /** For the log: a code of the protocol or the library, nothing of the person. */
      readonly reason: string;
    };

/** One provider, by its protocol. */
export interface OidcClient {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  /**
   * Where to send the person. `fresh`: the provider is to ask them anew, however they are signed in there. Null when the
   * provider cannot be reached.
   */
  authorizationUrl(secrets: FlowSecrets, options: { fresh: boolean }): Promise<string | null>;
  /**
   * Exchanges what the person came back with for who they are. With `freshSince` (epoch ms) only when the provider says that
   * it asked them since then.
   */
  finish(
    parameters: URLSearchParams,
    expected: FlowSecrets & { freshSince: number | null },
  ): Promise<ProviderAnswer>;
}

/** Seconds for each call to a provider: the person is looking at an empty page meanwhile. */
const TIMEOUT = 8;
/** Milliseconds for which a provider's metadata are believed. Its keys are asked for again when an unknown one appears. */
const METADATA_MEMORY = 6 * 3_600_000;

/**
 * OpenID Connect's code flow with PKCE (S256), state, nonce, `iss` in the answer where the provider gives it (RFC 9207), the ID
 * token's signature checked against the provider's keys, and a redirect address a provider, so that one provider's code cannot
 * be taken for another's.
 */
export function createOidcClient(
  settings: OidcProviderSettings,
  { origin, now }: { origin: string; now: () => number },
): OidcClient {
  const { id, name, issuer } = settings;
  const redirectUri = `${origin}/oidc/callback/${id}`;
  const clientAuth = clientAuthOf(settings, now);
  let known: { at: number; configuration: Promise<Configuration> } | null = null;

  const configure = (): Promise<Configuration> => {
    if (known && now() - known.at < METADATA_MEMORY) return known.configuration;
    const configuration = discovery(new URL(issuer), settings.clientId, undefined, clientAuth, {
      timeout: TIMEOUT,
      execute: [enableNonRepudiationChecks, ...(isLoopback(issuer) ? [allowInsecureRequests] : [])],
    });
    known = { at: now(), configuration };
    // The next person tries again.
    configuration.catch(() => (known = null));
    return configuration;
  };

  return {
    id,
    name,
    issuer,

    async authorizationUrl({ state, nonce, verifier }, { fresh }) {
      const configuration = await configure().catch(() => null);
      if (!configuration) return null;
      const url = buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: settings.scopes,
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(settings.responseMode === 'form_post' && { response_mode: 'form_post' }),
        ...(fresh && { prompt: 'login', max_age: '0' }),
      });
      return url.href;
    },

    async finish(parameters, { state, nonce, verifier, freshSince }) {
      try {
        const configuration = await configure();
        // From our own origin, never from the request's Host: it is sent on as the redirect_uri.
        const tokens = await authorizationCodeGrant(
          configuration,
          new URL(`${redirectUri}?${parameters.toString()}`),
          {
            expectedState: state,
            expectedNonce: nonce,
            pkceCodeVerifier: verifier,
            ...(freshSince !== null && { maxAge: Math.ceil((now() - freshSince) / 1000) }),
          },
        );
        const claims = tokens.claims();
        // `expectedNonce` has made sure that there is an ID token.
        if (!claims) return refusal('no_id_token');
        return { ok: true, identity: await describe(configuration, claims, tokens.access_token) };
      } catch (error) {
        return refusalOf(error);
      }
    },
  };
}

function clientAuthOf({ secret }: OidcProviderSettings, now: () => number): ClientAuth {
  if (secret.kind === 'apple') return appleClientAuth(secret, now);
  return secret.kind === 'text' ? ClientSecretPost(secret.text) : None();
}

/** Who it is. Some providers tell name and e-mail at the userinfo endpoint alone; without its answer they stay empty. */
async function describe(
  configuration: Configuration,
  claims: IDToken,
  accessToken: string,
): Promise<ProvedIdentity> {
  let { email, name, email_verified: isVerified } = claims;
  if (email === undefined && configuration.serverMetadata().userinfo_endpoint !== undefined) {
    const told = await fetchUserInfo(configuration, accessToken, claims.sub).catch(() => undefined);
    email = told?.email;
    isVerified = told?.email_verified;
    name ??= told?.name;
  }
  return {
    issuer: claims.iss,
    subject: claims.sub,
    email: typeof email === 'string' ? normalizeEmail(email) : '',
    // Apple says it as a text.
    isEmailVerified: isVerified === true || isVerified === 'true',
    name: (typeof name === 'string' ? normalizeName(name) : undefined) ?? '',
  };
}

function refusal(reason: string): ProviderAnswer {
  return { ok: false, code: 'oidc_refused', reason };
}

/** What the library throws: the provider's own error, an answer that is not what was expected, or no answer. A bug is thrown on. */
function refusalOf(error: unknown): ProviderAnswer {
  if (error instanceof AuthorizationResponseError) {
    const code = error.error === 'access_denied' ? 'oidc_denied' : 'oidc_refused';
    return { ok: false, code, reason: error.error };
  }
  if (isUnreachable(error)) return { ok: false, code: 'oidc_unreachable', reason: 'no_answer' };
  const code = (error as { code?: unknown } | null)?.code;
  if (error instanceof Error && typeof code === 'string') return refusal(code);
  throw error;
}

function isUnreachable(error: unknown): boolean {
  if (error instanceof ClientError) return error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_ABORT';
  // fetch's own, of the URL that the provider's metadata name.
  return error instanceof TypeError && error.message === 'fetch failed';
}
