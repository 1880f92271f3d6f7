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

  it('K4 looks at the server when the page wakes up: seen again, thawed, back from the back button', () => {
    const [document, window] = [
      Object.assign(new EventTarget(), { visibilityState: 'hidden' }),
      new EventTarget(),
    ];
    vi.stubGlobal('document', document);
    vi.stubGlobal('window', window);
    const onFocus = vi.fn();
    const stop = browserPlatform.watch({ onFocus, onNetwork: vi.fn(), onRecordChanged: vi.fn() });
    const after = (target: EventTarget, event: Event) => {
      onFocus.mockClear();
      target.dispatchEvent(event);
      return onFocus.mock.calls.length;
    };
    const shown = (persisted: boolean) => Object.assign(new Event('pageshow'), { persisted });
    expect(after(document, new Event('visibilitychange'))).toBe(0);
    document.visibilityState = 'visible';
    expect(after(document, new Event('visibilitychange'))).toBe(1);
    expect(after(document, new Event('resume'))).toBe(1);
    expect([after(window, shown(true)), after(window, shown(false))]).toEqual([1, 0]);
    stop();
    expect(after(document, new Event('resume'))).toBe(0);
  });

  it('K4 shares pokes by the browser’s own locks and channels, and not where it lacks them', async () => {
    vi.stubGlobal('navigator', {});
    expect(browserPlatform.tabs).toBeNull();
    const granted: unknown[] = [];
    const request = (name: string, how: object, work: () => Promise<void>) => {
      granted.push([name, how]);
      return work();
    };
    vi.stubGlobal('navigator', { locks: { request } });
    const { tabs } = browserPlatform;
    const { signal } = new AbortController();
    await tabs?.hold('pokes', { signal }, () => Promise.resolve());
    expect(granted).toEqual([['pokes', { signal }]]);
    const heard = new Promise((resolve) => {
      const other = tabs?.channel('pokes', (message) => {
        other?.close();
        resolve(message);
      });
    });
    const own = tabs?.channel('pokes', () => undefined);
    own?.post({ kind: 'poke', scopes: ['site:a'] });
    expect(await heard).toEqual({ kind: 'poke', scopes: ['site:a'] });
    own?.close();
  });
});
