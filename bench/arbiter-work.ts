import { PROTOCOL_VERSION } from '#shared/protocol/push';
import { newId } from '../server/platform/ids';
import { postRequest } from './arbiter-http';
import type { LoadJob } from './arbiter-jobs';
import type { BenchMember, BenchSite } from './arbiter-site';

/** Milliseconds. Short, so that five slots have room for a whole run before the signing key ends, 400 days from now. */
const LENGTH = 300_000;

/** One window of one slot. Half-open, in ms since 1970. */
interface Window {
  readonly slotId: string;
  readonly start: number;
  readonly end: number;
}

/** One push, ready to be sent. */
export interface PreparedPush {
  readonly member: BenchMember;
  /** Intents in it. */
  readonly size: number;
  readonly request: Buffer;
}

export interface Work {
  /** Pushes for `job`, of one member after another, to be sent in this order. */
  pushes(job: LoadJob, options: { port: number; count: number }): PreparedPush[];
  /** Gives the seqs back of pushes that were never sent: the last ones of what `pushes` answered. */
  giveBack(unsent: readonly PreparedPush[]): void;
  /** The parameters of bench_reserve for `job`. */
  directCalls(job: LoadJob, count: number): unknown[][];
}

/** Makes the calls of a run beforehand, so that making them is not measured. Windows never overlap but for rivals'. */
export function createWork(site: BenchSite): Work {
  const first = (Math.ceil(Date.now() / LENGTH) + 12) * LENGTH;
  const used = new Map<string, number>();
  const directClients = new Map<string, { id: string; seq: number }>();
  let turn = 0;
  let slotTurn = 0;
  let direct = 1_000_000;

  const nextMember = (): BenchMember => site.members[turn++ % site.members.length]!;

  const nextWindow = (slots: number): Window => {
    const slotId = site.slotIds[slotTurn++ % slots]!;
    const count = used.get(slotId) ?? 0;
    used.set(slotId, count + 1);
    const start = first + count * LENGTH;
    return { slotId, start, end: start + LENGTH };
  };

  const windowsOf = (job: LoadJob, count: number): Window[] => {
    const windows: Window[] = [];
    while (windows.length < count) {
      const window = nextWindow(job.slots);
      for (let rival = 0; rival < job.rivals; rival++) windows.push(window);
    }
    return windows;
  };

  return {
    pushes(job, { port, count }) {
      const windows = windowsOf(job, count * job.size).values();
      return Array.from({ length: count }, () => {
        const member = nextMember();
        const intents = Array.from({ length: job.size }, () => ({
          seq: ++member.seq,
          id: newId(),
          op: 'reservation.create@1',
          args: { reservationId: newId(), ...windows.next().value! },
          deviceTime: Date.now(),
          expiresAt: null,
        }));
        const { clientId, token } = member;
        const body = JSON.stringify({ proto: PROTOCOL_VERSION, build: 'bench', clientId, intents });
        return { member, size: job.size, request: postRequest('/trpc/sync.push', { port, token, body }) };
      });
    },
    giveBack(unsent) {
      for (const { member, size } of unsent) member.seq -= size;
    },
    directCalls(job, count) {
      return windowsOf(job, count).map(({ slotId, start, end }) => {
        const member = nextMember();
        const client = directClients.get(member.id) ?? { id: newId(), seq: 0 };
        directClients.set(member.id, client);
        direct++;
        return [
          ...[site.id, client.id, ++client.seq, member.id, slotId],
          ...[new Date(start).toISOString(), new Date(end).toISOString()],
          ...[newId(), newId(), newId(), newId()],
          ...[direct, direct.toString(36).padStart(8, '0')],
        ];
      });
    },
  };
}
