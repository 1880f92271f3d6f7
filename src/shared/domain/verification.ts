import type { DecisionContext } from './intent';

/** For how long a proof of who one is counts, milliseconds: long enough for one errand, too short for a phone left lying. */
export const VERIFIED_FOR = 5 * 60_000;

/** How far a proof may seem to lie ahead, milliseconds: processes and devices do not agree to the second. */
const AHEAD_AT_MOST = 60_000;

/** Whether the person has proved who they are, by passkey or password, within `(now - VERIFIED_FOR, now]`. */
export function isVerified({ verifiedAt, now }: Pick<DecisionContext, 'verifiedAt' | 'now'>): boolean {
  if (verifiedAt === null) return false;
  const age = now - verifiedAt;
  return age < VERIFIED_FOR && age >= -AHEAD_AT_MOST;
}
