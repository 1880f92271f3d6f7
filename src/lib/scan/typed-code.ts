import { isTypedCode, TYPED_CODE_ALPHABET, TYPED_CODE_LENGTH } from '#shared/pass/typed-code';

/** What somebody typed, made into a code, or what keeps it from being one. */
export type TypedCode =
  | { ok: true; code: string }
  | { ok: false; problem: 'empty' | 'short' | 'long' }
  /** Codes are made without characters that look like others. */
  | { ok: false; problem: 'character'; character: string }
  /** The check character does not fit, and no pass has this code. */
  | { ok: false; problem: 'check' };

/**
 * Reads a typed code: case, spaces, dashes (those that keyboards put in as well) and dots do not matter, full-width
 * letters count as plain ones. Nothing is guessed: `0` is not made into `O`, because a code has neither. `isListed` says
 * whether a pass has the code: then its check character does not matter, for older codes have none.
 */
export function readTypedCode(text: string, isListed: (code: string) => boolean): TypedCode {
  const code = text
    .normalize('NFKC')
    .replace(/[\s\p{Pd}._\u00b7]/gu, '')
    .toUpperCase();
  if (code === '') return { ok: false, problem: 'empty' };
  const stray = [...code].find((character) => !TYPED_CODE_ALPHABET.includes(character));
  if (stray !== undefined) return { ok: false, problem: 'character', character: stray };
  if (code.length < TYPED_CODE_LENGTH) return { ok: false, problem: 'short' };
  if (code.length > TYPED_CODE_LENGTH) return { ok: false, problem: 'long' };
  return isTypedCode(code) || isListed(code) ? { ok: true, code } : { ok: false, problem: 'check' };
}
