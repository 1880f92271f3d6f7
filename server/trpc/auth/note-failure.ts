import type { AuthResult } from '../../services/auth/auth-result';
import type { SecurityLog } from '../../services/security/security-log';
import type { RequestContext } from '../context';
import { valueOf } from '../value-of';

/** What was tried: at which account, and by which way. */
export interface Attempt {
  readonly kind: 'sign_in_failed' | 'verification_failed';
  /** An e-mail, a user's or a credential's id. */
  readonly account: string;
  readonly by: 'password' | 'passkey';
}

/** The value of a way in's answer. A refusal goes into the security log (C10) before its code is thrown. */
export async function valueOrNote<T>(
  result: AuthResult<T>,
  { kind, account, by }: Attempt,
  { ctx, securityLog }: { ctx: RequestContext; securityLog: SecurityLog },
): Promise<T> {
  if (!result.ok) {
    await securityLog.recordAttempt({ kind, account, from: ctx, detail: { by, code: result.code } });
  }
  return valueOf(result);
}
