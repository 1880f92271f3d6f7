import { errorTexts } from '#shared/protocol/errors';
import { authApi } from '$lib/api/auth-api';
import { appLock } from './app-lock.svelte';
import type { LockKey, LockSettings } from './app-lock-rules';
import { attempt, fromCeremony, type AuthResult } from './auth-failure';

/*
 * What screens do about the app's lock. Nothing here throws for a reason that a person can do something about. The WebAuthn
 * code is loaded when the device is really asked.
 */

/** A check that was passed so many milliseconds ago is good for changing the lock, too. */
const CHECK_GOOD_FOR = 5 * 60_000;

/** What could unlock this device, and for whom. */
export interface OwnLockKeys {
  readonly userId: string;
  readonly keys: readonly LockKey[];
}

/** The person's passkeys, fetched before the tap: a browser may not wait for the network after it. */
export function ownLockKeys(): Promise<AuthResult<OwnLockKeys>> {
  return attempt<OwnLockKeys>(async () => {
    const api = await authApi();
    const [keys, { user }] = await Promise.all([api.passkeyKeys.query(), api.session.query()]);
    if (user) return { ok: true, value: { userId: user.id, keys } };
    const { sentence, next } = errorTexts.signed_out;
    return { ok: false, failure: { code: 'signed_out', sentence, next } };
  });
}

/** Turns the lock on with whichever of these passkeys answers on this device. Begins in a tap. */
export function turnOnAppLock(
  { userId, keys }: OwnLockKeys,
  settings: LockSettings,
): Promise<AuthResult<unknown>> {
  return attempt<unknown>(async () => {
    const { checkPerson } = await import('./app-lock-check');
    const checked = fromCeremony(await checkPerson(keys));
    return checked.ok ? keep(() => appLock.turnOn({ ...settings, userId, key: checked.value })) : checked;
  });
}

/** Has the device make sure that it is its owner; what was locked is then open. Needs no signal. Begins in a tap. */
export function unlockHere(): Promise<AuthResult<unknown>> {
  return attempt<unknown>(async () => {
    const { key } = appLock;
    if (!key) return { ok: true, value: null };
    const { checkPerson } = await import('./app-lock-check');
    const checked = fromCeremony(await checkPerson([key]));
    if (checked.ok) appLock.checked();
    return checked;
  });
}

/** Changes when the lock asks, or turns it off with null; after a check, unless one was passed a moment ago. */
export async function changeAppLock(settings: LockSettings | null): Promise<AuthResult<unknown>> {
  const { checkedAt } = appLock;
  const age = Date.now() - (checkedAt ?? Number.NEGATIVE_INFINITY);
  if (age < 0 || age >= CHECK_GOOD_FOR) {
    const checked = await unlockHere();
    if (!checked.ok) return checked;
  }
  return keep(() => (settings ? appLock.change(settings) : appLock.turnOff()));
}

function keep(write: () => void): AuthResult<unknown> {
  try {
    write();
  } catch {
    const { sentence, next } = errorTexts.storage_full;
    return { ok: false, failure: { code: 'storage_full', sentence, next } };
  }
  return { ok: true, value: null };
}
