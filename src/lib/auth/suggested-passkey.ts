import { browserSupportsWebAuthnAutofill, startAuthentication } from '@simplewebauthn/browser';
import type { CeremonyResult, PasskeyCalls } from './passkey-ceremonies';
import { problemOf } from './passkey-problems';

/**
 * WebAuthn's conditional mediation: the passkeys stand among the suggestions of the field with
 * autocomplete="username webauthn", and this waits until one is picked. Another ceremony on the page ends it as
 * `cancelled`; a browser without it is `not_supported` and is not asked for a challenge.
 */
export async function offerSuggestedPasskey<Session>(
  calls: Pick<PasskeyCalls<never, Session>, 'signInOptions' | 'signIn'>,
): Promise<CeremonyResult<Session>> {
  if (!(await browserSupportsWebAuthnAutofill())) return { ok: false, problem: 'not_supported' };
  const { challengeId, options } = await calls.signInOptions();
  let response: Awaited<ReturnType<typeof startAuthentication>>;
  try {
    response = await startAuthentication({ optionsJSON: options, useBrowserAutofill: true });
  } catch (error) {
    const problem = problemOf(error);
    if (!problem) throw error;
    return { ok: false, problem };
  }
  return { ok: true, value: await calls.signIn({ challengeId, response }) };
}
