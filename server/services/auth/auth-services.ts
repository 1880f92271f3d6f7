import type { Pool } from 'pg';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import { joinSite } from '../sites/join-site';
import type { Accounts, JoinAsResident } from './accounts';
import { createAccounts } from './accounts';
import type { Passkeys } from './passkeys';
import { createPasskeys } from './passkeys';
import { createPasswordHasher } from './passwords';
import type { Sessions } from './sessions';
import { createSessions } from './sessions';
import type { SignInLimits } from './sign-in-limits';
import { createSignInLimits } from './sign-in-limits';

/** All of identity that a request may need. */
export interface AuthServices {
  readonly accounts: Accounts;
  readonly passkeys: Passkeys;
  readonly sessions: Sessions;
  readonly limits: SignInLimits;
}

export interface AuthServicesOptions {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  /** The public origin, e.g. `https://parking.example`. */
  origin: string;
  /** Milliseconds. Default: 30 days. */
  sessionLifetime?: number;
}

export function createAuthServices(options: AuthServicesOptions): AuthServices {
  const { clock, newId, sessionLifetime } = options;
  const joinAsResident: JoinAsResident = (client, member) =>
    joinSite(client, { ...member, role: 'resident' }, { newId, now: clock.now() });
  return {
    accounts: createAccounts({ ...options, passwords: createPasswordHasher(), joinAsResident }),
    passkeys: createPasskeys(options),
    sessions: createSessions({ ...options, ...(sessionLifetime && { lifetime: sessionLifetime }) }),
    limits: createSignInLimits(options),
  };
}
