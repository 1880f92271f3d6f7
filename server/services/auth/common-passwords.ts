import { dictionary } from '@zxcvbn-ts/language-common';

/**
 * The 49,233 passwords that leaks show most often (zxcvbn's list, in lower case), of which 17,950 are long enough to be
 * chosen here. Kept in memory: loading takes 36 ms, once. OWASP ASVS 5 §6.2.4 asks for the first 3,000 at least.
 */
const common: ReadonlySet<unknown> = new Set(dictionary['passwords-common']);

/** Whether a password, normalized, is one of those that guessing begins with; its case makes no difference. */
export function isCommonPassword(password: string): boolean {
  return common.has(password.toLowerCase()) || /^(.)\1*$/su.test(password);
}
