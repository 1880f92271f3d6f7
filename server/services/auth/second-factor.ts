import type { Pool } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import { open, seal, type SecretKey } from '../../platform/secret-key';
import type { AuthResult } from './auth-result';
import { granted, refused } from './auth-result';
import { createRecoveryCodes, hashRecoveryCode } from './recovery-codes';
import * as store from './second-factor-store';
import type { FirstFactor, SignInStep } from './sign-in-step-store';
import { countAttempt, insertStep, selectStep, takeStep } from './sign-in-step-store';
import { createTotpSecret, describeTotpSecret, stepOfCode } from './totp';

/** What proved the second factor. */
export type SecondFactorKind = 'totp' | 'recovery_code';

export interface SecondFactor {
  /** Whether it is asked for, and how many recovery codes are left. */
  summary(userId: string): Promise<{ isOn: boolean; recoveryCodesLeft: number }>;
  /** A new secret for the person's app, not asked for before `confirm`. Refuses second_factor_on. */
  begin(user: { id: string; email: string }): Promise<AuthResult<{ base32: string; uri: string }>>;
  /**
   * Turns it on with the app's first code. The ten recovery codes cannot be had again.
   * Refuses second_factor_wrong, second_factor_off when none was begun, second_factor_on.
   */
  confirm(request: { userId: string; code: string }): Promise<AuthResult<{ recoveryCodes: string[] }>>;
  /** Turns it off; recovery codes and sign-ins under way go with it. Refuses second_factor_off. */
  remove(userId: string): Promise<AuthResult<null>>;
  /** New recovery codes in place of the old ones. Refuses second_factor_off. */
  renewRecoveryCodes(userId: string): Promise<AuthResult<{ recoveryCodes: string[] }>>;
  /** Whether this is a code of the user's app, not used before, or an unused recovery code. Refuses second_factor_wrong. */
  check(request: { userId: string; code: string }): Promise<AuthResult<SecondFactorKind>>;
  /**
   * After the first factor: what the browser is to come back with, together with a code. Null without a second factor:
   * then the session may begin. Not for a passkey, which is two factors by itself.
   */
  beginStep(userId: string, firstFactor: FirstFactor): Promise<{ stepToken: string } | null>;
  /** Whose step it is, for counting tries; null when it is over. Says nothing about any code. */
  findStep(stepToken: string): Promise<SignInStep | null>;
  /** Ends a step with a code: whose session may begin. Refuses second_factor_wrong, sign_in_step_over. */
  finishStep(request: {
    stepToken: string;
    code: string;
  }): Promise<AuthResult<SignInStep & { kind: SecondFactorKind }>>;
}

export interface SecondFactorOptions {
  pool: Pool;
  clock: Clock;
  secretKey: SecretKey;
}

/**
 * The second factor of an account: codes of an authenticator app (TOTP), each good once, and ten recovery codes for the day
 * on which the phone is gone. The app's secret is sealed at rest; recovery codes are kept as SHA-256.
 */
export function createSecondFactor({ pool, clock, secretKey }: SecondFactorOptions): SecondFactor {
  const openSecret = (userId: string, sealed: Uint8Array) =>
    new Uint8Array(open(secretKey, sealed, purposeOf(userId)));

  const isOn = async (userId: string) => (await store.selectSecondFactor(pool, userId))?.isConfirmed ?? false;

  const checkTotp = async (userId: string, code: string): Promise<boolean> => {
    const stored = await store.selectSecondFactor(pool, userId);
    if (!stored?.isConfirmed) return false;
    const step = stepOfCode(openSecret(userId, stored.sealedSecret), { code, now: clock.now() });
    return step !== undefined && (await store.takeTimeStep(pool, { userId, step }));
  };

  const check: SecondFactor['check'] = async ({ userId, code }) => {
    const digits = code.replaceAll(/\s/g, '');
    if (/^\d{6}$/.test(digits))
      return (await checkTotp(userId, digits)) ? granted('totp') : refused('second_factor_wrong');
    const hash = hashRecoveryCode(code);
    if (!hash || !(await isOn(userId))) return refused('second_factor_wrong');
    const isTaken = await store.takeRecoveryCode(pool, { userId, hash, now: clock.now() });
    return isTaken ? granted('recovery_code') : refused('second_factor_wrong');
  };

  return {
    check,

    async summary(userId) {
      const on = await isOn(userId);
      return { isOn: on, recoveryCodesLeft: on ? await store.countRecoveryCodes(pool, userId) : 0 };
    },

    async begin({ id: userId, email }) {
      const secret = createTotpSecret();
      const sealedSecret = seal(secretKey, secret, purposeOf(userId));
      const isKept = await store.insertUnconfirmed(pool, { userId, sealedSecret, now: clock.now() });
      return isKept ? granted(describeTotpSecret(secret, email)) : refused('second_factor_on');
    },

    async confirm({ userId, code }) {
      const stored = await store.selectSecondFactor(pool, userId);
      if (!stored) return refused('second_factor_off');
      if (stored.isConfirmed) return refused('second_factor_on');
      const { sealedSecret } = stored;
      const now = clock.now();
      const step = stepOfCode(openSecret(userId, sealedSecret), { code: code.replaceAll(/\s/g, ''), now });
      if (step === undefined) return refused('second_factor_wrong');
      const recoveryCodes = createRecoveryCodes();
      const isConfirmed = await inTransaction(pool, async (client) => {
        if (!(await store.confirmSecondFactor(client, { userId, sealedSecret, step, now }))) return false;
        await store.replaceRecoveryCodes(client, { userId, hashes: hashesOf(recoveryCodes) });
        return true;
      });
      return isConfirmed ? granted({ recoveryCodes }) : refused('second_factor_on');
    },

    async remove(userId) {
      const wasOn = await inTransaction(pool, (client) => store.deleteSecondFactor(client, userId));
      return wasOn ? granted(null) : refused('second_factor_off');
    },

    async renewRecoveryCodes(userId) {
      if (!(await isOn(userId))) return refused('second_factor_off');
      const recoveryCodes = createRecoveryCodes();
      await inTransaction(pool, (client) =>
        store.replaceRecoveryCodes(client, { userId, hashes: hashesOf(recoveryCodes) }),
      );
      return granted({ recoveryCodes });
    },

    async beginStep(userId, firstFactor) {
      if (!(await isOn(userId))) return null;
      return { stepToken: await insertStep(pool, { userId, firstFactor, now: clock.now() }) };
    },

    async findStep(stepToken) {
      return (await selectStep(pool, stepToken, clock.now())) ?? null;
    },

    async finishStep({ stepToken, code }) {
      const step = await countAttempt(pool, stepToken, clock.now());
      if (!step) return refused('sign_in_step_over');
      const checked = await check({ userId: step.userId, code });
      if (!checked.ok) return checked;
      return (await takeStep(pool, stepToken))
        ? granted({ ...step, kind: checked.value })
        : refused('sign_in_step_over');
    },
  };
}

function purposeOf(userId: string): string {
  return `totp:${userId}`;
}

function hashesOf(codes: readonly string[]): Uint8Array[] {
  return codes.map((code) => {
    const hash = hashRecoveryCode(code);
    if (!hash) throw new Error('A recovery code that was just made is none');
    return hash;
  });
}
