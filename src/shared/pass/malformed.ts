/**
 * Thrown inside the UC1 codec when bytes or text from outside are not what `pass-format.md` demands. It never leaves the
 * codec's `parse…` functions, which turn it into `{ ok: false, detail }`; anything else that is thrown is a bug.
 */
export class MalformedError extends Error {
  override readonly name = 'MalformedError';
}

/** What reading something from outside came to; `detail` is for logs and integrators, not for a guard's screen. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; detail: string };

/** Throws {@link MalformedError} unless `condition` holds. */
export function demand(condition: boolean, detail: string): asserts condition {
  if (!condition) throw new MalformedError(detail);
}

/** Runs `read`, turning a {@link MalformedError} into tagged data and letting bugs through. */
export function attempt<T>(read: () => T): Parsed<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (error instanceof MalformedError) return { ok: false, detail: error.message };
    throw error;
  }
}
