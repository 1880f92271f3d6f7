import { errorTexts, type ErrorCode } from '#shared/protocol/errors';
import { passkeyProblemTexts, type PasskeyProblem } from './passkey-problems';

/** Why something about an account was not done, ready to be shown. */
export interface AuthFailure {
  /** What the server or the browser said; `unreachable` when no answer came. */
  readonly code: ErrorCode | PasskeyProblem | 'unreachable';
  readonly sentence: string;
  readonly next: string;
}

export type AuthResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: AuthFailure };

const unreachable: AuthFailure = {
  code: 'unreachable',
  sentence: 'The server cannot be reached.',
  next: 'Try again where there is signal.',
};

/** The words for what a browser or a person refused. */
export function passkeyFailure(problem: PasskeyProblem): AuthFailure {
  return { code: problem, ...passkeyProblemTexts[problem] };
}

/**
 * The words for what a call of the API threw. An answer with a code has its own; without any answer the server was
 * out of reach. Undefined for anything that is no call's failure: a bug, to be thrown on.
 */
export function callFailure(error: unknown): AuthFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  // By name, since the class would bring the whole client along.
  if (error.name !== 'TRPCClientError') return isFailedLoad(error) ? unreachable : undefined;
  const code = codeIn((error as Error & { data?: unknown }).data);
  if (code === undefined) return unreachable;
  const known = Object.hasOwn(errorTexts, code) ? (code as ErrorCode) : 'internal';
  const { sentence, next } = errorTexts[known];
  return { code: known, sentence, next };
}

/** What a ceremony came to, in words. */
export function fromCeremony<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: PasskeyProblem },
): AuthResult<T> {
  return result.ok ? result : { ok: false, failure: passkeyFailure(result.problem) };
}

/** Does it; what a call of the API throws becomes a failure with words, and a bug is thrown on. */
export async function attempt<T>(deed: () => Promise<AuthResult<T>>): Promise<AuthResult<T>> {
  try {
    return await deed();
  } catch (error) {
    const failure = callFailure(error);
    if (failure === undefined) throw error;
    return { ok: false, failure };
  }
}

function codeIn(data: unknown): string | undefined {
  const coded = (data as { undercroft?: { code?: unknown } } | null | undefined)?.undercroft;
  return typeof coded?.code === 'string' ? coded.code : undefined;
}

/** A part of the app that a browser could not fetch; each browser words it differently, all with this class. */
function isFailedLoad(error: Error): boolean {
  return error instanceof TypeError && /import|module|fetch|load/i.test(error.message);
}
