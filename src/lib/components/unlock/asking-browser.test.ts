import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionAnswer } from '#shared/protocol/session';
import type { UnlockStanding } from '$lib/auth/unlock';
import type { AuthResult } from '$lib/auth/auth-failure';
import { ASK_EVERY, AskingBrowser } from './asking-browser.svelte';

const begun = { requestId: 'r1', code: 'ABCDEFGH', matchNumber: 42, expiresAt: 120_000, serverNow: 0 };
const session: SessionAnswer = { user: null, member: null, registrationOpen: false, verifiedAt: null };
const waiting: AuthResult<UnlockStanding> = { ok: true, value: { state: 'waiting' } };
const failed = (code: 'unreachable' | 'unlock_not_found') =>
  ({ ok: false, failure: { code, sentence: '', next: '' } }) as const;

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

function open(standings: AuthResult<UnlockStanding>[]) {
  const begin = vi.fn(() => Promise.resolve({ ok: true, value: begun } as const));
  const collect = vi.fn(() => Promise.resolve(standings.shift() ?? waiting));
  const onApproved = vi.fn(() => Promise.resolve());
  const browser = new AskingBrowser({ begin, collect, now: () => Date.now(), onApproved });
  return { browser, begin, collect, onApproved };
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe('AskingBrowser', () => {
  it('B2 asks until a phone has answered, and then no more', async () => {
    const { browser, collect, onApproved } = open([
      waiting,
      { ok: true, value: { state: 'approved', session } },
    ]);
    await browser.begin();
    expect([browser.phase, browser.left]).toEqual(['waiting', 120_000]);
    await pass(2 * ASK_EVERY);
    expect(browser.phase).toBe('approved');
    expect(onApproved).toHaveBeenCalledExactlyOnceWith(session);
    await pass(60_000);
    expect(collect).toHaveBeenCalledTimes(2);
  });

  it.each(['refused', 'expired'] as const)('B2 says that it is %s, and asks no more', async (state) => {
    const { browser, collect } = open([{ ok: true, value: { state } }]);
    await browser.begin();
    await pass(60_000);
    expect(browser.phase).toBe(state);
    expect(collect).toHaveBeenCalledTimes(1);
  });

  it('B2 counts down by itself, and is over without a word from the server', async () => {
    const { browser, collect } = open([]);
    await browser.begin();
    await pass(119_000);
    browser.tick();
    expect([browser.phase, browser.left]).toEqual(['waiting', 1000]);
    await pass(1000);
    browser.tick();
    expect([browser.phase, browser.left]).toEqual(['expired', 0]);
    const asked = collect.mock.calls.length;
    await pass(60_000);
    expect(collect.mock.calls.length).toBeLessThanOrEqual(asked + 1);
  });

  it('B2 asks on without signal, and gives up what the server does not know', async () => {
    const { browser, collect } = open([
      failed('unreachable'),
      failed('unreachable'),
      failed('unlock_not_found'),
    ]);
    await browser.begin();
    await pass(2 * ASK_EVERY);
    expect(browser.phase).toBe('waiting');
    await pass(ASK_EVERY);
    expect(browser.phase).toBe('expired');
    expect(collect).toHaveBeenCalledTimes(3);
  });

  it('B2 an answer to what was asked before changes nothing', async () => {
    const { browser, begin, onApproved } = open([]);
    let answer: (standing: AuthResult<UnlockStanding>) => void = () => undefined;
    const slow = new AskingBrowser({
      begin,
      collect: () => new Promise((resolve) => (answer = resolve)),
      now: () => Date.now(),
      onApproved,
    });
    await slow.begin();
    await pass(ASK_EVERY);
    await slow.begin('ada@example.test');
    answer({ ok: true, value: { state: 'approved', session } });
    await pass(0);
    expect([slow.phase, slow.asked]).toEqual(['waiting', 'ada@example.test']);
    expect(onApproved).not.toHaveBeenCalled();
    slow.stop();
    browser.stop();
  });

  it('B2 says why it could not begin, and can be asked again', async () => {
    const { browser, begin } = open([]);
    begin.mockResolvedValueOnce(failed('unreachable') as never);
    await browser.begin();
    expect([browser.phase, browser.failure?.code]).toEqual(['failed', 'unreachable']);
    await browser.begin();
    expect([browser.phase, browser.failure]).toEqual(['waiting', null]);
    browser.stop();
  });
});
