import { beforeEach, describe, expect, it } from 'vitest';
import type { Failure, PokeListener } from '$lib/api/sync-api';
import { sharePokes, type TabMessage, type Tabs } from './shared-pokes';

/** Timers that run when told to; what was cancelled does not. */
class Timers {
  #waiting: { at: number; work: () => void }[] = [];
  now = 0;
  readonly after = (milliseconds: number, work: () => void) => {
    const timer = { at: this.now + milliseconds, work };
    this.#waiting.push(timer);
    return () => void (this.#waiting = this.#waiting.filter((other) => other !== timer));
  };
  async pass(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    for (;;) {
      await settled();
      const next = this.#waiting.toSorted((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.now = next.at;
      next.work();
    }
    this.now = end;
    await settled();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

interface Waiter {
  readonly tab: TestTab;
  readonly grant: () => void;
}

/** Web Locks and BroadcastChannel of one browser. */
class TestBrowser {
  held: { tab: TestTab; lose: () => void } | null = null;
  waiters: Waiter[] = [];
  readonly tabs: TestTab[] = [];

  grantNext(): void {
    if (this.held) return;
    const next = this.waiters.shift();
    next?.grant();
  }
}

class TestTab {
  /** The streams this tab has open. */
  readonly streams = new Set<PokeListener>();
  readonly pokes: (readonly string[])[] = [];
  readonly ends: Failure[] = [];
  opened = 0;
  frozen = false;
  locksRefused = false;
  /** What happens to it while it is frozen. */
  #asleep: (() => void)[] = [];
  #onMessage: ((message: unknown) => void) | null = null;
  stop: () => void = () => undefined;

  constructor(
    readonly browser: TestBrowser,
    readonly timers = new Timers(),
  ) {
    browser.tabs.push(this);
  }

  listen(): void {
    const open = (listener: PokeListener) => {
      this.opened++;
      this.streams.add(listener);
      listener.onPoke({ scopes: [] });
      return () => void this.streams.delete(listener);
    };
    const share = sharePokes(open, {
      tabs: this.#tabs,
      name: 'pokes',
      after: (milliseconds, work) => this.timers.after(milliseconds, () => this.run(work)),
      random: () => 0.5,
    });
    this.stop = share({
      onPoke: ({ scopes }) => this.pokes.push(scopes),
      onEnd: (failure) => this.ends.push(failure),
    });
  }

  hear(message: TabMessage): void {
    queueMicrotask(() => this.run(() => this.#onMessage?.(structuredClone(message))));
  }

  run(work: () => void): void {
    if (this.frozen) this.#asleep.push(work);
    else work();
  }

  thaw(): void {
    this.frozen = false;
    for (const work of this.#asleep.splice(0)) work();
  }

  /** Its locks and streams go with it; its code runs no more. */
  kill(): void {
    const { browser } = this;
    browser.tabs.splice(browser.tabs.indexOf(this), 1);
    browser.waiters = browser.waiters.filter(({ tab }) => tab !== this);
    this.#onMessage = null;
    this.streams.clear();
    if (browser.held?.tab === this) browser.held = null;
    browser.grantNext();
  }

  get #tabs(): Tabs {
    const { browser } = this;
    return {
      hold: (_name, how, work) =>
        new Promise((resolve, reject) => {
          if (this.locksRefused) throw new DOMException('no locks here', 'SecurityError');
          const grant = () => {
            const held = {
              tab: this,
              lose: () => this.run(() => reject(new DOMException('stolen', 'AbortError'))),
            };
            browser.held = held;
            const done = () => {
              if (browser.held === held) browser.held = null;
              resolve();
              browser.grantNext();
            };
            work().then(done, reject);
          };
          if ('steal' in how) {
            const { held } = browser;
            browser.held = null;
            held?.lose();
            grant();
            return;
          }
          const waiter = { tab: this, grant };
          how.signal.addEventListener('abort', () => {
            browser.waiters = browser.waiters.filter((other) => other !== waiter);
            reject(new DOMException('aborted', 'AbortError'));
          });
          browser.waiters.push(waiter);
          queueMicrotask(() => browser.grantNext());
        }),
      channel: (_name, onMessage) => {
        this.#onMessage = onMessage;
        return {
          post: (message) => {
            for (const tab of browser.tabs) if (tab !== this) tab.hear(message);
          },
          close: () => (this.#onMessage = null),
        };
      },
    };
  }
}

let browser: TestBrowser;
let timers: Timers;
beforeEach(() => {
  browser = new TestBrowser();
  timers = new Timers();
});

async function openTabs(count: number): Promise<TestTab[]> {
  const tabs = Array.from({ length: count }, () => new TestTab(browser, timers));
  for (const tab of tabs) {
    tab.listen();
    await timers.pass(10);
  }
  return tabs;
}

const open = () => browser.tabs.filter(({ streams }) => streams.size > 0);
const poke = (scopes: string[]) => {
  for (const tab of open()) for (const stream of tab.streams) stream.onPoke({ scopes });
};
const forget = () => {
  for (const tab of browser.tabs) tab.pokes.length = 0;
};

describe('pokes shared by the tabs', () => {
  it('K4 one stream wakes all of them, and each is woken once when it begins to listen', async () => {
    const tabs = await openTabs(3);
    await timers.pass(200_000);
    expect(open()).toHaveLength(1);
    expect(tabs.map(({ opened }) => opened)).toEqual([1, 0, 0]);
    expect(tabs.map(({ pokes }) => pokes.length > 0)).toEqual([true, true, true]);
    forget();
    poke(['site:a']);
    await timers.pass(1);
    expect(tabs.map(({ pokes }) => pokes)).toEqual([[['site:a']], [['site:a']], [['site:a']]]);
  });

  it('K4 another tab goes on when the one with the stream is closed, and all are woken for what fell in between', async () => {
    const [first, second, third] = await openTabs(3);
    forget();
    first?.kill();
    await timers.pass(1_000);
    expect(open()).toEqual([second]);
    expect(third?.streams.size).toBe(0);
    expect([second?.pokes.length, third?.pokes.length]).toEqual([1, 1]);
  });

  it('K4 a frozen tab loses the stream to one that is awake, and has none when it thaws', async () => {
    const [first, second] = await openTabs(2);
    if (!first || !second) throw new Error('no tabs');
    forget();
    first.frozen = true;
    await timers.pass(40_000);
    expect(second.streams.size).toBe(1);
    expect(second.pokes).toEqual([[]]);
    first.thaw();
    await timers.pass(40_000);
    expect(open()).toEqual([second]);
    forget();
    poke(['site:a']);
    await timers.pass(1);
    expect([first.pokes, second.pokes]).toEqual([[['site:a']], [['site:a']]]);
  });

  it('K4 nobody steals from a tab that answers', async () => {
    const [first] = await openTabs(4);
    await timers.pass(600_000);
    expect(open()).toEqual([first]);
    expect(browser.tabs.map(({ opened }) => opened)).toEqual([1, 0, 0, 0]);
  });

  it('K4 a stream that breaks is told to its own tab alone, and another tab opens the next after a moment', async () => {
    const [first, second] = await openTabs(2);
    if (!first || !second) throw new Error('no tabs');
    forget();
    for (const stream of [...first.streams]) stream.onEnd({ kind: 'unreachable' });
    await timers.pass(499);
    expect([first.ends, second.ends, second.opened]).toEqual([[{ kind: 'unreachable' }], [], 0]);
    await timers.pass(1);
    expect([second.opened, first.streams.size]).toEqual([1, 0]);
    // Back after its own pause, it is woken again.
    first.listen();
    await timers.pass(10);
    expect(first.pokes).toEqual([[]]);
    expect(open()).toEqual([second]);
  });

  it('K4 has a stream of its own in a page to which the browser grants no locks', async () => {
    const tab = new TestTab(browser, timers);
    tab.locksRefused = true;
    tab.listen();
    await timers.pass(100_000);
    expect([tab.opened, tab.streams.size, tab.pokes]).toEqual([1, 1, [[]]]);
    tab.stop();
    await timers.pass(100_000);
    expect(tab.streams.size).toBe(0);
  });

  it('K4 stops everywhere without a trace', async () => {
    const tabs = await openTabs(3);
    for (const tab of tabs) tab.stop();
    await timers.pass(100_000);
    expect(open()).toEqual([]);
    expect([browser.held, browser.waiters]).toEqual([null, []]);
  });
});
