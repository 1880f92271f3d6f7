import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppLock, type LockStore } from './app-lock.svelte';
import type { KeptLock, LockSettings } from './app-lock-rules';
import { duringCeremony } from './ceremony-under-way';

const START = Date.UTC(2026, 10, 21);
const MINUTE = 60_000;
const key: KeptLock['key'] = {
  credentialId: 'abc',
  transports: ['internal'],
  publicKey: { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' },
};

beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

/** A browser: its storage outlives its pages. */
function openBrowser() {
  const kept = new Map<string, string>();
  const store: LockStore = {
    read: (name) => kept.get(name) ?? null,
    write: (name, value) => void (value === null ? kept.delete(name) : kept.set(name, value)),
  };
  return { page: () => new AppLock(store), kept };
}

function withLock(settings: LockSettings) {
  const browser = openBrowser();
  const lock = browser.page();
  lock.turnOn({ ...settings, userId: 'mara', key });
  return { ...browser, lock };
}

describe('AppLock', () => {
  it('K6 is off at first: nothing is locked', () => {
    const lock = openBrowser().page();
    lock.hidden();
    vi.advanceTimersByTime(60 * MINUTE);
    lock.shown();
    expect([lock.isOn, lock.locked, lock.passLocked]).toEqual([false, false, false]);
  });

  it('K6 at once: locks while it is being hidden, and at each start', () => {
    const { lock, page } = withLock({ opening: 0, passes: false });
    expect(lock.locked).toBe(false);
    lock.hidden();
    expect(lock.locked).toBe(true);
    lock.shown();
    expect(lock.locked).toBe(true);
    lock.checked();
    expect(lock.locked).toBe(false);
    expect(page().locked).toBe(true);
  });

  it('K6 after five minutes: not before, also over a restart, and in the background too', () => {
    const { lock, page } = withLock({ opening: 5, passes: false });
    lock.hidden();
    vi.advanceTimersByTime(5 * MINUTE - 1);
    expect(lock.locked).toBe(false);
    expect(page().locked).toBe(false);
    vi.advanceTimersByTime(1);
    expect(lock.locked).toBe(true);
    expect(page().locked).toBe(true);
    lock.shown();
    expect(lock.locked).toBe(true);
  });

  it('K6 coming back in time begins the delay anew', () => {
    const { lock, page } = withLock({ opening: 5, passes: false });
    lock.hidden();
    vi.advanceTimersByTime(4 * MINUTE);
    lock.shown();
    vi.advanceTimersByTime(4 * MINUTE);
    expect(page().locked).toBe(false);
    expect(lock.locked).toBe(false);
  });

  it('K6 a locked page does not keep the delay from running', () => {
    const { lock, page } = withLock({ opening: 1, passes: false });
    vi.advanceTimersByTime(2 * MINUTE);
    const second = page();
    expect(second.locked).toBe(true);
    second.hidden();
    second.shown();
    expect(page().locked).toBe(true);
    expect(lock.locked).toBe(false);
  });

  it('K6 a page in the background locks when the app was last used elsewhere, and is never opened by that', () => {
    const { lock, page } = withLock({ opening: 1, passes: false });
    const second = page();
    second.hidden();
    vi.advanceTimersByTime(MINUTE / 2);
    lock.hidden();
    lock.shown();
    vi.advanceTimersByTime(MINUTE / 2);
    expect(second.locked).toBe(false);
    vi.advanceTimersByTime(MINUTE / 2);
    expect(second.locked).toBe(true);
    // Used on the first page once more while this one waits in the background.
    second.hidden();
    lock.checked();
    vi.advanceTimersByTime(MINUTE / 2);
    lock.checked();
    vi.advanceTimersByTime(MINUTE / 2);
    expect([lock.locked, second.locked]).toEqual([false, true]);
  });

  it('K6 only a sign-in of the person whose lock it is opens it, and another person’s takes it off', () => {
    const { lock, page, kept } = withLock({ opening: 0, passes: true });
    lock.hidden();
    lock.keepFor('mara');
    lock.openFor('ivo');
    expect([lock.locked, lock.passLocked]).toEqual([true, true]);
    lock.openFor('mara');
    expect([lock.locked, lock.passLocked]).toEqual([false, false]);
    lock.hidden();
    lock.keepFor('ivo');
    expect([lock.isOn, lock.locked, kept.size, page().isOn]).toEqual([false, false, 0, false]);
  });

  it('K6 a pass asks once each time the app comes to the front', () => {
    const { lock, page } = withLock({ opening: null, passes: true });
    expect([lock.locked, lock.passLocked]).toEqual([false, false]);
    lock.hidden();
    lock.shown();
    expect([lock.locked, lock.passLocked]).toEqual([false, true]);
    lock.checked();
    expect(lock.passLocked).toBe(false);
    expect(page().passLocked).toBe(true);
  });

  it('K6 the check’s own screen does not lock what it unlocks, in whichever order the phone tells', async () => {
    const { lock } = withLock({ opening: 0, passes: true });
    await duringCeremony(async () => {
      lock.hidden();
      vi.advanceTimersByTime(5000);
      lock.shown();
      await Promise.resolve();
    });
    expect(lock.locked).toBe(false);

    lock.hidden();
    lock.shown();
    expect(lock.locked).toBe(true);
    await duringCeremony(async () => {
      lock.hidden();
      await Promise.resolve();
    });
    lock.checked();
    lock.shown();
    expect([lock.locked, lock.passLocked]).toEqual([false, false]);
  });

  it('K6 who leaves the phone with the check open finds it locked', async () => {
    const { lock } = withLock({ opening: 0, passes: false });
    await duringCeremony(async () => {
      lock.hidden();
      await Promise.resolve();
    });
    vi.advanceTimersByTime(MINUTE);
    lock.shown();
    expect(lock.locked).toBe(true);
  });

  it('K6 turned off it leaves nothing behind', () => {
    const { lock, page, kept } = withLock({ opening: 0, passes: true });
    lock.hidden();
    lock.turnOff();
    expect([lock.isOn, lock.locked, lock.passLocked]).toEqual([false, false, false]);
    expect(kept.size).toBe(0);
    expect(page().locked).toBe(false);
  });
});
