import type { ErrorCode } from '#shared/protocol/errors';

/** What a call of identity answers: the value, or the code of an expected failure. */
export type AuthResult<T> = { readonly ok: true; readonly value: T } | AuthRefusal;

export interface AuthRefusal {
  readonly ok: false;
  readonly code: ErrorCode;
}

export function granted<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refused(code: ErrorCode): AuthRefusal {
  return { ok: false, code };
}
