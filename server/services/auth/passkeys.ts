import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import type { Pool } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import { normalizeName } from './accounts';
import type { AuthResult } from './auth-result';
import { granted, refused } from './auth-result';
import { CHALLENGE_LIFETIME, createPasskeyChallenges } from './passkey-challenges';
import { selectPasskeyKeys, type PasskeyKey } from './passkey-keys';
import type { NewCredential, Passkey, StoredCredential } from './passkey-store';
import {
  deletePasskey,
  insertCredential,
  recordUse,
  renamePasskey,
  selectCredential,
  selectPasskeys,
} from './passkey-store';

export interface Passkeys {
  /** What the browser is to be asked for in order to make a passkey for this user. */
  registerOptions(user: {
    id: string;
    email: string;
    name: string;
  }): Promise<{ challengeId: string; options: PublicKeyCredentialCreationOptionsJSON }>;
  /** Keeps the passkey that the browser made. Refuses passkey_refused, name_invalid. */
  register(request: {
    userId: string;
    challengeId: string;
    response: RegistrationResponseJSON;
    name: string;
  }): Promise<AuthResult<Passkey>>;
  /** A1: what the browser is to be asked for so that somebody gets an account by the passkey alone; it is none's yet. */
  newcomerOptions(person: {
    email: string;
    name: string;
  }): Promise<{ challengeId: string; options: PublicKeyCredentialCreationOptionsJSON }>;
  /**
   * The passkey that the browser made for `newcomerOptions`, with the id of the user that is to be made; nothing is kept.
   * Refuses passkey_refused, name_invalid.
   */
  checkNewcomer(request: {
    challengeId: string;
    response: RegistrationResponseJSON;
    name: string;
  }): Promise<AuthResult<NewCredential>>;
  /** What the browser is to be asked for in order to sign in with whichever passkey the person picks. */
  signInOptions(): Promise<{ challengeId: string; options: PublicKeyCredentialRequestOptionsJSON }>;
  /** Whose passkey has answered. Refuses passkey_refused, whatever was wrong. */
  signIn(request: {
    challengeId: string;
    response: AuthenticationResponseJSON;
  }): Promise<AuthResult<{ userId: string }>>;
  /**
   * What the browser is to be asked for so that a signed-in user proves once more who they are; null for one without
   * passkeys.
   */
  verifyOptions(
    userId: string,
  ): Promise<{ challengeId: string; options: PublicKeyCredentialRequestOptionsJSON } | null>;
  /** Whether one of this user's own passkeys has answered. Refuses passkey_refused, whatever was wrong. */
  verify(request: {
    userId: string;
    challengeId: string;
    response: AuthenticationResponseJSON;
  }): Promise<AuthResult<null>>;
  /** A user's passkeys, the oldest first. */
  list(userId: string): Promise<Passkey[]>;
  /** The public keys of them, in the same order, for the app's lock on the user's own device. */
  keys(userId: string): Promise<PasskeyKey[]>;
  /** Refuses passkey_not_found, name_invalid. */
  rename(request: { userId: string; credentialId: string; name: string }): Promise<AuthResult<null>>;
  /** Refuses passkey_not_found, and passkey_last_way_in when there is neither another passkey nor a password. */
  remove(request: { userId: string; credentialId: string }): Promise<AuthResult<null>>;
}

export interface PasskeysOptions {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  /** The public origin; its host name is the relying party's id. */
  origin: string;
}

const RELYING_PARTY_NAME = 'Undercroft';
/** COSE: Ed25519, ES256, RS256. Fixed, as the library's default depends on what the process's Node can do. */
const ALGORITHMS = [-8, -7, -257];

/**
 * Passkeys: discoverable credentials with user verification (WebAuthn level 3), so that the person types nothing.
 * The attestation is not asked for: which make of authenticator it is decides nothing here.
 */
