import type {
  PublicKeyCredentialCreationOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import type { Pool } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { IdGenerator } from '../../platform/ids';
import { normalizeEmail, normalizeName } from '../auth/accounts';
import type { AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';
import { insertCredential } from '../auth/passkey-store';
import type { Passkeys } from '../auth/passkeys';
import { findPasswordProblem, type PasswordHasher } from '../auth/passwords';
import { findDoor, type Entrance, type From } from './entrance';

/** Somebody who wants an account, as typed. */
export interface Person {
  readonly email: string;
  readonly name: string;
  /** The secret of an invitation, as typed; undefined without one. */
  readonly invitation?: string | undefined;
  readonly from: From;
}

/** Who was let in; `siteId` is null for who has to ask a site first. */
export interface Registered {
  readonly userId: string;
  readonly siteId: string | null;
}

export interface Registrations {
  /** Whether somebody without an invitation gets an account. */
  isOpen(): Promise<boolean>;
  /** Refuses email_invalid, name_invalid, the codes of a password, and as `Entrance.register`. */
  byPassword(person: Person & { password: string }): Promise<AuthResult<Registered>>;
  /**
   * What the browser is to be asked for so that the person has an account by a passkey alone. Nothing is kept but the
   * challenge. Refuses email_invalid, name_invalid, and as `Entrance.register`: whether an address has an account is told to
   * nobody who would get none.
   */
  passkeyOptions(
    person: Omit<Person, 'from'>,
  ): Promise<AuthResult<{ challengeId: string; options: PublicKeyCredentialCreationOptionsJSON }>>;
  /** Makes the account with the passkey that the browser made. Refuses passkey_refused, and as `byPassword` does. */
  byPasskey(
    person: Person & { challengeId: string; response: RegistrationResponseJSON; passkeyName: string },
  ): Promise<AuthResult<Registered>>;
}

export interface RegistrationsOptions {
  pool: Pool;
  newId: IdGenerator;
  passwords: PasswordHasher;
  passkeys: Pick<Passkeys, 'newcomerOptions' | 'checkNewcomer'>;
  entrance: Entrance;
}

/**
 * A1: who has no account gets one, by a password or by a passkey alone. That an address has one already is said plainly, as
 * A1 asks (409): the limit on registering is what stands against trying addresses out.
 */
export function createRegistrations(options: RegistrationsOptions): Registrations {
  const { pool, newId, passwords, passkeys, entrance } = options;
  return {
    isOpen: async () => (await findDoor(pool)) !== 'closed',

    async byPassword({ password, invitation, from, ...typed }) {
      const checked = checkPerson(typed);
      if (!checked.ok) return checked;
      const problem = findPasswordProblem(password);
      if (problem) return refused(problem);
      // Before 20 ms of a thread are spent on whom nobody lets in.
      const door = await entrance.knock({ email: checked.value.email, invitation });
      if (!door.ok) return door;
      const hash = await passwords.hash(password);
      const newcomer = { userId: newId(), ...checked.value, hash, invitation, from };
      return await inTransaction(pool, (client) => entrance.register(client, newcomer));
    },

    async passkeyOptions({ invitation, ...typed }) {
      const checked = checkPerson(typed);
      if (!checked.ok) return checked;
      const door = await entrance.knock({ email: checked.value.email, invitation });
      if (!door.ok) return door;
      // A passkey that is made for nothing stays on the person's device for good.
      if (await hasAccount(pool, checked.value.email)) return refused('email_taken');
      return granted(await passkeys.newcomerOptions(checked.value));
    },

    async byPasskey({ challengeId, response, passkeyName, invitation, from, ...typed }) {
      const checked = checkPerson(typed);
      if (!checked.ok) return checked;
      const made = await passkeys.checkNewcomer({ challengeId, response, name: passkeyName });
      if (!made.ok) return made;
      const { userId } = made.value;
      const newcomer = { userId, ...checked.value, hash: undefined, invitation, from };
      return await inTransaction(pool, async (client) => {
        const registered = await entrance.register(client, newcomer);
        if (registered.ok && !(await insertCredential(client, made.value)))
          throw new Error('a credential that was made a moment ago is there already');
        return registered;
      });
    },
  };
}

function checkPerson({
  email,
  name,
}: Pick<Person, 'email' | 'name'>): AuthResult<{ email: string; name: string }> {
  const goodEmail = normalizeEmail(email);
  if (goodEmail === '') return refused('email_invalid');
  const goodName = normalizeName(name);
  return goodName === undefined ? refused('name_invalid') : granted({ email: goodEmail, name: goodName });
}

async function hasAccount(pool: Pool, email: string): Promise<boolean> {
  const { rowCount } = await pool.query('select from users where lower(email) = $1', [email]);
  return rowCount === 1;
}
