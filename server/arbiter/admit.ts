import type { ErrorCode } from '#shared/protocol/errors';
import { MAXIMUM_INTENTS, type Outcome, type WireIntent } from '#shared/protocol/push';
import type { PreparedPush } from './push';

/** The locked row of a client. */
export interface ClientRow {
  readonly memberId: string;
  readonly lastSeq: number;
}

export interface StoredIntent {
  readonly fingerprint: string;
  readonly outcome: Outcome;
}

export type AdmittedIntent =
  | { readonly kind: 'stored'; readonly outcome: Outcome }
  | { readonly kind: 'new'; readonly intent: WireIntent; readonly fingerprint: string };

export type Admission =
  | { readonly ok: false; readonly code: ErrorCode }
  | {
      readonly ok: true;
      /** The client's last seq once the new intents have their outcomes. */
      readonly lastSeq: number;
      readonly intents: readonly AdmittedIntent[];
    };

/**
 * X2: what of a push is told again and what is new. Seqs up to the client's last have a stored outcome; the others must
 * follow on without a gap. A push that breaks this changes nothing at all. `stored` is by seq.
 */
export function admit(
  push: PreparedPush,
  client: ClientRow,
  stored: ReadonlyMap<number, StoredIntent>,
): Admission {
  if (push.intents.length > MAXIMUM_INTENTS) return { ok: false, code: 'too_many_intents' };
  if (client.memberId !== push.member.id) return { ok: false, code: 'client_foreign' };
  const intents: AdmittedIntent[] = [];
  let expected = client.lastSeq + 1;
  for (const [index, intent] of push.intents.entries()) {
    const fingerprint = push.fingerprints[index];
    if (fingerprint === undefined) throw new Error('an intent came without a fingerprint');
    if (intent.seq <= client.lastSeq) {
      const known = stored.get(intent.seq);
      if (known?.fingerprint !== fingerprint) return { ok: false, code: 'seq_fork' };
      intents.push({ kind: 'stored', outcome: known.outcome });
    } else if (intent.seq > expected) {
      return { ok: false, code: 'seq_gap' };
    } else if (intent.seq < expected) {
      // The same seq twice within one push: neither a replay nor a gap, so the sender is broken.
      return { ok: false, code: 'request_invalid' };
    } else {
      intents.push({ kind: 'new', intent, fingerprint });
      expected++;
    }
  }
  return { ok: true, lastSeq: expected - 1, intents };
}
