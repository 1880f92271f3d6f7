import type { Failure, Result, SyncApi } from '$lib/api/sync-api';
import type { StorageProblem } from '$lib/client-db/connection-lost';
import { eventOf, REVOKED_CODE, transitions, type ConnectionEvent, type ConnectionState } from './connection';
import type { EngineDependencies } from './dependencies';
import { sharePokes } from './shared-pokes';
import { storageProblemIn, storing } from './storing';
import { syncPass } from './sync-pass';

/**
 * When to sync, and what the connection is like. Passes of one tab follow each other: a trigger during a pass makes one
 * more pass afterwards, however many triggers there were. Each pass runs under a lock shared by the tabs, held for the
 * pass alone: a tab that is frozen or dies between passes blocks nobody, and one that is frozen in a pass is waited for
 * 20 s and no longer: passes that overlap do no harm. Whatever breaks a pass, a storage that is full
 * or gone included, the next one is on its way.
 */
export interface SyncEngine {
  /** Starts listening for pokes and makes the first pass. */
  start(): void;
  /**
   * Something may be new, here or there: a pass now. Resolves when a pass that began after the call is over, whatever
   * came of it.
   */
  sync(): Promise<void>;
  /** The same member has signed in again: the queue goes on. */
  signedIn(): void;
  networkChanged(online: boolean): void;
  /** Ends everything; a pass that runs is waited for. */
  stop(): Promise<void>;
}

export interface EngineListener {
  readonly onConnection: (state: ConnectionState) => void;
  /** What kept a pass from storing what it fetched or sent; null once one has stored it. */
  readonly onStorage: (problem: StorageProblem | null) => void;
  /** B5: the server has taken this device's session away. Told again after each pass; not waited for. */
  readonly onRevoked?: () => void;
}

const MINUTE = 60_000;
/** Pokes reach all devices at the same moment; their pulls are spread over this many milliseconds. */
const POKE_JITTER = 250;
const FIRST_BACK_OFF = 1000;
/** Milliseconds to wait for another tab's pass: a tab that was put to sleep in the middle of one keeps the lock. */
const LOCK_PATIENCE = 20_000;

interface EngineState {
  connection: ConnectionState;
  /** How often the browser has said that the network is gone. */
  losses: number;
  /** Failures since something came through. */
  failures: number;
  /** How often the poke stream has ended since it last worked; a proxy may block it while calls go through. */
  streamFailures: number;
  running: Promise<void> | null;
  /** What is waited for after the pass that runs. */
  following: Promise<void> | null;
  stopped: boolean;
  cancelNext: () => void;
  cancelPoked: (() => void) | null;
  cancelReconnect: () => void;
  isReconnecting: boolean;
  stopListening: (() => void) | null;
}

