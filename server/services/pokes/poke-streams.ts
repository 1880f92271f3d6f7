import type { Logger } from '../../platform/logger';
import type { Pokes } from './pokes';

/** Why a stream was ended from this side. */
export type PokeStreamEnd = 'session_ended' | 'stopped';

/** Where a stream's pokes are written to. */
export interface PokeSink {
  poke(scopes: readonly string[]): void;
  /** Shows the device, and proxies on the way, that the stream lives. */
  ping(): void;
  /** Nothing is written after it. */
  end(reason: PokeStreamEnd): void;
  /** Whether what was written earlier still waits for a slow network. */
  isCongested(): boolean;
}

export interface PokeStream {
  readonly scopes: readonly string[];
  /** B5: a scope that is poked when the session ends: the stream ends with it, and nothing of it is told. */
  readonly session?: string;
  /** Whether the session still may see these scopes. A rejection is asked again at the next look. */
  readonly isStillAllowed: () => Promise<boolean>;
  readonly sink: PokeSink;
}

export interface PokeStreams {
  /** Subscribes, then pokes once with no scopes: a device that pulls after that misses nothing. Answers how to leave. */
  open(stream: PokeStream): () => void;
}

export interface PokeStreamsOptions {
  pokes: Pokes;
  logger: Logger;
  /** Milliseconds within which a stream's session is looked at again. Default: 15 s. */
  checkEvery?: number;
  /** Milliseconds of silence after which at the latest a stream is pinged. Default: 15 s. */
  pingEvery?: number;
  /** Monotonic milliseconds. */
  now?: () => number;
  /** In [0, 1). */
  random?: () => number;
}

const DEFAULT_EVERY = 15_000;
/** Looks per `checkEvery`: each asks for the sessions that have come due, in one statement. */
const TICKS_A_CYCLE = 50;
/**
 * After a flush, pokes are gathered for as many times its own length, so that a busy site's pokes leave most of the process
 * to its work; milliseconds at least and at most.
 */
const REST_FACTOR = 6;
const REST_AT_LEAST = 20;
const REST_AT_MOST = 250;

interface OpenStream extends PokeStream {
  /** Scopes that changed and were not told yet. */
  readonly changed: Set<string>;
  checkAt: number;
  pingAt: number;
}

/**
 * All streams of pokes of a process. A poke goes out in the next turn of the event loop, after the caller's own work
 * (the answers of the batch that changed something); pokes that come while the process rests from the last flush are made
 * one. Looks at sessions and pings are spread at random over their period, since after a restart all devices come at once.
 *
 * A poke carries no data, so it does not wait for a look at its session: one that has ended elsewhere hears for up to
 * `checkEvery` ms longer that something changed, and nothing of what.
 */
export function createPokeStreams(options: PokeStreamsOptions): PokeStreams {
  const { pokes, logger, checkEvery = DEFAULT_EVERY, pingEvery = DEFAULT_EVERY } = options;
  const now = options.now ?? (() => performance.now());
  const random = options.random ?? Math.random;
  const streams = new Set<OpenStream>();
  const changed = new Set<OpenStream>();
  let ticking: NodeJS.Timeout | undefined;
  let flushing: NodeJS.Immediate | NodeJS.Timeout | undefined;
  let restUntil = 0;

  /** Somewhere in the last half of the period that begins now. */
  const spread = (period: number): number => now() + period * (0.5 + random() / 2);

  const schedule = (): void => {
    if (flushing !== undefined || changed.size === 0) return;
    const wait = restUntil - now();
    flushing = wait > 0 ? setTimeout(flush, wait) : setImmediate(flush);
  };

  const flush = (): void => {
    flushing = undefined;
    const begun = now();
    for (const stream of changed) {
      // It keeps what it is to be told; the next look tries again.
      if (stream.sink.isCongested()) continue;
      changed.delete(stream);
      stream.sink.poke([...stream.changed]);
      stream.changed.clear();
      stream.pingAt = spread(pingEvery);
    }
    const ended = now();
    const rest = (ended - begun) * REST_FACTOR;
    restUntil = ended + Math.min(REST_AT_MOST, Math.max(REST_AT_LEAST, rest));
  };

  const look = (): void => {
    const at = now();
    for (const stream of streams) {
      if (stream.checkAt <= at) void check(stream);
      if (stream.pingAt <= at) {
        stream.pingAt = spread(pingEvery);
        if (!stream.sink.isCongested()) stream.sink.ping();
      }
    }
    schedule();
  };

  const check = async (stream: OpenStream): Promise<void> => {
    stream.checkAt = spread(checkEvery);
    try {
      if (!(await stream.isStillAllowed()) && streams.has(stream)) end(stream, 'session_ended');
    } catch (error) {
      // Without the database nobody can say; a stream that ended now would only come back.
      logger.debug('a session of a stream could not be looked at', { error });
    }
  };

  const end = (stream: OpenStream, reason: PokeStreamEnd): void => {
    forget(stream);
    stream.sink.end(reason);
  };

  const forget = (stream: OpenStream): void => {
    streams.delete(stream);
    changed.delete(stream);
    unsubscribes.get(stream)?.();
    if (streams.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };

  const unsubscribes = new WeakMap<OpenStream, () => void>();
  return {
    open(opened) {
      const stream: OpenStream = {
        ...opened,
        changed: new Set(),
        checkAt: spread(checkEvery),
        pingAt: spread(pingEvery),
      };
      let isStopped = false;
      const { session } = opened;
      const heard = session === undefined ? opened.scopes : [...opened.scopes, session];
      const unsubscribe = pokes.subscribe(heard, {
        poke(scopes) {
          if (session !== undefined && scopes.includes(session)) {
            // With all others it means that pokes may have been missed: then the session is looked at.
            if (scopes.length === heard.length) stream.checkAt = now();
            else if (streams.has(stream)) return end(stream, 'session_ended');
          }
          for (const scope of scopes) if (scope !== session) stream.changed.add(scope);
          changed.add(stream);
          schedule();
        },
        closed() {
          isStopped = true;
          if (streams.has(stream)) end(stream, 'stopped');
        },
      });
      unsubscribes.set(stream, unsubscribe);
      if (isStopped) {
        stream.sink.end('stopped');
        return () => undefined;
      }
      streams.add(stream);
      ticking ??= setInterval(look, Math.max(10, Math.min(checkEvery, pingEvery) / TICKS_A_CYCLE)).unref();
      stream.sink.poke([]);
      return () => {
        forget(stream);
      };
    },
  };
}
