import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';
import type { OidcProviderSettings } from '../../platform/oidc-settings';

/** Somebody with an account at the test's provider; `login` is what is typed on its page, and the subject. */
export interface TestPerson {
  readonly login: string;
  readonly email?: string;
  readonly isEmailVerified?: boolean;
  readonly name?: string;
}

/** A real OpenID provider (npm oidc-provider, certified) on a free port, with a sign-in page of its own. */
export interface TestProvider {
  readonly issuer: string;
  /** How our server is to know it. */
  readonly settings: OidcProviderSettings;
  /** Requests so far, as `POST /token`; for what must not have been asked. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export interface TestProviderOptions {
  readonly id: string;
  readonly name: string;
  /** Of our server, e.g. `http://localhost:3000`. */
  readonly origin: string;
  readonly people: readonly TestPerson[];
  /** Says name and e-mail at the userinfo endpoint alone, as the specification would have it. */
  readonly userinfoOnly?: boolean;
}

/** Starts one, to be closed by the caller. */
export async function startTestProvider(options: TestProviderOptions): Promise<TestProvider> {
  const requests: string[] = [];
  let handle: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
    response.end();
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${(request.url ?? '').split('?')[0] ?? ''}`);
    handle(request, response);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const issuer = `http://localhost:${String((server.address() as AddressInfo).port)}`;
  const provider = new Provider(issuer, configurationOf(options));
  // The provider warns that it is for development when it speaks http: that is what it is for here.
  const answer = provider.callback();
  handle = (request, response) => {
    if (request.url?.startsWith('/interaction/')) void answerSignIn(provider, request, response);
    else void answer(request, response);
  };
  const settings: OidcProviderSettings = {
    ...{ id: options.id, name: options.name, issuer, clientId: 'undercroft' },
    secret: { kind: 'text', text: SECRET },
    scopes: 'openid email profile',
    responseMode: 'query',
  };
  return { issuer, settings, requests, close: () => closeServer(server) };
}

const SECRET = 'only-for-tests-and-long-enough-for-a-secret';

function configurationOf({ id, origin, people, userinfoOnly = false }: TestProviderOptions): Configuration {
  return {
    clients: [
      {
        client_id: 'undercroft',
        client_secret: SECRET,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [`${origin}/oidc/callback/${id}`],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: userinfoOnly,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    cookies: { keys: ['only for tests'] },
    // Its own: two providers must not pass for each other by their keys.
    jwks: { keys: [{ ...makeSigningKey(), kid: id, use: 'sig', alg: 'RS256' }] },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
    },
    findAccount(_ctx, subject) {
      const person = people.find(({ login }) => login === subject);
      if (!person) return undefined;
      const { email, name, isEmailVerified = true } = person;
      return {
        accountId: subject,
        claims: () => ({
          sub: subject,
          ...(email !== undefined && { email, email_verified: isEmailVerified }),
          ...(name !== undefined && { name }),
        }),
      };
    },
    // Nobody is asked for consent: whoever signs in gives it.
    async loadExistingGrant({ oidc }) {
      const clientId = oidc.client?.clientId ?? '';
      const accountId = oidc.session?.accountId;
      const grant = new oidc.provider.Grant({ clientId, ...(accountId !== undefined && { accountId }) });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  };
}

function makeSigningKey() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
}

const PAGE = `<!doctype html><html lang="en"><title>Test provider</title><h1>Test provider</h1>
<form method="post"><label>Login <input name="login"></label><button>Sign in</button><button name="cancel" value="1">Cancel</button></form></html>`;

async function answerSignIn(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(PAGE);
    return;
  }
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const typed = new URLSearchParams(body);
  const result = typed.has('cancel')
    ? { error: 'access_denied', error_description: 'the person said no' }
    : { login: { accountId: typed.get('login') ?? '' } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
