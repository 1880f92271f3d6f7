import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';

/** What is counted apart from each other. */
export type LimitedCall =
  | 'signIn'
  | 'register'
  | 'passkeySignInOptions'
  | 'passkeySignIn'
  | 'verifyOptions'
  | 'verifyByPasskey'
  | 'verifyByPassword'
  | 'visitorLink';

/** `points` calls in `duration` seconds; counted from the first of them. */
export interface Limit {
  readonly points: number;
  readonly duration: number;
}

export type SignInLimitTable = Readonly<Record<LimitedCall, { address: Limit; account?: Limit }>>;

/** A call that may go on, or the whole seconds after which it may be tried again. */
export type Admission =
  | {
      readonly ok: true;
      /** Takes the attempt back: only failures are to count. A call that counts always does not say it. */
      succeeded(): Promise<void>;
    }
  | { readonly ok: false; readonly retryAfter: number };

export interface SignInLimits {
  /**
   * Counts an attempt before it is made, so that many at once cannot slip through.
   * `address` is the caller's IP address; `account` what the call tries to get into: an e-mail or a credential id.
   */
  admit(call: LimitedCall, who: { address: string; account?: string }): Promise<Admission>;
}

const MINUTE = 60;

/**
 * An account's limit is low, as it stands against guessing one password; whoever is locked out by a stranger's guesses
 * still has the passkey. An address's is higher: a whole building may stand behind one.
 */
export const defaultLimits: SignInLimitTable = {
  signIn: {
    address: { points: 60, duration: 5 * MINUTE },
    account: { points: 10, duration: 15 * MINUTE },
  },
  register: { address: { points: 30, duration: 60 * MINUTE } },
  passkeySignInOptions: { address: { points: 120, duration: 5 * MINUTE } },
  passkeySignIn: {
    address: { points: 60, duration: 5 * MINUTE },
    account: { points: 10, duration: 15 * MINUTE },
  },
  // Apart from the sign-in's: a stranger's guesses there do not keep the owner from proving who they are.
  verifyOptions: { address: { points: 120, duration: 5 * MINUTE } },
  verifyByPasskey: {
    address: { points: 60, duration: 5 * MINUTE },
    account: { points: 10, duration: 15 * MINUTE },
  },
  verifyByPassword: {
    address: { points: 60, duration: 5 * MINUTE },
    account: { points: 10, duration: 15 * MINUTE },
  },
  // A secret of 256 bits is not guessed: this is against the load. A phone that shows its pass asks once a minute.
  visitorLink: { address: { points: 600, duration: 5 * MINUTE } },
};

/**
 * Limits shared by all processes, in table rate_limits. Who has used up a limit is turned away from memory until it is
 * over, without asking the database. Keys hold hashes, so that the table names no e-mail.
 */
export function createSignInLimits({
  pool,
  limits = defaultLimits,
}: {
  pool: Pool;
  limits?: SignInLimitTable;
}): SignInLimits {
  const limiters = new Map<string, RateLimiterPostgres>();
  for (const [call, { address, account }] of Object.entries(limits)) {
    limiters.set(`${call}:address`, createLimiter(pool, `${call}:address`, address));
    if (account) limiters.set(`${call}:account`, createLimiter(pool, `${call}:account`, account));
  }

  return {
    async admit(call, { address, account }) {
      const byAddress = limiters.get(`${call}:address`);
      const byAccount = account === undefined ? undefined : limiters.get(`${call}:account`);
      const addressKey = networkOf(address);
      const accountKey = digest(account ?? '');
      const retryAfter = (await consume(byAddress, addressKey)) ?? (await consume(byAccount, accountKey));
      if (retryAfter !== undefined) return { ok: false, retryAfter };
      return {
        ok: true,
        succeeded: async () => {
          await Promise.all([byAddress?.reward(addressKey), byAccount?.delete(accountKey)]);
        },
      };
    },
  };
}

function createLimiter(pool: Pool, keyPrefix: string, { points, duration }: Limit): RateLimiterPostgres {
  return new RateLimiterPostgres({
    storeClient: pool,
    // Said, because it is otherwise told from the constructor's name, which a bundler may change.
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix,
    points,
    duration,
    inMemoryBlockOnConsumed: points + 1,
  });
}

/** The seconds to wait, or nothing when there was a point left. */
async function consume(limiter: RateLimiterPostgres | undefined, key: string): Promise<number | undefined> {
  try {
    await limiter?.consume(key);
    return undefined;
  } catch (reason) {
    if (reason instanceof RateLimiterRes) return Math.max(1, Math.ceil(reason.msBeforeNext / 1000));
    throw reason;
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** What stands for one household: an IPv4 address, or the /64 of an IPv6 one, within which anybody may pick addresses. */
export function networkOf(address: string): string {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(bare)) return bare.slice(0, 64);
  const [head = '', tail] = bare.split('::');
  const groups = head === '' ? [] : head.split(':');
  const tailLength = tail ? tail.split(':').length : 0;
  const filled =
    tail === undefined ? groups : [...groups, ...Array<string>(8 - groups.length - tailLength).fill('0')];
  const all = tail ? [...filled, ...tail.split(':')] : filled;
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
