import { afterEach, describe, expect, it, vi } from 'vitest';
import { browserPlatform } from './browser-platform';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('browser platform', () => {
  it.each([
    ['is cut off', () => '{"memberId":"'],
    [
      'may not be read',
      () => {
        throw new DOMException('blocked', 'SecurityError');
      },
    ],
  ])('takes a note that %s for none', (_what, getItem) => {
    vi.stubGlobal('localStorage', { getItem });
    expect([browserPlatform.record.read(), browserPlatform.signOutPending.read()]).toEqual([null, null]);
  });

  it('takes a canary that it cannot read for none', () => {
    vi.stubGlobal('document', { cookie: 'undercroft_outbox=%E0%A4%A' });
    expect(browserPlatform.canary.read()).toBeNull();
  });

  it('tells without asking whether the storage is persistent, and null where that cannot be told', async () => {
    const persist = vi.fn();
    vi.stubGlobal('navigator', { storage: { persisted: () => Promise.resolve(true), persist } });
    expect(await browserPlatform.isPersisted()).toBe(true);
    expect(persist).not.toHaveBeenCalled();
    vi.stubGlobal('navigator', {});
    expect(await browserPlatform.isPersisted()).toBeNull();
    vi.stubGlobal('navigator', { storage: { persisted: () => Promise.reject(new TypeError('opaque')) } });
    expect(await browserPlatform.isPersisted()).toBeNull();
  });
});
