import type { Pool } from 'pg';
import type { Op } from '#shared/domain/intent';
import { MAXIMUM_INTENTS, type Outcome, type WireIntent } from '#shared/protocol/push';
import type { Push, SubmitResult } from '../arbiter/push';
import type { Clock } from '../platform/clock';
import type { Logger } from '../platform/logger';
import { findLapsed, findNextLapse, findWaitingSites } from '../services/waitlist/find-lapsed';
import { findMatches } from '../services/waitlist/find-matches';
import { createOfferPauses } from './offer-pauses';

export interface OfferOptions {
  readonly pool: Pool;
  readonly arbiter: { submit(push: Push): Promise<SubmitResult> };
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  /** Calls `run` once after so many milliseconds, unless the function it returns is called before. */
  readonly after?: (milliseconds: number, run: () => void) => () => void;
}

export interface SlotOffers {
  /** Something may have got free at these sites, or somebody waits there now: looked at soon, never waited for, never throws. */
  wake(siteIds: readonly string[]): void;
  /**
   * Looks at every site where somebody waits or an offer is over: for what a process has left undone. Rejects with an
   * AggregateError when a site could not be looked at, after all others.
   */
  sweep(): Promise<void>;
  /** Resolves when nothing is under way and nobody waits to be looked at; a site that is woken meanwhile is, too. */
  settled(): Promise<void>;
  /** No site is looked at any more; resolves when those under way are. */
  stop(): Promise<void>;
}

/** Offers are repeated as long as there is any to make, so many times at most until others have their turn. */
const ROUNDS = 20;
/** A busy site is looked at for a quarter of the time at most: between two looks lies thrice what the first took, and this (ms). */
const REST = 20;

/**
 * E8: offers what is free to who waits for it, in order, and ends what time has ended, each as an intent of the site's own: an offer
 * and its hold are one transaction. Woken by what the arbiter of this process commits, and when an offer's time is over. Several processes may do it at the same
 * time: of two offers for one place in line or one slot the rules refuse the second.
 */
export function createSlotOffers(options: OfferOptions): SlotOffers {
  const { pool, clock, logger, after = afterTimeout } = options;
  const clients = new Map<string, SiteClient>();
  const pauses = createOfferPauses(clock);
  /** What calls off the next look that time alone asks for, by site. */
  const alarms = new Map<string, () => void>();
  const running = new Map<string, { asking: Asking[]; done: Promise<void> }>();
  let isStopped = false;

  async function lookAt(siteId: string): Promise<void> {
    const now = clock.now();
    pauses.tidy();
    try {
      const lapsed = await findLapsed(pool, { siteId, now });
      await submitAll(
        siteId,
        lapsed.map((entryId) => ({ op: 'waitlist.lapse@1', args: { entryId } })),
      );
      for (let round = 0; round < ROUNDS && (await offerAtOnce(siteId)); round++);
      await setAlarm(siteId);
    } catch (error) {
      // Whether the server has these seqs is not known: the next push begins as a new client.
      clients.delete(siteId);
      throw error;
    }
  }

  /** The next one in line is offered the slot as soon as an offer lapses, not at the next sweep. */
  async function setAlarm(siteId: string): Promise<void> {
    const next = await findNextLapse(pool, { siteId, now: clock.now() });
    alarms.get(siteId)?.();
    alarms.delete(siteId);
    if (next === null || isStopped) return;
    const run = () => {
      alarms.delete(siteId);
      wake([siteId]);
    };
    alarms.set(siteId, after(Math.max(next - clock.now(), REST), run));
  }

  function wake(siteIds: readonly string[]): void {
    if (isStopped) return;
    for (const siteId of siteIds) {
      look(siteId).catch((error: unknown) =>
        // The sweep comes by.
        logger.warn('a waitlist could not be served', { siteId, error }),
      );
    }
  }

  /** True when there was anything to offer: those whom a rule passes over may be offered another slot, and others this one. */
  async function offerAtOnce(siteId: string): Promise<boolean> {
    const matches = await findMatches(pool, { siteId, now: clock.now() }, pauses.has);
    const intents = matches.map(({ entryId, slotId, start, end }) => ({
      op: 'waitlist.offer@1' as const,
      args: { entryId, slotId, reservationId: options.newId(), start, end },
    }));
    const outcomes = await submitAll(siteId, intents);
    matches.forEach((match, index) => {
      const outcome = outcomes[index];
      if (outcome && outcome.status !== 'applied') pauses.note(match, outcome.code ?? '');
    });
    return outcomes.length > 0;
  }

  async function submitAll(
    siteId: string,
    wanted: readonly { op: Op; args: Record<string, unknown> }[],
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (let at = 0; at < wanted.length && !isStopped; at += MAXIMUM_INTENTS) {
      const client = clientOf(clients, siteId, options.newId);
      const intents = wanted.slice(at, at + MAXIMUM_INTENTS).map((intent): WireIntent => {
        const id = options.newId();
        return { ...intent, seq: ++client.seq, id, deviceTime: clock.now(), expiresAt: null };
      });
      const result = await options.arbiter.submit({
        siteId,
        member: { id: siteId, role: 'system', name: 'Undercroft' },
        clientId: client.clientId,
        intents,
      });
      if (!result.ok) throw new Error(`the waitlist could not be served: ${result.code}`);
      outcomes.push(...result.outcomes);
    }
    return outcomes;
  }

  /**
   * One look at a site at a time in this process; who asks meanwhile is served by one more. Settles with the first look that begins
   * after it was asked for, however many follow: where much is going on the next site's turn comes, too.
   */
  function look(siteId: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const current = running.get(siteId);
      if (current) {
        current.asking.push({ resolve, reject });
        return;
      }
      const state = { asking: [{ resolve, reject }], done: Promise.resolve() };
      running.set(siteId, state);
      state.done = lookUntilDone(siteId, state);
    });
  }

  async function lookUntilDone(siteId: string, state: { asking: Asking[] }): Promise<void> {
    while (state.asking.length > 0) {
      const asked = state.asking.splice(0);
      const began = performance.now();
      try {
        // Whoever asks once it is stopped is let go.
        if (!isStopped) await lookAt(siteId);
        for (const { resolve } of asked) resolve();
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
      // What comes in while it rests is served by the same look.
      if (state.asking.length > 0 && !isStopped) await rest(3 * (performance.now() - began) + REST);
    }
    running.delete(siteId);
  }

  return {
    wake,
    async sweep() {
      const failures: unknown[] = [];
      for (const siteId of await findWaitingSites(pool, clock.now())) {
        if (isStopped) return;
        await look(siteId).catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw new AggregateError(failures, 'some waitlists could not be served');
    },
    async settled() {
      while (running.size > 0) await Promise.allSettled([...running.values()].map(({ done }) => done));
    },
    async stop() {
      isStopped = true;
      for (const callOff of alarms.values()) callOff();
      alarms.clear();
      await this.settled();
    },
  };
}

/** Who asked for a look. */
interface Asking {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The site's own client in this process: like a device's, its seqs count up by one. */
interface SiteClient {
  readonly clientId: string;
  seq: number;
}

function clientOf(clients: Map<string, SiteClient>, siteId: string, newId: () => string): SiteClient {
  const known = clients.get(siteId) ?? { clientId: newId(), seq: 0 };
  clients.set(siteId, known);
  return known;
}

function afterTimeout(milliseconds: number, run: () => void): () => void {
  // Longer is none for a timer; looked at again then.
  const timer = setTimeout(run, Math.min(milliseconds, 2 ** 31 - 1));
  timer.unref();
  return () => clearTimeout(timer);
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}
