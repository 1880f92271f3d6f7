/** How many letters and digits the typed code of a pass has. */
export const TYPED_CODE_LENGTH = 8;

/** What somebody typed, made into a code, or what keeps it from being one. */
export type TypedCode =
  | { ok: true; code: string }
  | { ok: false; problem: 'empty' | 'short' | 'long' }
  /** Codes are made without characters that look like others. */
  | { ok: false; problem: 'character'; character: string };

/**
 * Reads a typed code: case, spaces, dashes (those that keyboards put in as well) and dots do not matter, full-width
 * letters count as plain ones. Nothing is guessed: `0` is not made into `O`, because a code has neither.
 */
export function readTypedCode(text: string): TypedCode {
  const code = text
    .normalize('NFKC')
    .replace(/[\s\p{Pd}._\u00b7]/gu, '')
    .toUpperCase();
  if (code === '') return { ok: false, problem: 'empty' };
  const stray = [...code].find((character) => !/^[A-HJ-NP-Z2-9]$/.test(character));
  if (stray !== undefined) return { ok: false, problem: 'character', character: stray };
  if (code.length < TYPED_CODE_LENGTH) return { ok: false, problem: 'short' };
  return code.length > TYPED_CODE_LENGTH ? { ok: false, problem: 'long' } : { ok: true, code };
}

/** `ABCD EFGH`, for reading it back to somebody. */
export function groupTypedCode(code: string): string {
  return code.replace(/^(.{4})(?=.)/, '$1 ');
}
