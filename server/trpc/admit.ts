import type { LimitedCall, SignInLimits } from '../services/auth/sign-in-limits';
import { CodedError } from './coded-error';
import type { RequestContext } from './context';

/**
 * Counts the call against its limits; `account` is what it tries to get into. Throws `too_many_requests` with Retry-After.
 * Where only failures are to count, the call says `succeeded()` at its end.
 */
export async function admitCall(
  limits: SignInLimits,
  call: LimitedCall,
  { ctx, account }: { ctx: Pick<RequestContext, 'address'>; account?: string },
): Promise<{ succeeded(): Promise<void> }> {
  const who = { address: ctx.address, ...(account !== undefined && { account }) };
  const admission = await limits.admit(call, who);
  if (admission.ok) return admission;
  throw new CodedError('too_many_requests', { 'retry-after': String(admission.retryAfter) });
}

/**
 * As which call a registration counts. With an invitation apart, good or not: strangers who use up the other are then in
 * nobody's way who has one, and a made-up one opens nothing.
 */
export function registrationBy({ invitation }: { invitation?: string | undefined }): LimitedCall {
  return invitation === undefined ? 'register' : 'registerInvited';
}
