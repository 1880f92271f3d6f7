import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { LogLevel } from './logger';
import { LOG_LEVELS } from './logger';
import { oidcProvidersSchema, type OidcProviderSettings } from './oidc-settings';
import { findProjectRoot } from './project-root';

/** What the process was told by its environment, parsed once, in server/main.ts. */
export interface Environment {
  port: number;
  host: string;
  /** Absolute path of the folder for all that must be kept. */
  dataDir: string;
  /** A Postgres of one's own; without it the embedded one is started in `dataDir`. */
  databaseUrl: string | undefined;
  /** Makes the demo site in an empty database; without DEMO: yes for the embedded Postgres, no for another. */
  demo: boolean;
  demoPassword: string | undefined;
  /** 32 bytes, or nothing: then a key is made and kept in `dataDir`. */
  secretKey: Uint8Array | undefined;
  /** The public origin, e.g. `https://parking.example`, without a slash at its end. */
  origin: string;
  /** The server that mails are sent by, and from whom; without it none are sent. */
  smtp: { url: string; from: string } | undefined;
  logLevel: LogLevel;
  /** How many proxies stand before the server: whose `X-Forwarded-*` entries are believed. 0: none. */
  trustProxy: number;
  /** Sells credits online; without it the demo's alone can be had, for nothing. */
  stripe: { secretKey: string; webhookSecret: string } | undefined;
  /** Other services that people may sign in with. */
  oidcProviders: OidcProviderSettings[];
}

export interface EnvironmentProblem {
  variable: string;
  problem: string;
}

/** Thrown by `readEnvironment`; names every bad variable at once, never the value. */
export class EnvironmentError extends Error {
  readonly code = 'bad_environment';
  override readonly name = 'EnvironmentError';

  constructor(readonly problems: readonly EnvironmentProblem[]) {
    super(
      ['The environment is not usable:', ...problems.map((it) => `  ${it.variable}: ${it.problem}`)].join(
        '\n',
      ),
    );
  }
}

const port = z
  .string()
  .regex(/^\d+$/, 'must be a port number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65535, 'must be a port number from 0 to 65535');

const yesOrNo = z
  .enum(['1', '0', 'true', 'false', 'yes', 'no'], 'must be 1 or 0')
  .transform((text) => ['1', 'true', 'yes'].includes(text));

const databaseUrl = z
  .string()
  .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text), 'must be a postgres:// URL');

const SECRET_KEY_PROBLEM = 'must be 32 bytes as 64 hex digits or as base64 (make one: openssl rand -hex 32)';
const secretKey = z.string().transform((text, context) => {
  const bytes = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (bytes.length === 32) return new Uint8Array(bytes);
  context.addIssue({ code: 'custom', message: SECRET_KEY_PROBLEM });
  return z.NEVER;
});

const ORIGIN_PROBLEM = 'must be an origin such as https://parking.example, without a path';
const origin = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare =
    url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.href === `${url.origin}/`;
  if (isBare) return url.origin;
  context.addIssue({ code: 'custom', message: ORIGIN_PROBLEM });
  return z.NEVER;
});

const smtpUrl = z
  .string()
  .refine(
    (text) => /^smtps?:\/\/./.test(text) && URL.canParse(text),
    'must be a URL such as smtp://user:password@mail.example:587 or smtps://…',
  );

const mailFrom = z
  .string()
  .regex(
    /^(?:[^<>@\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/,
    'must be like Undercroft <parking@example.org>',
  );

const trustProxy = z
  .string()
  .regex(/^([0-9]|true|false)$/, 'must be the number of proxies before the server, 0 to 9')
  .transform((text) => (text === 'true' ? 1 : text === 'false' ? 0 : Number(text)));

const stripeKey = z.string().regex(/^(sk|rk)_(test|live)_\w+$/, 'must be a secret key such as sk_live_…');
const stripeWebhookSecret = z.string().regex(/^whsec_\S+$/, 'must be a signing secret such as whsec_…');

const schema = z.object({
  PORT: port.default(3000),
  HOST: z.string().default('0.0.0.0'),
  DATA_DIR: z.string().optional(),
  DATABASE_URL: databaseUrl.optional(),
  DEMO: yesOrNo.optional(),
  DEMO_PASSWORD: z.string().min(8, 'must have at least 8 characters').optional(),
  SECRET_KEY: secretKey.optional(),
  ORIGIN: origin.optional(),
  SMTP_URL: smtpUrl.optional(),
  MAIL_FROM: mailFrom.optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
  TRUST_PROXY: trustProxy.default(0),
  STRIPE_SECRET_KEY: stripeKey.optional(),
  STRIPE_WEBHOOK_SECRET: stripeWebhookSecret.optional(),
  OIDC_PROVIDERS: oidcProvidersSchema.optional(),
});

/**
 * Parses the variables that Undercroft knows. An empty one counts as not given (compose files hand them on so).
 * A relative DATA_DIR is taken from the current folder; the default is `.data` in the checkout.
 * @throws EnvironmentError with every bad variable
 */
export function readEnvironment(variables: Record<string, string | undefined>): Environment {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim()));
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new EnvironmentError(parsed.error.issues.map(describeIssue));
  const values = parsed.data;
  const stripe = stripeOf(values);
  const publicOrigin = values.ORIGIN ?? `http://localhost:${values.PORT}`;
  const from = values.MAIL_FROM ?? `Undercroft <no-reply@${new URL(publicOrigin).hostname}>`;
  return {
    port: values.PORT,
    host: values.HOST,
    dataDir: values.DATA_DIR ? resolve(values.DATA_DIR) : join(findProjectRoot(), '.data'),
    databaseUrl: values.DATABASE_URL,
    demo: values.DEMO ?? values.DATABASE_URL === undefined,
    demoPassword: values.DEMO_PASSWORD,
    secretKey: values.SECRET_KEY,
    origin: publicOrigin,
    smtp: values.SMTP_URL === undefined ? undefined : { url: values.SMTP_URL, from },
    logLevel: values.LOG_LEVEL,
    trustProxy: values.TRUST_PROXY,
    stripe,
    oidcProviders: values.OIDC_PROVIDERS ?? [],
  };
}

/** Both or none: without the second nobody would believe that anything was paid. */
function stripeOf(values: z.infer<typeof schema>): Environment['stripe'] {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = values;
  if (secretKey !== undefined && webhookSecret !== undefined) return { secretKey, webhookSecret };
  if (secretKey === undefined && webhookSecret === undefined) return undefined;
  const variable = secretKey === undefined ? 'STRIPE_SECRET_KEY' : 'STRIPE_WEBHOOK_SECRET';
  throw new EnvironmentError([{ variable, problem: 'must be given, too: Stripe needs both' }]);
}

function describeIssue(issue: z.core.$ZodIssue): EnvironmentProblem {
  return { variable: String(issue.path[0]), problem: issue.message };
}
