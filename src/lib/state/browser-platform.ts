import { appLock } from '$lib/auth/app-lock.svelte';
import { browserPush } from '$lib/push/push-owner';
import { browserTabs } from './browser-tabs';
import type { MemberElsewhere } from './members-elsewhere';
import type { DeviceRecord, Kept, Platform, Surroundings } from './platform';

const RECORD = 'undercroft.member';
const ELSEWHERE = 'undercroft.elsewhere';
const SIGN_OUT_PENDING = 'undercroft.sign-out-pending';
const CANARY = 'undercroft_outbox';
/** The longest time Chromium keeps a cookie. */
const CANARY_SECONDS = 400 * 24 * 3600;

/** Milliseconds. */
const IDLE_AT_MOST = 400;

/** The browser the app runs in. Reaches for its globals only when something is called: the module may load anywhere. */
export const browserPlatform: Platform = {
  clock: { now: () => Date.now() },
  random: () => Math.random(),
  fillRandom: (bytes) => void crypto.getRandomValues(bytes),
  build: (import.meta.env.VITE_BUILD as string | undefined) ?? 'dev',
  dexieOptions: {},
  record: kept<DeviceRecord>(RECORD),
  elsewhere: kept<readonly MemberElsewhere[]>(ELSEWHERE),
  signOutPending: kept<true>(SIGN_OUT_PENDING),
  canary: { read: readCanary, write: writeCanary },
  lock: appLock,
  push: browserPush,
  get subtle() {
    // Undefined, against its type, on a page that is no secure context.
    return (globalThis.crypto.subtle as SubtleCrypto | undefined) ?? null;
  },
  locks: {
    alone: (name, work) =>
      // WebKit before 15.4 and insecure pages have no locks; passes may then overlap, which does no harm.
      'locks' in navigator ? (navigator.locks.request(name, work) as ReturnType<typeof work>) : work(),
  },
  get tabs() {
    return browserTabs();
  },
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
  every(milliseconds, work) {
    const timer = setInterval(work, milliseconds);
    return () => clearInterval(timer);
  },
  async askToPersist() {
    const storage = storageManager();
    return storage && unlessRefused(async () => (await storage.persisted()) || storage.persist());
  },
  async isPersisted() {
    const storage = storageManager();
    return storage && unlessRefused(() => storage.persisted());
  },
  idle: () =>
    new Promise((resolve) => {
      // WebKit has no requestIdleCallback; a page that is never idle must sync all the same.
      if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: IDLE_AT_MOST });
      else setTimeout(resolve, IDLE_AT_MOST / 4);
    }),
  async connect() {
    const [{ trpc }, { createSyncApi }, { call }] = await Promise.all([
      import('$lib/api/browser-client'),
      import('$lib/api/trpc-sync-api'),
      import('$lib/api/client'),
    ]);
    return {
      sync: createSyncApi(trpc),
      session: () => call(trpc.auth.session.query()),
      signOut: () => call(trpc.auth.signOut.mutate()),
      switchSite: (siteId) => call(trpc.sites.switch.mutate({ siteId })),
    };
  },
  watch: watchBrowser,
};

/** Null on insecure pages and in old WebKit. */
function storageManager(): StorageManager | null {
  const storage = navigator.storage as StorageManager | undefined;
  return storage && 'persist' in storage ? storage : null;
}

/** Null where the browser does not answer this page, such as one of an opaque origin. */
function unlessRefused(ask: () => Promise<boolean>): Promise<boolean | null> {
  return ask().catch(() => null);
}

function kept<T>(key: string): Kept<T> {
  return {
    read() {
      return readable(() => {
        const text = localStorage.getItem(key);
        // This module is the only writer.
        return text === null ? null : (JSON.parse(text) as T);
      });
    },
    write(value) {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    },
  };
}

function readCanary(): string | null {
  return readable(() => {
    const found = document.cookie.split('; ').find((cookie) => cookie.startsWith(`${CANARY}=`));
    return found === undefined ? null : decodeURIComponent(found.slice(CANARY.length + 1));
  });
}

/** Null instead of what is thrown: a note that is spoilt or may not be read helps nobody, and must not end the start. */
function readable<T>(read: () => T | null): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function writeCanary(value: string | null): void {
  const maxAge = value === null ? 0 : CANARY_SECONDS;
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `${CANARY}=${value ?? ''}; Max-Age=${String(maxAge)}; Path=/; SameSite=Lax${secure}`;
}

function watchBrowser({ onFocus, onNetwork, onRecordChanged }: Surroundings): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const ifVisible = () => {
    if (document.visibilityState === 'visible') onFocus();
  };
  document.addEventListener('visibilitychange', ifVisible, { signal });
  window.addEventListener('focus', ifVisible, { signal });
  // Awake again after the browser had frozen the page, or had kept it aside for the back button: its timers stood still.
  document.addEventListener('resume', onFocus, { signal });
  window.addEventListener('pageshow', ({ persisted }) => void (persisted && onFocus()), { signal });
  window.addEventListener('online', () => onNetwork(true), { signal });
  window.addEventListener('offline', () => onNetwork(false), { signal });
  window.addEventListener(
    'storage',
    ({ key }) => {
      if (key === RECORD || key === null) onRecordChanged();
    },
    { signal },
  );
  return () => stop.abort();
}
