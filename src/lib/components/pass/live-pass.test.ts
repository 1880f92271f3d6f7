import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parsePassCode } from '#shared/pass/pass-code';
import { issueTestPass, makeTestSigner, testClaims, type TestSigner } from '#shared/pass/testing';
import { GOOD_FOR, LivePass, REDRAW_EVERY } from './live-pass.svelte';

const START = Date.UTC(2026, 10, 21, 9);

let holder: TestSigner;
let bytes: Uint8Array;
let visible: 'visible' | 'hidden';
let answers: boolean;
/** Calls that never settle, as those of a page that was frozen while they were under way. */
let hangs: boolean;
let counter: number;
let onVisibility: () => void;
let stop: () => void = () => undefined;

beforeAll(async () => {
  holder = await makeTestSigner(crypto.subtle);
  bytes = await issueTestPass(await makeTestSigner(crypto.subtle), testClaims(holder));
});
beforeEach(() => {
  vi.useFakeTimers({ now: START });
  visible = 'visible';
  answers = true;
  hangs = false;
  counter = 0;
  vi.stubGlobal('document', {
    get visibilityState() {
      return visible;
    },
    addEventListener: (_: string, listener: () => void) => (onVisibility = listener),
    removeEventListener: () => undefined,
  });
});
afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function show(nonce: Uint8Array | null = null): LivePass {
  const live = new LivePass(
    bytes,
    {
      sign: holder.sign,
      nextCounter: () => {
        if (hangs) return new Promise(() => undefined);
        return answers ? Promise.resolve(++counter) : Promise.reject(new Error('no storage'));
      },
    },
    nonce,
  );
  stop = live.start();
  return live;
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

async function drawn(live: LivePass): Promise<string> {
  await vi.waitUntil(() => live.text !== null);
  return live.text!;
}

function look(state: 'visible' | 'hidden'): void {
  visible = state;
  onVisibility();
}

function proofIn(text: string) {
  const code = parsePassCode(text);
  if (!code.ok || !code.value.proof) throw new Error('no live pass');
  return code.value.proof;
}

describe('what a pass shows', () => {
  it('X1 is proved anew every 20 s with a higher counter', async () => {
    const live = show();
    const first = proofIn(await drawn(live));
    expect(first).toMatchObject({ t: START / 1000, ctr: 1, nonce: null });
    await pass(REDRAW_EVERY);
    await vi.waitUntil(() => proofIn(live.text!).ctr === 2);
    expect(proofIn(live.text!).t).toBe((START + REDRAW_EVERY) / 1000);
  });

  it('X1 is taken down when it could not be renewed for a minute, and comes back when it can', async () => {
    const live = show();
    const old = await drawn(live);
    expect(live.goodUntil).toBe(START + GOOD_FOR);
    answers = false;
    await pass(START + GOOD_FOR - 1 - Date.now());
    expect(live.text).toBe(old);
    expect(live.failed).toBe(true);
    await pass(1000);
    expect(live.text).toBeNull();
    expect(live.goodUntil).toBeNull();
    answers = true;
    await pass(2_500);
    await vi.waitUntil(() => live.text !== null);
    expect(live.failed).toBe(false);
    expect(live.text).not.toBe(old);
  });

  it('X1 is blank on a page that nobody looks at, and new when somebody does', async () => {
    const live = show();
    const old = await drawn(live);
    look('hidden');
    expect(live.text).toBeNull();
    await pass(REDRAW_EVERY);
    expect(counter).toBe(1);
    look('visible');
    const fresh = await drawn(live);
    expect(fresh).not.toBe(old);
    expect(proofIn(fresh)).toMatchObject({ ctr: 2, t: (START + REDRAW_EVERY) / 1000 });
  });

  it('X1 a proof that was under way when the page was left is not shown', async () => {
    const live = show();
    look('hidden');
    await pass(1000);
    await vi.waitUntil(() => counter === 1);
    expect(live.text).toBeNull();
  });

  it('X1 does not freeze when the clock is set back', async () => {
    const live = show();
    await drawn(live);
    vi.setSystemTime(START - 3_600_000);
    await pass(1000);
    await vi.waitUntil(() => live.text !== null && proofIn(live.text).ctr === 2);
    expect(proofIn(live.text!).t).toBe(Math.floor((START - 3_600_000 + 500) / 1000));
  });

  it('X1 a proof that never comes is given up after 5 s, said, and asked for again', async () => {
    const live = show();
    const old = await drawn(live);
    hangs = true;
    await pass(START + REDRAW_EVERY + 4_500 - Date.now());
    expect(live.failed).toBe(false);
    await pass(1000);
    expect([live.failed, live.text]).toEqual([true, old]);
    hangs = false;
    await pass(6_000);
    await vi.waitUntil(() => live.text !== old);
    expect(live.failed).toBe(false);
    expect(proofIn(live.text!).ctr).toBe(2);
  });

  it.each(['tick', 'visibility'] as const)(
    'X1 an old code whose renewal was frozen is not what a phone wakes up with, by %s',
    async (waker) => {
      const live = show();
      const old = await drawn(live);
      hangs = true;
      await pass(START + REDRAW_EVERY + 500 - Date.now());
      // No timer runs while it sleeps.
      vi.setSystemTime(START + 50_000);
      hangs = false;
      if (waker === 'tick') await pass(500);
      else look('visible');
      expect(live.text).not.toBe(old);
      expect(proofIn(await drawn(live)).ctr).toBe(2);
    },
  );

  it('X1 a proof that comes after a sleep is not shown: it is old', async () => {
    let settle: (ctr: number) => void = () => undefined;
    const nextCounter = () =>
      counter++ === 0 ? new Promise<number>((resolve) => (settle = resolve)) : Promise.resolve(2);
    const live = new LivePass(bytes, { sign: holder.sign, nextCounter });
    stop = live.start();
    vi.setSystemTime(START + 30_000);
    settle(1);
    const fresh = proofIn(await vi.waitUntil(async () => (await pass(500), live.text)));
    expect(fresh).toMatchObject({ ctr: 2 });
  });

  it('X1 answers a guard’s question with its nonce', async () => {
    const nonce = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(proofIn(await drawn(show(nonce))).nonce).toEqual(nonce);
  });
});
