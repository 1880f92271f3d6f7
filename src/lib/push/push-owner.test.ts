import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { browserPush } from './push-owner';
import { isPushWanted, notePushWanted } from './push-wanted';

const NOW = Date.UTC(2026, 10, 22, 9);
const unsubscribe = vi.fn(() => Promise.resolve(true));
const close = vi.fn<() => void>();
let kept: Map<string, string>;

beforeEach(() => {
  kept = new Map();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
  const registration = {
    getNotifications: () => Promise.resolve([{ tag: 'notice:a', close }]),
    pushManager: { getSubscription: () => Promise.resolve({ unsubscribe }) },
  };
  vi.stubGlobal('navigator', { serviceWorker: { getRegistration: () => Promise.resolve(registration) } });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

describe('whom this browser is woken for', () => {
  it('B4 who signs in again is looked after at once, however lately it was seen to be on', () => {
    notePushWanted('mara', NOW);
    expect(isPushWanted('mara', NOW)).toBe(false);
    browserPush.keepFor('mara');
    expect(isPushWanted('mara', NOW)).toBe(true);
    expect(unsubscribe).not.toHaveBeenCalled();
  });

  it('B4 a sign-out closes what is shown and ends the subscription; the note stays for the next sign-in', async () => {
    notePushWanted('mara', NOW);
    browserPush.silence();
    await vi.waitFor(() => expect(unsubscribe).toHaveBeenCalledOnce());
    expect(close).toHaveBeenCalledOnce();
    browserPush.keepFor('mara');
    expect(isPushWanted('mara', NOW)).toBe(true);
  });

  it('B4 another person’s sign-in ends what was turned on here', async () => {
    notePushWanted('mara', NOW);
    browserPush.keepFor('ivo');
    await vi.waitFor(() => expect(unsubscribe).toHaveBeenCalledOnce());
    expect([...kept]).toEqual([]);
  });

  it('B4 who has turned nothing on is left alone, and a browser without a worker is no trouble', () => {
    browserPush.keepFor('mara');
    vi.stubGlobal('navigator', {});
    browserPush.silence();
    expect([[...kept], unsubscribe.mock.calls]).toEqual([[], []]);
  });
});
