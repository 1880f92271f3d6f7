import { createHash, randomBytes } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import { open, seal, type SecretKey } from '../../platform/secret-key';
import type { FlowSecrets, ProvedIdentity } from './oidc-client';

/** What an authorization was begun for. */
export type FlowPurpose = 'sign_in' | 'link' | 'verify';

export interface Flow {
  readonly provider: string;
  readonly purpose: FlowPurpose;
  /** Whose account it is about; null for a sign-in. */
  readonly userId: string | null;
  /** Where in the app to go on. */
  readonly returnTo: string;
}

/** A flow that its browser has come back from. */
export interface TakenFlow extends Flow {
  readonly secrets: FlowSecrets;
  /** Epoch ms. */
  readonly begunAt: number;
}

/** An identity that the provider has proved and nobody has here yet, waiting for what its person decides. */
export interface WaitingIdentity {
  readonly provider: string;
  readonly identity: ProvedIdentity;
}

/** Milliseconds from beginning to coming back: a password manager, a second factor and a slow network lie in between. */
export const FLOW_LIFETIME = 10 * 60_000;
/** Milliseconds for deciding what becomes of an unknown identity: signing in another way may take a recovery mail. */
export const WAITING_LIFETIME = 30 * 60_000;
/** Each new flow removes some that nobody came back from: more than one, so that they do not add up. */
const SWEEP_AT_MOST = 20;
const SECRET_BYTES = 32;
const SECRET_TEXT = /^[A-Za-z0-9_-]{43}$/;

const identitySchema = z.object({
  issuer: z.string(),
  subject: z.string(),
  email: z.string(),
  isEmailVerified: z.boolean(),
  name: z.string(),
});

/** 256 random bits as base64url. */
export function createSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** Whether a text can be one of `createSecret`. */
export function isSecret(text: string | undefined): text is string {
  return text !== undefined && SECRET_TEXT.test(text);
}

export interface OidcFlows {
  /** Keeps a flow that begins at `now` (epoch ms) for this browser's secret, and answers what goes to the provider. */
  begin(flow: Flow, browser: { secret: string; now: number }): Promise<FlowSecrets>;
  /**
   * Takes the flow of this state away, so that nobody comes back twice. Undefined when it is over, was begun in another browser
   * or for another provider; then it stays, so that a stranger who has seen the state cannot end it.
   */
  take(
    asked: { state: string; provider: string },
    browser: { secret: string; now: number },
  ): Promise<TakenFlow | undefined>;
  /** Keeps who the provider says it is for this browser until it is decided; one at a time. */
  keepWaiting(
    flow: TakenFlow,
    identity: ProvedIdentity,
    browser: { secret: string; now: number },
  ): Promise<void>;
  /** The identity that waits in this browser. */
  findWaiting(browser: { secret: string; now: number }): Promise<WaitingIdentity | undefined>;
  /** The same, locked until the transaction ends. */
  lockWaiting(
    client: PoolClient,
    browser: { secret: string; now: number },
  ): Promise<WaitingIdentity | undefined>;
  /** Ends the waiting. */
  endWaiting(client: PoolClient | Pool, browserSecret: string): Promise<void>;
}

/** Table oidc_flows. Whoever holds the database has neither state nor the browser's secret, and the verifier is sealed. */
export function createOidcFlows({ pool, secretKey }: { pool: Pool; secretKey: SecretKey }): OidcFlows {
  const selectWaiting = async (
    from: Pool | PoolClient,
    browser: { secret: string; now: number },
    lock: '' | 'for update',
  ): Promise<WaitingIdentity | undefined> => {
    const { rows } = await from.query<{ provider: string; proved: unknown }>(
      `select provider, proved from oidc_flows where browser_sha256 = $1 and proved is not null and expires_at > $2
        order by expires_at desc limit 1 ${lock}`,
      [digest(browser.secret), new Date(browser.now)],
    );
    const row = rows[0];
    return row && { provider: row.provider, identity: identitySchema.parse(row.proved) };
  };

  return {
    async begin({ provider, purpose, userId, returnTo }, { secret, now }) {
      const secrets = { state: createSecret(), nonce: createSecret(), verifier: createSecret() };
      const sealed = seal(secretKey, Buffer.from(secrets.verifier), purposeOf(secrets.state));
      await pool.query(
        `with swept as (
           delete from oidc_flows where state_sha256 in (
             select state_sha256 from oidc_flows where expires_at <= $9
              order by state_sha256 limit ${SWEEP_AT_MOST} for update skip locked)
         )
         insert into oidc_flows (state_sha256, browser_sha256, provider, nonce, sealed_verifier, purpose, user_id, return_to,
                                 expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $10)`,
        [
          digest(secrets.state),
          digest(secret),
          provider,
          secrets.nonce,
          sealed,
          purpose,
          userId,
          returnTo,
          new Date(now),
          new Date(now + FLOW_LIFETIME),
        ],
      );
      return secrets;
    },

    async take({ state, provider }, { secret, now }) {
      const { rows } = await pool.query<{
        nonce: string;
        sealed_verifier: Uint8Array;
        purpose: FlowPurpose;
        user_id: string | null;
        return_to: string;
        expires_at: Date;
      }>(
        `delete from oidc_flows where state_sha256 = $1 and browser_sha256 = $2 and provider = $3 and proved is null
         returning nonce, sealed_verifier, purpose, user_id, return_to, expires_at`,
        [digest(state), digest(secret), provider],
      );
      const row = rows[0];
      if (!row || row.expires_at.getTime() <= now) return undefined;
      const verifier = Buffer.from(open(secretKey, row.sealed_verifier, purposeOf(state))).toString('utf8');
      return {
        provider,
        purpose: row.purpose,
        userId: row.user_id,
        returnTo: row.return_to,
        secrets: { state, nonce: row.nonce, verifier },
        begunAt: row.expires_at.getTime() - FLOW_LIFETIME,
      };
    },

    async keepWaiting(flow, identity, { secret, now }) {
      await pool.query(
        `with before as (delete from oidc_flows where browser_sha256 = $2 and proved is not null)
         insert into oidc_flows (state_sha256, browser_sha256, provider, nonce, sealed_verifier, purpose, proved, expires_at)
         values ($1, $2, $3, '', '', $4, $5, $6)`,
        [
          digest(flow.secrets.state),
          digest(secret),
          flow.provider,
          flow.purpose,
          JSON.stringify(identity),
          new Date(now + WAITING_LIFETIME),
        ],
      );
    },

    findWaiting: (browser) => selectWaiting(pool, browser, ''),
    lockWaiting: (client, browser) => selectWaiting(client, browser, 'for update'),

    async endWaiting(client, browserSecret) {
      await client.query('delete from oidc_flows where browser_sha256 = $1 and proved is not null', [
        digest(browserSecret),
      ]);
    },
  };
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function purposeOf(state: string): string {
  return `oidc:${digest(state).toString('base64url')}`;
}
