import type { SessionAnswer } from '#shared/protocol/session';
import type { AuthFailure, AuthResult } from '$lib/auth/auth-failure';
import { app } from '$lib/state/app-state.svelte';
import { isRefusal } from '$lib/state/refusal';

/**
 * Has this device go over to the site that the call brings the session to. Answers why not, in words, when the server, the
 * network or the device's storage does not let it; everything is then as it was. Where the site wants a fresh proof of who asks, the
 * person is asked for it first, and may rather not.
 */
export async function goToSite(
  ask: () => Promise<AuthResult<SessionAnswer>>,
): Promise<Pick<AuthFailure, 'sentence' | 'next'> | null> {
  const failure = await tryToGo(ask);
  if (failure?.code !== 'verification_needed') return failure;
  const { verifyPerson } = await import('$lib/auth/verification');
  return (await verifyPerson()) ? await tryToGo(ask) : failure;
}

async function tryToGo(
  ask: () => Promise<AuthResult<SessionAnswer>>,
): Promise<(Pick<AuthFailure, 'sentence' | 'next'> & { readonly code: string }) | null> {
  let failure: AuthFailure | null = null;
  try {
    const changed = await app.session.changeSite(async () => {
      const result = await ask();
      if (result.ok) return result.value;
      ({ failure } = result);
      return null;
    });
    if (changed) return null;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error;
  }
  return failure;
}
