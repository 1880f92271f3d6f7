import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';

/** Another service that may say who somebody is (OpenID Connect), as OIDC_PROVIDERS names it. */
export interface OidcProviderSettings {
  /** Stands in the callback's address, `/oidc/callback/<id>`: changing it means changing what the provider was told. */
  readonly id: string;
  /** For people: “Continue with <name>”. */
  readonly name: string;
  /** Exactly as the provider writes it in `iss`. Identities are kept under it, so it must never change. */
  readonly issuer: string;
  readonly clientId: string;
  readonly secret: OidcClientSecret;
  /** Separated by blanks; `openid` among them. */
  readonly scopes: string;
  /** `form_post`: the provider sends the person back by POST. Apple does when it is asked for a name or an e-mail. */
  readonly responseMode: 'query' | 'form_post';
}

/** How we prove to the provider's token endpoint that it is us. `none`: a public client, by PKCE alone. */
export type OidcClientSecret =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  /** Apple takes a JWT signed with the team's key instead of a text. */
  | { readonly kind: 'apple'; readonly teamId: string; readonly keyId: string; readonly privateKey: string };

const PROBLEM =
  'must be a JSON array such as [{"id":"google","clientId":"…","clientSecret":"…"}] (docs/sign-in-providers.md)';

/** What is known of a provider by its id alone. */
const presets: Readonly<Record<string, Partial<Record<'name' | 'issuer' | 'scopes', string>>>> = {
  google: { name: 'Google', issuer: 'https://accounts.google.com' },
  apple: { name: 'Apple', issuer: 'https://appleid.apple.com', scopes: 'openid email' },
};

const providerSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
    name: z.string().min(1).max(40).optional(),
    issuer: z.string().refine(isIssuer, 'must be an https address').optional(),
    clientId: z.string().min(1),
    clientSecret: z.string().min(1).optional(),
    teamId: z.string().min(1).optional(),
    keyId: z.string().min(1).optional(),
    privateKey: z.string().refine(isPrivateKey, 'must be the .p8 file’s text').optional(),
    scopes: z
      .string()
      .refine((scopes) => scopes.split(' ').includes('openid'), 'must contain openid')
      .optional(),
    responseMode: z.enum(['query', 'form_post']).optional(),
  })
  .transform((given, context): OidcProviderSettings => {
    const preset = presets[given.id];
    const name = given.name ?? preset?.name;
    const issuer = given.issuer ?? preset?.issuer;
    if (name === undefined || issuer === undefined) {
      context.addIssue({ code: 'custom', message: 'needs a name and an issuer' });
      return z.NEVER;
    }
    const isApple = issuer === presets['apple']?.issuer;
    return {
      id: given.id,
      name,
      issuer,
      clientId: given.clientId,
      secret: secretOf(given),
      scopes: given.scopes ?? preset?.scopes ?? 'openid email profile',
      responseMode: given.responseMode ?? (isApple ? 'form_post' : 'query'),
    };
  });

/**
 * The text of OIDC_PROVIDERS. Ids and issuers are each there once: a person is known by issuer and subject, so two providers
 * of one issuer would be one.
 */
export const oidcProvidersSchema = z.string().transform((text, context): OidcProviderSettings[] => {
  const parsed = z.array(providerSchema).max(10).safeParse(parseJson(text));
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(`${PROBLEM}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const isTwice = (key: 'id' | 'issuer') =>
    new Set(parsed.data.map((it) => it[key])).size < parsed.data.length;
  if (isTwice('id') || isTwice('issuer')) return refuse('names the same id or issuer twice');
  return parsed.data;
});

function secretOf(given: {
  clientSecret?: string | undefined;
  teamId?: string | undefined;
  keyId?: string | undefined;
  privateKey?: string | undefined;
}): OidcClientSecret {
  const { clientSecret, teamId, keyId, privateKey } = given;
  if (teamId !== undefined && keyId !== undefined && privateKey !== undefined)
    return { kind: 'apple', teamId, keyId, privateKey };
  return clientSecret === undefined ? { kind: 'none' } : { kind: 'text', text: clientSecret };
}

/** https, or http on this machine for tests and development: elsewhere somebody in between could be the provider. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash } = new URL(text);
  return search === '' && hash === '' && (protocol === 'https:' || isLoopback(text));
}

/** Whether an issuer is on this machine and speaks plain http. */
export function isLoopback(issuer: string): boolean {
  const { protocol, hostname } = new URL(issuer);
  return protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

function isPrivateKey(text: string): boolean {
  try {
    return createPrivateKey(text).asymmetricKeyType === 'ec';
  } catch {
    return false;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
