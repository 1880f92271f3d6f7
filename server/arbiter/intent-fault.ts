import { codeOf } from '../platform/error-code';

/** Deciding an intent failed by a fault of our own, whatever the database does: it would fail again. */
export class IntentFaultError extends Error {
  override readonly name = 'IntentFaultError';

  constructor(cause: unknown) {
    super('An intent cannot be decided', { cause });
  }
}

/** Data exceptions, violated constraints, statements that Postgres cannot do: by what was to be written. */
const FAULTY_CLASSES = new Set(['22', '23', '42']);

/**
 * Runs `work`, which is pure. What it throws is an IntentFaultError, unless it carries the code of a database or a
 * network: such a failure is not the rule's own.
 */
export function decidedBy<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw codeOf(error) === undefined ? new IntentFaultError(error) : error;
  }
}

/**
 * Whether an intent that failed with this alone may be put aside: deciding it threw, or a statement failed by what was to
 * be written. Everything else (a database out of reach, keys that cannot be read, …) may be gone the next time, and a
 * wish must not be lost to it.
 */
export function isIntentFault(error: unknown): boolean {
  if (error instanceof IntentFaultError) return true;
  const code = codeOf(error);
  return code?.length === 5 && FAULTY_CLASSES.has(code.slice(0, 2));
}
