import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import type { SecretKey } from '../../platform/secret-key';
import { normalizeEmail, normalizeName } from '../auth/accounts';
import type { AuthRefusal, AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';
import { countOtherWaysIn } from '../auth/ways-in';
import type { Entrance, From } from '../joining/entrance';
import {
  deleteIdentity,
  insertIdentity,
  selectIdentities,
  type ExternalIdentity,
} from './external-identities';
import { createOidcFlows, isSecret, type OidcFlows, type WaitingIdentity } from './oidc-flows';

/** The accounts elsewhere that users here have, and those that wait in a browser for one. */
export interface Identities {
  /** Who has proved themselves in this browser and is nobody here yet; null when nobody has. */
  waiting(browserSecret: string | undefined): Promise<WaitingIdentity | null>;
  /**
   * Links what waits in this browser to the user, who has just proved to be the account's owner.
   * Refuses oidc_expired, oidc_identity_taken.
   */
  linkWaiting(request: {
    browserSecret: string | undefined;
    userId: string;
  }): Promise<AuthResult<WaitingIdentity>>;
  /**
   * Makes a user whose one way in is what waits in this browser. An e-mail that has an account is refused and never linked.
   * Refuses oidc_expired, email_invalid, name_invalid, oidc_identity_taken, and as `Entrance.register`.
   */
  register(request: {
    browserSecret: string | undefined;
    email: string;
    name: string;
    invitation: string | undefined;
    from: From;
  }): Promise<AuthResult<{ userId: string }>>;
  /** A user's identities, the oldest first. */
  list(userId: string): Promise<ExternalIdentity[]>;
  /** Refuses oidc_identity_not_found, and oidc_last_way_in when nothing else lets the user in. */
  remove(request: { userId: string; issuer: string; subject: string }): Promise<AuthResult<null>>;
}

export interface IdentitiesOptions {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  secretKey: SecretKey;
  entrance: Pick<Entrance, 'register'>;
}

/** Ends a transaction without a trace, for a reason that is no bug. */
class Refusal extends Error {
  constructor(readonly refusal: AuthRefusal) {
    super(refusal.code);
  }
}

export function createIdentities(
  options: IdentitiesOptions,
  flows: OidcFlows = createOidcFlows(options),
): Identities {
  const { pool, clock, newId, entrance } = options;

  /** Takes what waits in this browser for the user, within the transaction; throws a Refusal. */
  const takeWaiting = async (
    client: PoolClient,
    browserSecret: string | undefined,
    linkTo: (waiting: WaitingIdentity) => Promise<string>,
  ): Promise<WaitingIdentity> => {
    const now = clock.now();
    if (!isSecret(browserSecret)) throw new Refusal(refused('oidc_expired'));
    const waiting = await flows.lockWaiting(client, { secret: browserSecret, now });
    if (!waiting) throw new Refusal(refused('oidc_expired'));
    const userId = await linkTo(waiting);
    const { identity } = waiting;
    if (!(await insertIdentity(client, { identity, userId, now })))
      throw new Refusal(refused('oidc_identity_taken'));
    await flows.endWaiting(client, browserSecret);
    return waiting;
  };

  const inOne = async <T>(deed: (client: PoolClient) => Promise<T>): Promise<AuthResult<T>> => {
    try {
      return granted(await inTransaction(pool, deed));
    } catch (error) {
      if (error instanceof Refusal) return error.refusal;
      throw error;
    }
  };

  return {
    async waiting(browserSecret) {
      if (!isSecret(browserSecret)) return null;
      return (await flows.findWaiting({ secret: browserSecret, now: clock.now() })) ?? null;
    },

    linkWaiting: ({ browserSecret, userId }) =>
      inOne((client) => takeWaiting(client, browserSecret, () => Promise.resolve(userId))),

    async register({ browserSecret, invitation, from, ...given }) {
      const email = normalizeEmail(given.email);
      if (email === '') return refused('email_invalid');
      const name = normalizeName(given.name);
      if (name === undefined) return refused('name_invalid');
      const userId = newId();
      const person = { userId, email, name, hash: undefined, invitation, from };
      return await inOne(async (client) => {
        await takeWaiting(client, browserSecret, async ({ identity }) => {
          const emailVerified = identity.isEmailVerified && identity.email === email;
          const registered = await entrance.register(client, { ...person, emailVerified });
          if (!registered.ok) throw new Refusal(registered);
          return userId;
        });
        return { userId };
      });
    },

    list: (userId) => selectIdentities(pool, userId),

    remove: ({ userId, issuer, subject }) =>
      inOne(async (client) => {
        const others = await countOtherWaysIn(client, userId, { kind: 'identity', issuer, subject });
        if (!(await deleteIdentity(client, userId, { issuer, subject })))
          throw new Refusal(refused('oidc_identity_not_found'));
        if (others === 0) throw new Refusal(refused('oidc_last_way_in'));
        return null;
      }),
  };
}
