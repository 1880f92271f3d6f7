import { request, type Agent } from 'node:http';
import type { Intent } from '#shared/domain/intent';
import { PROTOCOL_VERSION, type Outcome, type PushRequest, type PushResponse } from '#shared/protocol/push';
import type { ArgsOf } from '#shared/protocol/ops';
import { newId } from '../server/platform/ids';
import type { BenchMember } from './arbiter-site';

/** One push of these reservations, as a device sends it; answers their outcomes. Throws when the call as a whole fails. */
export function pushReservations(
  agent: Agent,
  origin: string,
  member: BenchMember,
  reservations: readonly ArgsOf<'reservation.create@1'>[],
): Promise<readonly Outcome[]> {
  const wishes = reservations.map((args) => ({ op: 'reservation.create@1', args }) as const);
  return pushIntents(agent, origin, member, wishes);
}

/** One push of whatever a device wishes; answers the outcomes. Throws when the call as a whole fails. */
export async function pushIntents(
  agent: Agent,
  origin: string,
  member: BenchMember,
  wishes: readonly Intent[],
): Promise<readonly Outcome[]> {
  const push: PushRequest = {
    proto: PROTOCOL_VERSION,
    build: 'bench',
    clientId: member.clientId,
    intents: wishes.map((wish) => ({
      ...wish,
      seq: ++member.seq,
      id: newId(),
      deviceTime: Date.now(),
      expiresAt: null,
    })),
  };
  const answer = await post<{ result?: { data: PushResponse } }>(
    agent,
    `${origin}/trpc/sync.push`,
    member.token,
    push,
  );
  if (!answer.result) throw new Error(`push failed: ${JSON.stringify(answer)}`);
  return answer.result.data.outcomes;
}

function post<A>(agent: Agent, url: string, token: string, body: unknown): Promise<A> {
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    cookie: `undercroft=${token}`,
    origin: new URL(url).origin,
  };
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve(JSON.parse(Buffer.concat(chunks).toString()) as A);
      });
    });
    call.on('error', reject);
    call.end(text);
  });
}
