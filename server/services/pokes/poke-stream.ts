import type { Poke } from '#shared/protocol/pull';
import type { Pokes } from './pokes';

/** Why a stream ended by itself. */
export type PokeStreamEnd = 'session_ended' | 'stopped';

export interface PokeStreamOptions {
  pokes: Pokes;
  scopes: readonly string[];
  /** Whether the session still may see these scopes. Asked before each poke and every `checkEvery`. */
  isStillAllowed: () => Promise<boolean>;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
  /** Milliseconds. Default: 15 s. */
  checkEvery?: number;
}

/**
 * The pokes of a device, pokes that come together made one. The subscription begins before the first (empty) poke is
 * given out, so a device that pulls after that poke misses nothing. Returns why it ended.
 */
export async function* streamPokes(options: PokeStreamOptions): AsyncGenerator<Poke, PokeStreamEnd | 'left'> {
  const { pokes, signal } = options;
  const changed = new Set<string>();
  let isStopped = false;
  let wake: () => void = () => undefined;

  const unsubscribe = pokes.subscribe(options.scopes, {
    poke(scopes) {
      for (const scope of scopes) changed.add(scope);
      wake();
    },
    closed() {
      isStopped = true;
      wake();
    },
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort);
  try {
    yield { scopes: [] };
    for (;;) {
      if (changed.size === 0 && !isStopped && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, options.checkEvery ?? 15_000);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      if (signal.aborted) return 'left';
      if (isStopped) return 'stopped';
      if (!(await options.isStillAllowed())) return 'session_ended';
      if (changed.size === 0) continue;
      const scopes = [...changed];
      changed.clear();
      yield { scopes };
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    unsubscribe();
  }
}
