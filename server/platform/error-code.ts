/** The `code` that Node's system errors (`ENOENT`), pg's (an SQLSTATE) and some of ours carry; undefined for all else. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether this is an error with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return codeOf(error) === code;
}
