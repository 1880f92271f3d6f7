const LENGTH_MIN = 8;
const LENGTH_GOOD = 14;
/** Fewer different characters than this in a long password are a pattern. */
const DIFFERENT_GOOD = 7;

/**
 * What to say under the field of a new password while it is typed. Length is what counts; no rules about digits and signs,
 * which make people add "1!" (NIST SP 800-63B appendix A). Whether it is a common one the server says: its list is large.
 */
export function passwordHint(password: string): string {
  const length = [...password].length;
  if (length === 0) return 'At least 8 characters. A few words together are easy to keep and hard to guess.';
  if (length < LENGTH_MIN)
    return LENGTH_MIN - length === 1 ? 'One more character.' : `${LENGTH_MIN - length} more characters.`;
  const isGood = length >= LENGTH_GOOD && new Set(password.toLowerCase()).size >= DIFFERENT_GOOD;
  return isGood ? 'Strong.' : 'Long enough. Stronger with another word or two.';
}
