import { attempt, type AuthResult } from './auth-failure';

/** What the settings show of an account's password and second factor. */
export interface Factors {
  readonly hasPassword: boolean;
  readonly hasSecondFactor: boolean;
  /** Of the ten; 0 without a second factor. */
  readonly recoveryCodesLeft: number;
}

/** What an authenticator app needs: the address of the QR code, and the secret to be typed. */
export interface AppSecret {
  readonly base32: string;
  readonly uri: string;
}

/*
 * An account's password and second factor, as its own screen asks for them. All but `ownFactors` want a fresh proof of who
 * asks (`verification_needed`, see verification.ts).
 */

async function accountApi() {
  const { trpc } = await import('$lib/api/browser-client');
  return trpc.account;
}

function call<T>(deed: (api: Awaited<ReturnType<typeof accountApi>>) => Promise<T>): Promise<AuthResult<T>> {
  return attempt(async () => ({ ok: true, value: await deed(await accountApi()) }));
}

export function ownFactors(): Promise<AuthResult<Factors>> {
  return call((api) => api.factors.query());
}

/** Refuses password_short, password_long, password_common. */
export function setPassword(password: string): Promise<AuthResult<unknown>> {
  return call((api) => api.setPassword.mutate({ password }));
}

/** Refuses password_last_way_in. */
export function removePassword(): Promise<AuthResult<unknown>> {
  return call((api) => api.removePassword.mutate());
}

/** A new secret, which nothing asks for before `confirmSecondFactor`. Refuses second_factor_on. */
export function beginSecondFactor(): Promise<AuthResult<AppSecret>> {
  return call((api) => api.secondFactorBegin.mutate());
}

/** Turns it on with the app's first code; the recovery codes cannot be had again. Refuses second_factor_wrong. */
export function confirmSecondFactor(code: string): Promise<AuthResult<{ recoveryCodes: string[] }>> {
  return call((api) => api.secondFactorConfirm.mutate({ code }));
}

/** Turns it off, and ends its recovery codes. */
export function removeSecondFactor(): Promise<AuthResult<unknown>> {
  return call((api) => api.secondFactorRemove.mutate());
}

/** Ten new codes in place of the old ones. */
export function renewRecoveryCodes(): Promise<AuthResult<{ recoveryCodes: string[] }>> {
  return call((api) => api.recoveryCodesRenew.mutate());
}
