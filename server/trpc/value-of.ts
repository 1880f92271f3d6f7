import type { AuthResult } from '../services/auth/auth-result';
import { CodedError } from './coded-error';

/** The value of a service's answer. Throws its code as a CodedError when it refused. */
export function valueOf<T>(result: AuthResult<T>): T {
  if (!result.ok) throw new CodedError(result.code);
  return result.value;
}
