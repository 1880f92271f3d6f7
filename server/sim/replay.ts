import { MAXIMUM_INTENTS, PROTOCOL_VERSION, type PushResponse } from '#shared/protocol/push';
import { callServer } from './call-server';
import type { Findings } from './findings';
import type { Hearing } from './hearing';

/**
 * I6: sends again everything that the server ever answered, of every client, and compares byte for byte. `tokenOf` gives a
 * session of the member whose client it is; null skips it.
 */
export async function replayAll(
  findings: Findings,
  hearing: Hearing,
  origin: string,
  tokenOf: (clientId: string) => string | null,
): Promise<void> {
  for (const { clientId, told } of [...hearing.clients()]) {
    const token = tokenOf(clientId);
    // Heard of by pull alone, or of another device's intent after a fork: not this simulation's to say again.
    const known = told.filter(({ intent }) => intent !== null);
    if (token === null) continue;
    for (let first = 0; first < known.length;) {
      const batch = known.slice(first, first + MAXIMUM_INTENTS).filter(inOneRun);
      first += batch.length;
      const intents = batch.map(({ intent }) => intent!);
      const answer = await callServer<PushResponse>(origin, token, 'sync.push', {
        ...{ proto: PROTOCOL_VERSION, build: 'sim', clientId, intents },
      }).catch((error: unknown) => error as Error);
      batch.forEach(({ text, seq }, index) => {
        const again = answer instanceof Error ? answer.message : JSON.stringify(answer.outcomes[index]);
        findings.check(
          'I6',
          again === text,
          () =>
            `client ${clientId} seq ${String(seq)} was told\n    ${text}\n    and when sent again\n    ${again}`,
        );
      });
    }
  }
}

/** Keeps the items whose seqs follow on from the first without a gap: a push may have none. */
function inOneRun({ seq }: { seq: number }, index: number, list: readonly { seq: number }[]): boolean {
  return seq === list[0]!.seq + index;
}
