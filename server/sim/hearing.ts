import type { PushRequest, WireIntent } from '#shared/protocol/push';
import type { Findings } from './findings';

interface Told {
  /** The outcome as JSON, its keys in the order in which they came. */
  readonly text: string;
  readonly intent: WireIntent | null;
}

interface HeardOutcome {
  readonly seq: number;
  readonly id: string;
  readonly status: string;
}

/**
 * All that the server was ever heard to say about intents, by any device, whether or not the device got the reply: what a
 * replay is compared with. Says so at once when one outcome is told in two ways.
 */
export class Hearing {
  readonly #sent = new Map<string, Map<number, WireIntent>>();
  readonly #told = new Map<string, Map<number, Told>>();
  /** By intent id: the last status that was told. */
  readonly statusById = new Map<string, string>();
  pushed = 0;
  pulls = 0;

  constructor(readonly findings: Findings) {}

  /** Notes a call and its answer; `text` is the answer's body. */
  note(procedure: string, body: string, text: string): void {
    const request = JSON.parse(body) as PushRequest;
    const answer = parse(text);
    if (answer?.error) this.#noteError(procedure, answer.error);
    if (procedure === 'sync.push') this.#noteSent(request);
    const outcomes = answer?.result?.data?.outcomes ?? [];
    if (procedure === 'sync.pull') this.pulls++;
    for (const outcome of outcomes) this.#noteOutcome(request.clientId, outcome);
  }

  /** What was told of each client, in the order of seq. */
  *clients(): Iterable<{ clientId: string; told: (Told & { seq: number })[] }> {
    for (const [clientId, bySeq] of this.#told) {
      const told = [...bySeq].map(([seq, one]) => ({ ...one, seq })).sort((a, b) => a.seq - b.seq);
      yield { clientId, told };
    }
  }

  /** After a restore the server may say something else: what was heard before counts no more. */
  forget(): void {
    this.#told.clear();
    this.#sent.clear();
    this.statusById.clear();
  }

  #noteSent({ clientId, intents }: PushRequest): void {
    const bySeq = this.#sent.get(clientId) ?? new Map<number, WireIntent>();
    this.#sent.set(clientId, bySeq);
    for (const intent of intents) bySeq.set(intent.seq, intent);
    this.pushed += intents.length;
  }

  #noteOutcome(clientId: string, outcome: HeardOutcome): void {
    const bySeq = this.#told.get(clientId) ?? new Map<number, Told>();
    this.#told.set(clientId, bySeq);
    const text = JSON.stringify(outcome);
    const known = bySeq.get(outcome.seq);
    this.findings.check(
      'I6',
      known === undefined || known.text === text,
      () => `client ${clientId} seq ${String(outcome.seq)} was told\n    ${known!.text}\n    ${text}`,
    );
    this.findings.check(
      'I9',
      outcome.status !== 'quarantined',
      () => `a sound intent was put aside: ${text}`,
    );
    if (known) return;
    const sent = this.#sent.get(clientId)?.get(outcome.seq);
    bySeq.set(outcome.seq, { text, intent: sent?.id === outcome.id ? sent : null });
    this.statusById.set(outcome.id, outcome.status);
  }

  #noteError(procedure: string, error: WireFailure): void {
    const code = error.data?.undercroft?.code;
    this.findings.check('I9', code !== 'internal', () => `${procedure} answered ${JSON.stringify(error)}`);
  }
}

interface WireFailure {
  readonly data?: { readonly undercroft?: { readonly code?: string } };
}

interface WireAnswer {
  readonly result?: { readonly data?: { readonly outcomes?: HeardOutcome[] } };
  readonly error?: WireFailure;
}

function parse(text: string): WireAnswer | null {
  try {
    return JSON.parse(text) as WireAnswer;
  } catch {
    return null;
  }
}
