import { beforeEach, describe, expect, it, vi } from 'vitest';
import { pathOfTap, tapMessage } from './tapped-notification';
import { watchNotifications } from './worker-notifications';

const ORIGIN = 'https://undercroft.test';
const PATH = '/unlock/approve#request=r-1';

/** A window of the app; `answer`: what it says to a tap, null for one that says nothing. */
function createWindow(path: string, answer: boolean | null, focused = false) {
  return {
    url: ORIGIN + path,
    focused,
    navigate: vi.fn(),
    focus: vi.fn(() => Promise.resolve()),
    postMessage: vi.fn((_message: unknown, [port]: [MessagePort]) => {
      if (answer !== null) port.postMessage(answer);
    }),
  };
}

type Window = ReturnType<typeof createWindow>;
let openWindow = vi.fn();
beforeEach(() => void (openWindow = vi.fn(() => Promise.resolve(null))));

/** Taps on a notification while these windows are open; resolves when the worker is done with it. */
async function tap(windows: readonly Window[]): Promise<void> {
  const listeners = new Map<string, (event: unknown) => void>();
  const worker = {
    location: { origin: ORIGIN },
    clients: { matchAll: () => Promise.resolve(windows), openWindow },
    addEventListener: (type: string, listener: (event: unknown) => void) => listeners.set(type, listener),
  };
  watchNotifications(worker as unknown as ServiceWorkerGlobalScope);
  let work: Promise<unknown> = Promise.resolve();
  listeners.get('notificationclick')!({
    notification: { close: () => undefined, data: { path: PATH } },
    waitUntil: (promise: Promise<unknown>) => void (work = promise),
  });
  await work;
}

describe('a tap on a notification', () => {
  it('B2 B4 asks the window in front to go there, and loads none anew', async () => {
    const behind = createWindow('/find', true);
    const front = createWindow('/settings', true, true);
    await tap([behind, front]);
    expect(pathOfTap(front.postMessage.mock.calls[0]![0], Date.now())).toBe(PATH);
    expect(front.focus).toHaveBeenCalledOnce();
    for (const window of [behind, front]) expect(window.navigate).not.toHaveBeenCalled();
    expect(behind.postMessage).not.toHaveBeenCalled();
    expect(openWindow).not.toHaveBeenCalled();
  });

  it.each([false, null])('B4 opens another window when that one stays as it is: %j', async (answer) => {
    const busy = createWindow('/gate', answer, true);
    await tap([busy]);
    expect(busy.focus).not.toHaveBeenCalled();
    expect(openWindow).toHaveBeenCalledExactlyOnceWith(ORIGIN + PATH);
  });

  it('D2 B4 leaves a visitor’s link alone', async () => {
    const link = createWindow('/v#secret', true, true);
    await tap([link]);
    expect(link.postMessage).not.toHaveBeenCalled();
    expect(openWindow).toHaveBeenCalledExactlyOnceWith(ORIGIN + PATH);
  });

  it('B4 a window that wakes too late goes nowhere', () => {
    const message = tapMessage(PATH, 0);
    expect(pathOfTap(message, 999)).toBe(PATH);
    expect(pathOfTap(message, 1000)).toBeNull();
    expect(pathOfTap({ type: 'SKIP_WAITING' }, 0)).toBeNull();
  });
});

describe('a subscription that the browser has changed', () => {
  it('B4 is made anew with the server’s key where the browser names neither the old nor the new one', async () => {
    const kept = { endpoint: 'https://push.test/1', keys: { p256dh: 'p', auth: 'a' } };
    const subscribe = vi.fn(() => Promise.resolve({ toJSON: () => kept }));
    const fetched = vi.fn((_url: string, _init?: { body?: string }) =>
      Promise.resolve(
        new Response(JSON.stringify({ result: { data: { publicKey: 'key', subscribed: false } } })),
      ),
    );
    vi.stubGlobal('fetch', fetched);
    const listeners = new Map<string, (event: unknown) => void>();
    const worker = {
      registration: { pushManager: { subscribe } },
      addEventListener: (type: string, listener: (event: unknown) => void) => listeners.set(type, listener),
    };
    watchNotifications(worker as unknown as ServiceWorkerGlobalScope);
    let work: Promise<unknown> = Promise.resolve();
    listeners.get('pushsubscriptionchange')!({
      ...{ newSubscription: null, oldSubscription: null },
      waitUntil: (promise: Promise<unknown>) => void (work = promise),
    });
    await work;
    vi.unstubAllGlobals();
    expect(subscribe).toHaveBeenCalledExactlyOnceWith({ userVisibleOnly: true, applicationServerKey: 'key' });
    const [url, init] = fetched.mock.calls.at(-1)!;
    expect([url, JSON.parse(init?.body ?? '')]).toEqual(['/trpc/push.subscribe', kept]);
  });
});

describe('a push', () => {
  it('B4 that comes again, as when a server died before it knew, takes its own place and rings no second time', async () => {
    const showNotification = vi.fn((_title: string, _options: { tag: string; renotify?: boolean }) =>
      Promise.resolve(),
    );
    const listeners = new Map<string, (event: unknown) => void>();
    const worker = {
      registration: { showNotification },
      addEventListener: (type: string, listener: (event: unknown) => void) => listeners.set(type, listener),
    };
    watchNotifications(worker as unknown as ServiceWorkerGlobalScope);
    const push = async (noticeId: string) => {
      const message = JSON.stringify({ kind: 'notice', noticeId, noticeKind: 'asked_to_move' });
      let work: Promise<unknown> = Promise.resolve();
      const waitUntil = (given: Promise<unknown>) => void (work = given);
      listeners.get('push')!({ data: { text: () => message }, waitUntil });
      await work;
    };
    for (const id of ['n', 'n', 'o']) await push(id);
    const shown = showNotification.mock.calls.map(([, options]) => options);
    expect(shown.map(({ tag }) => tag)).toEqual(['notice:n', 'notice:n', 'notice:o']);
    for (const { renotify = false } of shown) expect(renotify).toBe(false);
  });

  it('B4 keeps the worker awake until the icon has its number', async () => {
    let resolve = (): void => undefined;
    const promise = new Promise<void>((done) => void (resolve = done));
    const worker = {
      navigator: { setAppBadge: () => promise },
      registration: { showNotification: () => Promise.resolve() },
      addEventListener: (type: string, listener: (event: unknown) => void) => listeners.set(type, listener),
    };
    const listeners = new Map<string, (event: unknown) => void>();
    watchNotifications(worker as unknown as ServiceWorkerGlobalScope);
    const message = JSON.stringify({ kind: 'notice', noticeId: 'n', noticeKind: 'changed', unread: 2 });
    let isOver = false;
    let work: Promise<unknown> = Promise.resolve();
    listeners.get('push')!({
      data: { text: () => message },
      waitUntil: (given: Promise<unknown>) => void (work = given.then(() => void (isOver = true))),
    });
    await new Promise((rest) => setTimeout(rest));
    expect(isOver).toBe(false);
    resolve();
    await work;
    expect(isOver).toBe(true);
  });
});
