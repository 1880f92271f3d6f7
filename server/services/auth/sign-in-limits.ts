import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf, placeOf } from './network-place';

/** What is counted apart from each other. */
export type LimitedCall =
  | 'signIn'
  | 'signInSecondFactor'
  | 'register'
  | 'registerInvited'
  | 'passkeySignInOptions'
  | 'passkeySignIn'
  | 'verifyOptions'
  | 'verifyByPasskey'
  | 'verifyByPassword'
  | 'oidcBegin'
  | 'oidcCallback'
  | 'unlockBegin'
  | 'unlockPrompt'
  | 'unlockPromptDaily'
  | 'unlockCollect'
  | 'unlockFind'
  | 'unlockDecide'
  | 'pushSubscribe'
  | 'invitationLook'
  | 'invitationAccept'
  | 'invitationIssue'
  | 'joiningAsk'
  | 'sendEmailVerification'
  | 'changeEmail'
  | 'useEmailLink'
  | 'recover'
  | 'recoverWith'
  | 'exportData'
  | 'sessionRevoke'
  | 'siteSwitch'
  | 'platformMail'
  | 'visitorLink'
  | 'calendarFeed'
  | 'checkout';

/** `points` calls in `duration` seconds; counted from the first of them. */
export interface Limit {
  readonly points: number;
  readonly duration: number;
}

/**
 * What a call is counted by: the household that it comes from, the networks around it, what it tries to get into, and all of
 * the installation.
 */
export type LimitedBy = 'address' | 'area' | 'account' | 'site';

/** The installation's limit. Used up, it still lets a call through for an account with fewer than `spared` failures. */
export interface SiteLimit extends Limit {
  readonly spared?: number;
}

export type SignInLimitTable = Readonly<
  Record<LimitedCall, { address: Limit; area?: Limit; account?: Limit; site?: SiteLimit }>
>;

/** A call that may go on, or the whole seconds after which it may be tried again. */
export type Admission =
  | {
      readonly ok: true;
      /** Takes the attempt back: only failures are to count. A call that counts always does not say it. */
      succeeded(): Promise<void>;
    }
  | { readonly ok: false; readonly retryAfter: number };

/** Who asks, as far as it is counted. */
export interface LimitedCaller {
  readonly address: string;
  readonly account?: string;
}

export interface SignInLimits {
  /**
   * Counts an attempt before it is made, so that many at once cannot slip through.
   * `address` is the caller's IP address; `account` what the call tries to get into: an e-mail or a credential id.
   */
  admit(call: LimitedCall, who: LimitedCaller): Promise<Admission>;
}

const MINUTE = 60;

/**
 * An account's limit is low, as it stands against guessing one password; whoever is locked out by a stranger's guesses
 * still has the passkey. An address's is higher: a whole building may stand behind one. An area's is four times that: who
 * has a /48 has 65,536 households. The site's stands against guesses at many accounts from many networks. It slows them
 * down, and leaves each account a few tries, so that no stranger can shut a house out; passkeys have none.
 */
export const defaultLimits: SignInLimitTable = {
  signIn: {
    address: { points: 60, duration: 5 * MINUTE },
    area: { points: 240, duration: 5 * MINUTE },
    account: { points: 10, duration: 15 * MINUTE },
    site: { points: 600, duration: 15 * MINUTE, spared: 3 },
  },
  // Who comes here has had the first factor. At this rate one of the three good codes in a million is found in about a year.
  signInSecondFactor: {
    address: { points: 60, duration: 5 * MINUTE },
    account: { points: 10, duration: 15 * MINUTE },
  },
  register: {
    address: { points: 30, duration: 60 * MINUTE },
    area: { points: 120, duration: 60 * MINUTE },
    site: { points: 300, duration: 60 * MINUTE },
  },
  // A whole house may do so in one evening, and nobody without an invitation gets far: no limit for all.
  registerInvited: {
    address: { points: 60, duration: 60 * MINUTE },
    area: { points: 240, duration: 60 * MINUTE },
  },
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
  // Each makes the provider be asked, once it is known that the browser has begun it.
  oidcBegin: { address: { points: 120, duration: 5 * MINUTE } },
  oidcCallback: { address: { points: 120, duration: 5 * MINUTE } },
  unlockBegin: {
    address: { points: 60, duration: 5 * MINUTE },
    area: { points: 240, duration: 5 * MINUTE },
  },
  // Whoever is asked again and again says yes in the end.
  unlockPrompt: {
    address: { points: 30, duration: 10 * MINUTE },
    account: { points: 3, duration: 10 * MINUTE },
  },
  unlockPromptDaily: {
    address: { points: 200, duration: 24 * 60 * MINUTE },
    account: { points: 10, duration: 24 * 60 * MINUTE },
  },
  // Only those for a request that is not this browser's.
  unlockCollect: { address: { points: 60, duration: 5 * MINUTE } },
  // Ten tries at one of 31^7 codes, each good for two minutes.
  unlockFind: {
    address: { points: 60, duration: 5 * MINUTE },
    account: { points: 10, duration: 5 * MINUTE },
  },
  unlockDecide: {
    address: { points: 120, duration: 5 * MINUTE },
    account: { points: 30, duration: 5 * MINUTE },
  },
  pushSubscribe: {
    address: { points: 120, duration: 60 * MINUTE },
    account: { points: 30, duration: 60 * MINUTE },
  },
  // A printed code has 49 bits: at this pace one address finds one of a thousand in some millions of years.
  invitationLook: {
    address: { points: 60, duration: 5 * MINUTE },
    area: { points: 240, duration: 5 * MINUTE },
    // Even at this one it would take two centuries; lower, twenty addresses would shut invitations for everybody.
    site: { points: 12_000, duration: 5 * MINUTE },
  },
  invitationAccept: {
    address: { points: 60, duration: 5 * MINUTE },
    account: { points: 20, duration: 15 * MINUTE },
  },
  // Against a manager's account that somebody uses to send mails: the account here is the site.
  invitationIssue: {
    address: { points: 300, duration: 60 * MINUTE },
    account: { points: 300, duration: 24 * 60 * MINUTE },
  },
  joiningAsk: {
    address: { points: 60, duration: 60 * MINUTE },
    account: { points: 10, duration: 60 * MINUTE },
  },
  // Each of these sends a mail: nobody's mailbox is to be filled through this server, nor the address of one account by many.
  sendEmailVerification: {
    address: { points: 60, duration: 60 * MINUTE },
    account: { points: 5, duration: 60 * MINUTE },
  },
  changeEmail: {
    address: { points: 60, duration: 60 * MINUTE },
    account: { points: 5, duration: 60 * MINUTE },
  },
  recover: {
    address: { points: 30, duration: 60 * MINUTE },
    area: { points: 120, duration: 60 * MINUTE },
    account: { points: 3, duration: 60 * MINUTE },
  },
  // Secrets of 160 bits are not guessed: these are against the load.
  useEmailLink: { address: { points: 60, duration: 5 * MINUTE } },
  recoverWith: { address: { points: 60, duration: 5 * MINUTE } },
  // Reads much at a time.
  exportData: {
    address: { points: 60, duration: 60 * MINUTE },
    account: { points: 6, duration: 60 * MINUTE },
  },
  sessionRevoke: {
    address: { points: 120, duration: 15 * MINUTE },
    account: { points: 60, duration: 15 * MINUTE },
  },
  // Each makes a new token and writes the session anew.
  siteSwitch: {
    address: { points: 600, duration: 5 * MINUTE },
    account: { points: 30, duration: 5 * MINUTE },
  },
  // Makes sites and sends mails.
  platformMail: {
    address: { points: 60, duration: 60 * MINUTE },
    account: { points: 60, duration: 60 * MINUTE },
  },
  // A secret of 256 bits is not guessed: this is against the load. A phone that shows its pass asks once a minute.
  visitorLink: { address: { points: 600, duration: 5 * MINUTE } },
  // The same: 256 bits. Many calendars are fetched from few addresses, those of the services that keep them; one calendar on a
  // handful of devices is asked for a few times an hour.
  calendarFeed: {
    address: { points: 1200, duration: 5 * MINUTE },
    account: { points: 60, duration: 60 * MINUTE },
  },
  // Each is a call of the provider, whose own limit all buildings share.
  checkout: {
    address: { points: 120, duration: 10 * MINUTE },
    account: { points: 20, duration: 10 * MINUTE },
  },
};

