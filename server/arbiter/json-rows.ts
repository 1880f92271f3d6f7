/**
 * Rows as the text of one `json` parameter for `json_to_recordset`: one statement writes them all. Escapes that Postgres
 * cannot turn into text are replaced: NUL by its picture, halves of surrogate pairs by the replacement character.
 */
export function jsonRows(rows: readonly object[]): string {
  const text = JSON.stringify(rows);
  return text.includes('\\u') ? text.replaceAll(/\\(?:u[0-9a-f]{4}|.)/g, replaceUnstorable) : text;
}

function replaceUnstorable(escape: string): string {
  if (escape === '\\u0000') return '\u2400';
  return /^\\ud[89a-f]/.test(escape) ? '\ufffd' : escape;
}

/** Milliseconds since 1970 as Postgres reads a timestamptz; null stays null. */
export function timestamp(at: number): string;
export function timestamp(at: number | null): string | null;
export function timestamp(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
