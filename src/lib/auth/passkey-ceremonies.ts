import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/browser';
import { startAuthentication, startRegistration } from '@simplewebauthn/browser';
import { duringCeremony } from './ceremony-under-way';
import type { PasskeyProblem } from './passkey-problems';
import { problemOf } from './passkey-problems';
import type { PasskeyPlace } from './passkey-support';
import { findPasskeyObstacle } from './passkey-support';

/** What the server has given for a ceremony; good for five minutes. */
export interface AskedPasskey {
  readonly challengeId: string;
  readonly options: PublicKeyCredentialRequestOptionsJSON;
}

/** What the ceremonies ask the server, as `auth.*` of the API has it. They throw what the API client throws. */
export interface PasskeyCalls<Passkey, Session> {
  registerOptions(): Promise<{ challengeId: string; options: PublicKeyCredentialCreationOptionsJSON }>;
  register(request: {
    challengeId: string;
    response: RegistrationResponseJSON;
    name: string;
  }): Promise<Passkey>;
  signInOptions(): Promise<{ challengeId: string; options: PublicKeyCredentialRequestOptionsJSON }>;
  signIn(request: { challengeId: string; response: AuthenticationResponseJSON }): Promise<Session>;
}

export type CeremonyResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: PasskeyProblem };

/**
 * Makes a passkey on this device (or a nearby one) for whoever is signed in, under this name (1 to 80 characters).
 * Must begin in a tap or key press, or browsers say no. What the browser or the person refuses is a `problem`;
 * what the server refuses is thrown by the call.
 */
export async function enrolPasskey<Passkey>(
  calls: Pick<PasskeyCalls<Passkey, never>, 'registerOptions' | 'register'>,
  name: string,
  place: PasskeyPlace = window,
): Promise<CeremonyResult<Passkey>> {
  const obstacle = findPasskeyObstacle(place);
  if (obstacle) return { ok: false, problem: obstacle };
  const { challengeId, options } = await calls.registerOptions();
  const made = await runCeremony(() => startRegistration({ optionsJSON: options }));
  if (!made.ok) return made;
  return { ok: true, value: await calls.register({ challengeId, response: made.value, name }) };
}

/** Signs in with whichever passkey the person picks; no user name. Refusals as at `enrolPasskey`. */
export async function signInWithPasskey<Session>(
  calls: Pick<PasskeyCalls<never, Session>, 'signInOptions' | 'signIn'>,
  place: PasskeyPlace = window,
): Promise<CeremonyResult<Session>> {
  const obstacle = findPasskeyObstacle(place);
  if (obstacle) return { ok: false, problem: obstacle };
  const { challengeId, options } = await calls.signInOptions();
  const answer = await runCeremony(() => startAuthentication({ optionsJSON: options }));
  if (!answer.ok) return answer;
  return { ok: true, value: await calls.signIn({ challengeId, response: answer.value }) };
}

/**
 * Answers what the server has asked a signed-in person for. Takes no way over the network before the browser asks, so that
 * the tap it began in still counts. Refusals as at `enrolPasskey`.
 */
export async function answerWithPasskey<Answer>(
  { challengeId, options }: AskedPasskey,
  send: (answer: { challengeId: string; response: AuthenticationResponseJSON }) => Promise<Answer>,
  place: PasskeyPlace = window,
): Promise<CeremonyResult<Answer>> {
  const obstacle = findPasskeyObstacle(place);
  if (obstacle) return { ok: false, problem: obstacle };
  const answer = await runCeremony(() => startAuthentication({ optionsJSON: options }));
  if (!answer.ok) return answer;
  return { ok: true, value: await send({ challengeId, response: answer.value }) };
}

async function runCeremony<T>(ceremony: () => Promise<T>): Promise<CeremonyResult<T>> {
  try {
    return { ok: true, value: await duringCeremony(ceremony) };
  } catch (error) {
    const problem = problemOf(error);
    if (!problem) throw error;
    return { ok: false, problem };
  }
}