export function createSyncEngine(
  dependencies: EngineDependencies,
  { onConnection, onStorage, onRevoked }: EngineListener,
): SyncEngine {
  const state: EngineState = {
    connection: 'connecting',
    failures: 0,
    losses: 0,
    streamFailures: 0,
    running: null,
    following: null,
    stopped: false,
    cancelNext: () => undefined,
    cancelPoked: null,
    cancelReconnect: () => undefined,
    isReconnecting: false,
    stopListening: null,
  };

  const openStream = listenerOf(dependencies);

  function happened(event: ConnectionEvent): void {
    if (event === 'succeeded') state.failures = 0;
    if (event === 'failed') state.failures++;
    const next = transitions[state.connection][event];
    const isNew = next !== state.connection;
    state.connection = next;
    if (isNew) onConnection(next);
    // A stream that was refused, as after a change of role, is asked for again once a pass has come through. One that
    // broke has its own pause, which a way back cuts short.
    if (next === 'online' && !state.stopListening && (isNew || !state.isReconnecting)) listen();
  }

  async function pass(): Promise<void> {
    if (state.stopped) return;
    state.cancelNext();
    const { losses } = state;
    const result = await passAlone();
    if (isStopped()) return;
    const problem = result.ok ? null : storageProblemIn(result.failure);
    if (result.ok || problem !== null) onStorage(problem);
    const wasRefused = state.connection === 'paused';
    // What came through before the network went says nothing about now; the browser may be wrong, so it is tried again soon.
    const isOfBefore = result.ok && losses !== state.losses && state.connection === 'offline';
    if (!isOfBefore) happened(result.ok ? 'succeeded' : eventOf(result.failure));
    const pause = isOfBefore ? FIRST_BACK_OFF : pauseAfter(result, wasRefused);
    state.cancelNext = dependencies.after(pause, () => void sync());
    if (!result.ok && result.failure.kind === 'coded' && result.failure.code === REVOKED_CODE) onRevoked?.();
  }

  /** Never rejects: what waits to be sent would wait for ever behind a pass that nothing follows. */
  async function passAlone(): Promise<Result<unknown>> {
    const { db, memberId, isCurrent } = dependencies;
    const pullFirst = state.connection !== 'online';
    try {
      const ran = await inTurn(`undercroft-sync-${memberId}`, () =>
        // Looked up in here: also before the second try, a database that another tab has deleted is not made anew.
        storing(db, async () => (isCurrent() ? syncPass(dependencies, { pullFirst }) : notCurrent)),
      );
      return ran.ok ? ran.value : ran;
    } catch (error) {
      console.error('a sync pass broke', error);
      return broken;
    }
  }

  /** Runs `work` once: alone among the tabs, or after a while whether or not another tab still holds the lock. */
  function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    let begun: Promise<T> | null = null;
    const once = (): Promise<T> => (begun ??= work());
    return new Promise((resolve, reject) => {
      const cancel = dependencies.after(LOCK_PATIENCE, () => void once().then(resolve, reject));
      const turn = dependencies.locks.alone(name, () => {
        cancel();
        return once();
      });
      turn.then(resolve, reject);
    });
  }

  // Read through a function: it changes while something is awaited, which the compiler does not see.
  function isStopped(): boolean {
    return state.stopped;
  }

  function pauseAfter(result: Result<unknown>, wasRefused: boolean): number {
    // A call that was under way while this browser's token changed is refused once, and the next one goes through.
    if (state.connection === 'paused' && !wasRefused) return FIRST_BACK_OFF;
    return result.ok || eventOf(result.failure) !== 'failed' ? MINUTE : backOff(state.failures);
  }

  /** Full jitter: up to 1 s after the first failure, twice that after each further one, at most a minute. */
  function backOff(failures: number): number {
    return dependencies.random() * Math.min(MINUTE, FIRST_BACK_OFF * 2 ** Math.max(0, failures - 1));
  }

  function sync(): Promise<void> {
    if (!state.running) {
      state.running = pass().finally(() => {
        state.running = null;
      });
      return state.running;
    }
    state.following ??= state.running.then(() => {
      state.following = null;
      return sync();
    });
    return state.following;
  }

  function listen(): void {
    state.cancelReconnect();
    state.isReconnecting = false;
    state.stopListening?.();
    if (state.stopped) return;
    state.stopListening = openStream({ onPoke: poked, onEnd: streamEnded });
  }

  function poked(): void {
    state.streamFailures = 0;
    state.cancelPoked ??= dependencies.after(dependencies.random() * POKE_JITTER, () => {
      state.cancelPoked = null;
      void sync();
    });
  }

  function streamEnded(failure: Failure): void {
    state.stopListening?.();
    state.stopListening = null;
    state.streamFailures++;
    // Signed out or outdated: the pass that gets through listens again.
    const hopeless = ['paused', 'left', 'update_needed'].includes(state.connection);
    if (state.stopped || hopeless) return;
    // The session has ended, or goes on under another token: a pass finds out, and listens again where it may.
    if (eventOf(failure) === 'session_refused') void sync();
    if (eventOf(failure) !== 'failed') return;
    state.isReconnecting = true;
    state.cancelReconnect = dependencies.after(FIRST_BACK_OFF / 2 + backOff(state.streamFailures), () => {
      if (!state.stopListening) listen();
    });
  }

  return {
    start() {
      onConnection(state.connection);
      listen();
      void sync();
    },
    sync,
    signedIn() {
      happened('signed_in');
      listen();
      void sync();
    },
    networkChanged(online) {
      if (!online) state.losses++;
      happened(online ? 'network_back' : 'network_lost');
      if (online) void sync();
    },
    async stop() {
      state.stopped = true;
      state.cancelNext();
      state.cancelPoked?.();
      state.cancelReconnect();
      state.stopListening?.();
      await state.following;
      await state.running;
    },
  };
}

/** With other tabs there is one stream for all of them. */
function listenerOf({ api, tabs, memberId, after, random }: EngineDependencies): SyncApi['listen'] {
  const listen: SyncApi['listen'] = (listener) => api.listen(listener);
  return tabs ? sharePokes(listen, { tabs, name: `undercroft-pokes-${memberId}`, after, random }) : listen;
}

/** Another member has taken this install over in another tab: as good as signed out here. */
const notCurrent: Result<never> = { ok: false, failure: { kind: 'coded', code: 'signed_out' } };

/** A bug, here or in the browser: as good as no answer, and tried again like one. */
const broken: Result<never> = { ok: false, failure: { kind: 'coded', code: 'internal' } };