/**
 * Limits shared by all processes, in table rate_limits. Who has used up a limit is turned away from memory until it is
 * over, without asking the database. Keys hold hashes, so that the table names no e-mail.
 */
export function createSignInLimits({
  pool,
  limits = defaultLimits,
  onLimited,
}: {
  pool: Pool;
  limits?: SignInLimitTable;
  /** Told when a limit is reached, once in its duration: not of each call that is turned away after that. */
  onLimited?: (limited: { call: LimitedCall; by: LimitedBy; who: LimitedCaller }) => void;
}): SignInLimits {
  const limiters = new Map<string, RateLimiterPostgres>();
  for (const [call, by] of Object.entries(limits)) {
    for (const [name, limit] of Object.entries(by)) {
      limiters.set(`${call}:${name}`, createLimiter(pool, `${call}:${name}`, limit));
    }
  }

  return {
    async admit(call, who) {
      const counted = countedBy(who).flatMap(({ by, key }) => {
        const limiter = limiters.get(`${call}:${by}`);
        return limiter ? [{ by, key, limiter }] : [];
      });
      const taken: typeof counted = [];
      let failures = Infinity;
      for (const one of counted) {
        const { by, key, limiter } = one;
        const { refusal, consumed } = await consume(limiter, key);
        if (!refusal) {
          taken.push(one);
          if (by === 'account') failures = consumed - 1;
          continue;
        }
        if (refusal.isFirst) onLimited?.({ call, by, who });
        const isSpared = by === 'site' && failures < (limits[call].site?.spared ?? 0);
        if (!isSpared) return { ok: false, retryAfter: refusal.retryAfter };
      }
      return {
        ok: true,
        succeeded: async () => {
          await Promise.all(
            taken.map(({ by, key, limiter }) =>
              by === 'account' ? limiter.delete(key) : limiter.reward(key),
            ),
          );
        },
      };
    },
  };
}

/** In the order in which they are asked: a stranger who is turned away by address costs no account a try. */
function countedBy({ address, account }: LimitedCaller): { by: LimitedBy; key: string }[] {
  return [
    { by: 'address', key: networkOf(address) },
    { by: 'area', key: placeOf(address) || networkOf(address) },
    ...(account === undefined ? [] : [{ by: 'account' as const, key: digest(account) }]),
    { by: 'site', key: 'installation' },
  ];
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

/**
 * The points used with this call; where it is too many, also the seconds to wait, and whether it is the first that is.
 */
async function consume(
  limiter: RateLimiterPostgres,
  key: string,
): Promise<{ consumed: number; refusal?: { retryAfter: number; isFirst: boolean } }> {
  try {
    return { consumed: (await limiter.consume(key)).consumedPoints };
  } catch (reason) {
    if (!(reason instanceof RateLimiterRes)) throw reason;
    const retryAfter = Math.max(1, Math.ceil(reason.msBeforeNext / 1000));
    const consumed = reason.consumedPoints;
    return { consumed, refusal: { retryAfter, isFirst: consumed === limiter.points + 1 } };
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
