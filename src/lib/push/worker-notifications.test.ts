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
