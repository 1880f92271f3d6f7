import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../platform/logger';
import { createPokeStreams, type PokeSink, type PokeStreamEnd, type PokeStreams } from './poke-streams';
import type { PokeListener, Pokes } from './pokes';

/** Pokes of one process, without Postgres. */
function createLocalPokes(): Pick<Pokes, 'publish' | 'subscribe' | 'endSubscriptions'> & { count(): number } {
  const listeners = new Map<PokeListener, readonly string[]>();
  let isEnded = false;
  return {
    count: () => listeners.size,
    publish(scopes) {
      for (const [listener, wanted] of listeners) {
        const own = scopes.filter((scope) => wanted.includes(scope));
        if (own.length > 0) listener.poke(own);
      }
    },
    subscribe(scopes, listener) {
      if (isEnded) listener.closed();
      else listeners.set(listener, scopes);
      return () => void listeners.delete(listener);
    },
    endSubscriptions() {
      isEnded = true;
      for (const listener of [...listeners.keys()]) listener.closed();
      listeners.clear();
    },
  };
}

class FakeSink implements PokeSink {
  readonly pokes: (readonly string[])[] = [];
  readonly ends: PokeStreamEnd[] = [];
  pings = 0;
  isSlow = false;
  poke(scopes: readonly string[]): void {
    this.pokes.push(scopes);
  }
  ping(): void {
    this.pings += 1;
  }
  end(reason: PokeStreamEnd): void {
    this.ends.push(reason);
  }
  isCongested(): boolean {
    return this.isSlow;
  }
}

let pokes: ReturnType<typeof createLocalPokes>;
let streams: PokeStreams;
beforeEach(() => {
  vi.useFakeTimers();
  pokes = createLocalPokes();
  streams = createPokeStreams({
    pokes: pokes as unknown as Pokes,
    logger: createLogger({ write: () => undefined }),
    now: () => Date.now(),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

function open(scopes = ['site:a', 'member:b'], isStillAllowed = () => Promise.resolve(true)) {
  const sink = new FakeSink();
  return { sink, leave: streams.open({ scopes, isStillAllowed, sink }) };
}

/** One turn of the event loop, and no more. */
const turn = () => vi.advanceTimersByTimeAsync(0);

describe('streams of pokes', () => {
  it('K4 poke once at the beginning, when they are subscribed already', () => {
    const { sink } = open();
    expect(sink.pokes).toEqual([[]]);
    expect(pokes.count()).toBe(1);
  });

  it('K4 misses nothing that is published from the first poke on; what comes together is one poke', async () => {
    const { sink } = open();
    pokes.publish(['site:a']);
    pokes.publish(['member:b', 'site:a', 'site:z']);
    expect(sink.pokes).toEqual([[]]);
    await turn();
    expect(sink.pokes).toEqual([[], ['site:a', 'member:b']]);
  });

  it('K4 what comes while the process rests from a poke is gathered, and told', async () => {
    const { sink } = open();
    pokes.publish(['site:a']);
    await turn();
    for (let count = 0; count < 10; count++) pokes.publish([count % 2 ? 'site:a' : 'member:b']);
    await turn();
    expect(sink.pokes).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(25);
    expect(sink.pokes.slice(2)).toEqual([['member:b', 'site:a']]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sink.pokes).toHaveLength(3);
  });

  it('K4 a congested stream is told when its network is free again, and keeps no other waiting', async () => {
    const [slow, quick] = [open(), open()];
    slow.sink.isSlow = true;
    pokes.publish(['site:a']);
    await turn();
    pokes.publish(['member:b']);
    await vi.advanceTimersByTimeAsync(2000);
    expect(quick.sink.pokes).toEqual([[], ['site:a'], ['member:b']]);
    expect(slow.sink.pokes).toEqual([[]]);
    slow.sink.isSlow = false;
    await vi.advanceTimersByTimeAsync(2000);
    expect(slow.sink.pokes).toEqual([[], ['site:a', 'member:b']]);
  });

  it('A2 ends within 15 s of its session', async () => {
    let isAllowed = true;
    const { sink } = open(['site:a'], () => Promise.resolve(isAllowed));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sink.ends).toEqual([]);
    isAllowed = false;
    await vi.advanceTimersByTimeAsync(15_500);
    expect(sink.ends).toEqual(['session_ended']);
    expect(pokes.count()).toBe(0);
    pokes.publish(['site:a']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sink.pokes).toEqual([[]]);
    expect(sink.ends).toHaveLength(1);
  });

  it('A2 outlives a database that cannot say whether the session lives', async () => {
    let answer: () => Promise<boolean> = () => Promise.reject(new Error('no database'));
    const { sink } = open(['site:a'], () => answer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sink.ends).toEqual([]);
    answer = () => Promise.resolve(false);
    await vi.advanceTimersByTimeAsync(15_500);
    expect(sink.ends).toEqual(['session_ended']);
  });

  it('K4 looks at sessions and pings spread over their period when all streams opened at once', async () => {
    const looks: number[] = [];
    const sinks = Array.from({ length: 500 }, () => {
      return open(['site:a'], () => {
        looks.push(Date.now());
        return Promise.resolve(true);
      }).sink;
    });
    const begin = Date.now();
    await vi.advanceTimersByTimeAsync(15_500);
    // All were looked at, none more than twice, and no moment has more than a tenth.
    expect(looks.length).toBeGreaterThanOrEqual(500);
    expect(looks.length).toBeLessThanOrEqual(1000);
    const moments = new Map<number, number>();
    for (const at of looks) moments.set(at - begin, (moments.get(at - begin) ?? 0) + 1);
    expect(Math.max(...moments.values())).toBeLessThan(50);
    expect(Math.min(...sinks.map((sink) => sink.pings))).toBeGreaterThanOrEqual(1);
    expect(Math.max(...sinks.map((sink) => sink.pings))).toBeLessThanOrEqual(2);
  });

  it('ends when the server stops, and one that opens later ends at once', () => {
    const { sink } = open();
    pokes.endSubscriptions();
    expect(sink.ends).toEqual(['stopped']);
    const late = open();
    expect(late.sink.ends).toEqual(['stopped']);
    expect(late.sink.pokes).toEqual([]);
  });

  it('leaves nothing behind when its client has gone', async () => {
    const { sink, leave } = open();
    pokes.publish(['site:a']);
    leave();
    leave();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sink.pokes).toEqual([[]]);
    expect(pokes.count()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