export function createPasskeys(options: PasskeysOptions): Passkeys {
  const { pool, clock, origin } = options;
  const rpID = new URL(origin).hostname;
  const challenges = createPasskeyChallenges(options);

  const verifyNew = async (response: RegistrationResponseJSON, expectedChallenge: string) => {
    const { registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge,
      expectedOrigin: origin,
      expectedRPID: rpID,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    return registrationInfo;
  };

  const creationOptions = (
    user: { id: string; email: string; name: string },
    challenge: Uint8Array<ArrayBuffer>,
  ): Promise<PublicKeyCredentialCreationOptionsJSON> =>
    generateRegistrationOptions({
      rpName: RELYING_PARTY_NAME,
      rpID,
      userID: userHandleOf(user.id),
      userName: user.email,
      userDisplayName: user.name,
      challenge,
      timeout: CHALLENGE_LIFETIME,
      attestationType: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: ALGORITHMS,
    });

  /** The passkey of a good answer to the challenge, not kept yet; undefined for any other. */
  const readCredential = async (
    response: RegistrationResponseJSON,
    challenge: string | undefined,
    { userId, name }: { userId: string; name: string },
  ): Promise<NewCredential | undefined> => {
    if (challenge === undefined) return undefined;
    const info = await undefinedIfThrows(() => verifyNew(response, challenge));
    return (
      info && {
        credentialId: info.credential.id,
        userId,
        publicKey: info.credential.publicKey,
        counter: info.credential.counter,
        transports: info.credential.transports ?? [],
        backedUp: info.credentialBackedUp,
        name,
        createdAt: clock.now(),
      }
    );
  };

  const verifyUse = async (
    response: AuthenticationResponseJSON,
    expectedChallenge: string,
    stored: StoredCredential,
  ) => {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge,
      expectedOrigin: origin,
      expectedRPID: rpID,
      requireUserVerification: true,
      credential: { id: stored.credentialId, publicKey: stored.publicKey, counter: stored.counter },
    });
    return verified ? authenticationInfo : undefined;
  };

  /** Whether the answer is good; then its use is recorded. */
  const takeAnswer = async (
    response: AuthenticationResponseJSON,
    challenge: string,
    stored: StoredCredential,
  ): Promise<boolean> => {
    const info = await undefinedIfThrows(() => verifyUse(response, challenge, stored));
    if (!info) return false;
    return await recordUse(pool, {
      credentialId: stored.credentialId,
      counter: info.newCounter,
      backedUp: info.credentialBackedUp,
      at: clock.now(),
    });
  };

  return {
    async registerOptions(user) {
      const { challengeId, challenge } = await challenges.create('register', user.id);
      const own = await selectPasskeys(pool, user.id);
      const creation = await creationOptions(user, challenge);
      const excludeCredentials = own.map(({ credentialId }) => ({
        id: credentialId,
        type: 'public-key' as const,
      }));
      return { challengeId, options: { ...creation, excludeCredentials } };
    },

    async register({ userId, challengeId, response, name }) {
      const goodName = normalizeName(name);
      if (goodName === undefined) return refused('name_invalid');
      const challenge = await challenges.take(challengeId, 'register', userId);
      const created = await readCredential(response, challenge, { userId, name: goodName });
      if (!created || !(await insertCredential(pool, created))) return refused('passkey_refused');
      const { credentialId, createdAt } = created;
      return granted({ credentialId, name: goodName, createdAt, lastUsedAt: null });
    },

    async newcomerOptions(person) {
      const { challengeId, challenge } = await challenges.create('join', null);
      // The challenge's id becomes the user's: the authenticator is told whose the passkey is before there is a user.
      return { challengeId, options: await creationOptions({ ...person, id: challengeId }, challenge) };
    },

    async checkNewcomer({ challengeId, response, name }) {
      const goodName = normalizeName(name);
      if (goodName === undefined) return refused('name_invalid');
      const challenge = await challenges.take(challengeId, 'join', null);
      const created = await readCredential(response, challenge, { userId: challengeId, name: goodName });
      return created ? granted(created) : refused('passkey_refused');
    },

    async signInOptions() {
      const { challengeId, challenge } = await challenges.create('authenticate', null);
      const request = await generateAuthenticationOptions({
        rpID,
        challenge,
        timeout: CHALLENGE_LIFETIME,
        userVerification: 'required',
      });
      return { challengeId, options: request };
    },

    async signIn({ challengeId, response }) {
      const challenge = await challenges.take(challengeId, 'authenticate', null);
      const stored = await selectCredential(pool, response.id);
      if (challenge === undefined || !stored) return refused('passkey_refused');
      // WebAuthn §7.2 step 6: for a discoverable credential the handle is there and names the owner.
      if (response.response.userHandle !== userHandleText(stored.userId)) return refused('passkey_refused');
      const isGood = await takeAnswer(response, challenge, stored);
      return isGood ? granted({ userId: stored.userId }) : refused('passkey_refused');
    },

    async verifyOptions(userId) {
      const own = await selectPasskeys(pool, userId);
      if (own.length === 0) return null;
      const { challengeId, challenge } = await challenges.create('verify', userId);
      const request = await generateAuthenticationOptions({
        rpID,
        challenge,
        timeout: CHALLENGE_LIFETIME,
        userVerification: 'required',
        allowCredentials: own.map(({ credentialId }) => ({ id: credentialId })),
      });
      return { challengeId, options: request };
    },

    async verify({ userId, challengeId, response }) {
      const challenge = await challenges.take(challengeId, 'verify', userId);
      const stored = await selectCredential(pool, response.id);
      if (challenge === undefined || stored?.userId !== userId) return refused('passkey_refused');
      // §7.2 step 6: the user is known before, so an authenticator may leave the handle out; it must not name another.
      const { userHandle } = response.response;
      if (userHandle && userHandle !== userHandleText(userId)) return refused('passkey_refused');
      return (await takeAnswer(response, challenge, stored)) ? granted(null) : refused('passkey_refused');
    },

    list: (userId) => selectPasskeys(pool, userId),

    keys: (userId) => selectPasskeyKeys(pool, userId),

    async rename({ userId, credentialId, name }) {
      const goodName = normalizeName(name);
      if (goodName === undefined) return refused('name_invalid');
      const isRenamed = await renamePasskey(pool, { userId, credentialId, name: goodName });
      return isRenamed ? granted(null) : refused('passkey_not_found');
    },

    async remove(request) {
      const outcome = await inTransaction(pool, (client) => deletePasskey(client, request));
      if (outcome === 'removed') return granted(null);
      return refused(outcome === 'not_found' ? 'passkey_not_found' : 'passkey_last_way_in');
    },
  };
}

/** The user's id as 16 bytes: a handle without personal data, as WebAuthn §14.6.1 asks. */
function userHandleOf(userId: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(userId.replaceAll('-', ''), 'hex'));
}

function userHandleText(userId: string): string {
  return Buffer.from(userHandleOf(userId)).toString('base64url');
}

/** The library throws a plain Error for everything that is wrong with a browser's answer: all of it is one refusal. */
async function undefinedIfThrows<T>(verify: () => Promise<T>): Promise<T | undefined> {
  try {
    return await verify();
  } catch {
    return undefined;
  }
}
