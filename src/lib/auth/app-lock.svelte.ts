import { isCeremonyUnderWay } from './ceremony-under-way';
import {
  locksOnOpening,
  parseKeptLock,
  untilLocked,
  type KeptLock,
  type LockSettings,
} from './app-lock-rules';

/** Outside IndexedDB, since it must be known before any database is open and the first screen is drawn. */
export interface LockStore {
  /** Null when there is nothing, also when the browser forbids to look. */
  read(name: 'lock' | 'used'): string | null;
  /** Throws what the browser throws when it is full or forbids it. */
  write(name: 'lock' | 'used', value: string | null): void;
}

/** How often a page that is looked at notes so: what a crash may take away from the delay. */
const NOTE_EVERY = 20_000;

/**
 * K6: the app's own lock on this device. It keeps who picks the phone up from reading the screens; it is no encryption, and
 * nothing to the server. Each page has a state of its own; what they share is when the app was last looked at.
 */
export class AppLock {
  readonly #store: LockStore;
  readonly #now: () => number;
  #kept = $state.raw<KeptLock | null>(null);
  #locked = $state(false);
  /** When this page's person last passed the check, while it has been at the front; null since it was not. */
  #checkedAt = $state<number | null>(null);
  #hiddenInCeremony = false;
  #checkedWhileHidden = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: LockStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
    this.#kept = parseKeptLock(store.read('lock'));
    this.#locked = this.#isOverdue();
  }

  get isOn(): boolean {
    return this.#kept !== null;
  }

  get settings(): LockSettings | null {
    return this.#kept;
  }

  /** What may answer; null while the lock is off. */
  get key(): KeptLock['key'] | null {
    return this.#kept?.key ?? null;
  }

  /** Whether no screen may be shown. */
  get locked(): boolean {
    return this.#locked;
  }

  /** Whether no pass may be shown. */
  get passLocked(): boolean {
    return this.#locked || (this.#kept?.passes === true && this.#checkedAt === null);
  }

  /** When the check was last passed, epoch ms, since the app came to the front; null when it was not. */
  get checkedAt(): number | null {
    return this.#checkedAt;
  }

  /** After a check with this key. Throws what the browser throws when it cannot be kept. */
  turnOn(kept: KeptLock): void {
    this.#keep(kept);
    this.checked();
  }

  /** Throws as `turnOn`. Does nothing while the lock is off. */
  change(settings: LockSettings): void {
    if (this.#kept) this.#keep({ ...this.#kept, ...settings });
  }

  /** After a check, or a sign-out: what is locked is then gone. */
  turnOff(): void {
    this.#store.write('lock', null);
    this.#store.write('used', null);
    this.#kept = null;
    this.#locked = false;
  }

  /** Whose device it is now: another person has not got the passkey, so that a lock of somebody else's goes. */
  keepFor(userId: string): void {
    if (this.#kept && this.#kept.userId !== userId) this.turnOff();
  }

  /** Somebody has proved to the server just now that they are this person; opens what is locked when it is theirs. */
  openFor(userId: string): void {
    if (this.#kept?.userId === userId) this.checked();
  }

  /** The person has passed the check. */
  checked(): void {
    this.#checkedAt = this.#now();
    this.#checkedWhileHidden = true;
    this.#locked = false;
    this.#noteUse();
  }

  /** Looks at the page coming and going, until the returned function is called. */
  watch(): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    const changed = () => (document.visibilityState === 'hidden' ? this.hidden() : this.shown());
    document.addEventListener('visibilitychange', changed, { signal });
    window.addEventListener('pagehide', () => this.hidden(), { signal });
    window.addEventListener('pageshow', ({ persisted }) => void (persisted && this.shown()), { signal });
    window.addEventListener('storage', () => this.#readAnew(), { signal });
    const noting = setInterval(() => {
      if (document.visibilityState !== 'hidden') this.#noteUse();
    }, NOTE_EVERY);
    return () => {
      stop.abort();
      clearInterval(noting);
      clearTimeout(this.#timer);
    };
  }

  /** The page is not looked at any more. At a delay of 0 it locks now, before the phone takes its picture of the app. */
  hidden(): void {
    this.#noteUse();
    this.#hiddenInCeremony = isCeremonyUnderWay();
    this.#checkedWhileHidden = false;
    if (this.#hiddenInCeremony) return;
    this.#checkedAt = null;
    // A desktop's tab in the background: its title would tell on.
    this.#lockInTime();
  }

  /** The page is looked at again. */
  shown(): void {
    clearTimeout(this.#timer);
    // Passed on the phone's own screen that covered the page.
    if (!this.#checkedWhileHidden && this.#isOverdue()) this.#locked = true;
    this.#noteUse();
  }

  /** Locks, never opens, when the delay is over: another page may have been used meanwhile. */
  #lockInTime(): void {
    clearTimeout(this.#timer);
    const rest = this.#kept && untilLocked(this.#kept, { lastUsed: this.#lastUsed(), now: this.#now() });
    if (rest === null) return;
    if (rest > 0) this.#timer = setTimeout(() => this.#lockInTime(), rest);
    else this.#locked = true;
  }

  #lastUsed(): number | null {
    const used = this.#store.read('used');
    return used === null ? null : Number(used);
  }

  #isOverdue(): boolean {
    if (!this.#kept) return false;
    return locksOnOpening(this.#kept, {
      lastUsed: this.#lastUsed(),
      now: this.#now(),
      inCeremony: this.#hiddenInCeremony,
    });
  }

  /** Another page of this browser has turned it on, changed it or turned it off, which it does after a check. */
  #readAnew(): void {
    this.#kept = parseKeptLock(this.#store.read('lock'));
    if (!this.#kept) this.#locked = false;
  }

  #keep(kept: KeptLock): void {
    this.#store.write('lock', JSON.stringify(kept));
    this.#kept = kept;
  }

  /** Only of who has passed: a locked page must not keep the delay from running. */
  #noteUse(): void {
    if (!this.#kept || this.#locked) return;
    try {
      this.#store.write('used', String(this.#now()));
    } catch {
      // A full storage: the note before stays, so that the lock asks earlier than it need.
    }
  }
}

const names = { lock: 'undercroft.app-lock', used: 'undercroft.app-lock-used' } as const;

/** The lock of this browser. */
export const appLock = new AppLock({
  read(name) {
    try {
      return localStorage.getItem(names[name]);
    } catch {
      return null;
    }
  },
  write(name, value) {
    if (value === null) localStorage.removeItem(names[name]);
    else localStorage.setItem(names[name], value);
  },
});
