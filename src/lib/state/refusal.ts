import { errorTexts, type ErrorCode } from '#shared/protocol/errors';
import type { Alternative, Outcome } from '#shared/protocol/push';
import { storageProblemOf } from '$lib/client-db/connection-lost';
import type { Refusal } from './views';

/** A Refusal that can be thrown: what an action of the app rejects with. */
export class RefusalError extends Error implements Refusal {
  override readonly name = 'RefusalError';
  readonly code: string;
  readonly sentence: string;
  readonly next: string;
  readonly alternatives: readonly Alternative[];

  constructor(refusal: Refusal) {
    super(refusal.sentence);
    this.code = refusal.code;
    this.sentence = refusal.sentence;
    this.next = refusal.next;
    this.alternatives = refusal.alternatives;
  }
}

/** Whether something that was caught says no in words for a person; anything else is a bug. */
export function isRefusal(caught: unknown): caught is RefusalError {
  return caught instanceof RefusalError;
}

/** The words for a code. A code of a newer server that this build does not know gets the words of `internal`. */
export function refusalOf(code: string, alternatives: readonly Alternative[] = []): Refusal {
  const known = Object.hasOwn(errorTexts, code) ? (code as ErrorCode) : 'internal';
  const { sentence, next } = errorTexts[known];
  return { code, sentence, next, alternatives };
}

/** For what was caught around a write: a full or broken storage is a refusal with words; anything else stays as it is. */
export function refusalOfStorage(caught: unknown): unknown {
  const problem = isRefusal(caught) ? null : storageProblemOf(caught);
  return problem === null ? caught : new RefusalError(refusalOf(problem));
}

/** The refusal that an outcome carries; null when it was applied. */
export function refusalIn(outcome: Outcome): Refusal | null {
  if (outcome.status === 'applied') return null;
  return refusalOf(outcome.code ?? 'internal', outcome.alternatives);
}
