import { startAuthentication, type AuthenticationResponseJSON } from '@simplewebauthn/browser';
import { toBase64url } from '#shared/pass/base64url';
import type { LockKey } from './app-lock-rules';
import { duringCeremony } from './ceremony-under-way';
import type { CeremonyResult } from './passkey-ceremonies';
import { problemOf } from './passkey-problems';
import { findPasskeyObstacle } from './passkey-support';
import { verifyLocalAnswer } from './local-answer';

const CHALLENGE_BYTES = 32;

/**
 * Has the device make sure that it is its owner: WebAuthn with user verification, a challenge of this page's own and the
 * keys that are kept here, so that it needs no signal. Answers with the key that did it. Begins in a tap.
 */
export async function checkPerson(keys: readonly LockKey[]): Promise<CeremonyResult<LockKey>> {
  const obstacle = findPasskeyObstacle(window);
  if (obstacle) return { ok: false, problem: obstacle };
  const challenge = toBase64url(crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES)));
  let response: AuthenticationResponseJSON;
  try {
    response = await duringCeremony(() => ask(challenge, keys));
  } catch (error) {
    const problem = problemOf(error);
    if (!problem) throw error;
    return { ok: false, problem };
  }
  const key = keys.find(({ credentialId }) => credentialId === response.id);
  const expected = { challenge, origin: location.origin, rpId: location.hostname };
  const isGood = key && (await verifyLocalAnswer({ response: response.response, key, expected }));
  return isGood ? { ok: true, value: key } : { ok: false, problem: 'cancelled' };
}

function ask(challenge: string, keys: readonly LockKey[]): Promise<AuthenticationResponseJSON> {
  return startAuthentication({
    optionsJSON: {
      challenge,
      rpId: location.hostname,
      userVerification: 'required',
      timeout: 60_000,
      allowCredentials: keys.map(({ credentialId, transports }) => ({
        type: 'public-key',
        id: credentialId,
        // As the authenticator named them; browsers leave out what they do not know.
        transports: transports as AuthenticatorTransport[],
      })),
    },
  });
}
