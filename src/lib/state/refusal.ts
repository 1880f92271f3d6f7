import { callTexts } from '#shared/protocol/call-texts';
import type { ErrorText } from '#shared/protocol/error-text';
import type { Alternative, Outcome } from '#shared/protocol/push';
import { storageProblemOf } from '$lib/client-db/connection-lost';
import type { Refusal } from './views';

/** What this device can say so far. The words for what becomes of wishes come with the rules, before either is needed. */
let texts: Readonly<Record<string, ErrorText>> = callTexts;

/** From now on codes of `more` have their words, too. */
export function learnTexts(more: Readonly<Record<string, ErrorText>>): void {
  texts = { ...texts, ...more };
}

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

/** The words for a code, with the figures in its `data` where they matter. A code of a newer server that this build does not know gets the words of `internal`. */
export function refusalOf(
  code: string,
  alternatives: readonly Alternative[] = [],
  data: Outcome['data'] = {},
): Refusal {
  const { sentence, next } = (Object.hasOwn(texts, code) ? texts[code] : null) ?? callTexts.internal;
  return { code, sentence: newPriceSentence(code, data) ?? sentence, next, alternatives };
}

function newPriceSentence(code: string, { price, most }: Outcome['data']): string | null {
  if (code !== 'price_changed' || typeof price !== 'number' || typeof most !== 'number') return null;
  const credits = price === 1 ? '1 credit' : `${String(price)} credits`;
  return `It now costs ${credits}, ${String(most)} ${most === 1 ? 'was' : 'were'} agreed.`;
}

/** For what was caught around a write: a full or broken storage is a refusal with words; anything else stays as it is. */
export function refusalOfStorage(caught: unknown): unknown {
  const problem = isRefusal(caught) ? null : storageProblemOf(caught);
  return problem === null ? caught : new RefusalError(refusalOf(problem));
}

/** The refusal that an outcome carries; null when it was applied. */
export function refusalIn(outcome: Outcome): Refusal | null {
  if (outcome.status === 'applied') return null;
  return refusalOf(outcome.code ?? 'internal', outcome.alternatives, outcome.data);
}
