import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { z } from 'zod';
import type { Logger } from '../../platform/logger';

export interface PokeListener {
  /** Some of the scopes it asked for have changed. */
  poke(scopes: readonly string[]): void;
  /** No more pokes will come: the server stops. */
  closed(): void;
}

export interface Pokes {
  /** Tells the listeners of these scopes, here at once and in all other processes within a few milliseconds. */
  publish(scopes: readonly string[]): void;
  /** Every publish that begins after this call reaches the listener. Answers how to end it. */
  subscribe(scopes: readonly string[], listener: PokeListener): () => void;
  /** Ends all subscriptions, and each new one at once; `publish` still reaches the other processes. May be called twice. */
  endSubscriptions(): void;
  /** Ends all subscriptions, sends what still waits, closes the connection. */
  close(): Promise<void>;
}

export interface PokesOptions {
  /** Of the database whose processes share their pokes. */
  url: string;
  logger: Logger;
  /** Milliseconds for which scopes are gathered into one NOTIFY. Default: 10. */
  gatherFor?: number;
}

/** Of NOTIFY. */
export const CHANNEL = 'undercroft_pokes';
/** Postgres takes payloads below 8,000 bytes. */
const PAYLOAD_LIMIT = 7_900;
const RECONNECT_FIRST = 100;
const RECONNECT_CAP = 5_000;
const payloadSchema = z.object({ from: z.string(), scopes: z.array(z.string()) });

/**
 * Pokes among all processes on one database. NOTIFY takes a lock that all commits with a NOTIFY share, so scopes are
 * gathered and sent outside the writers' transactions, on a connection of its own that also LISTENs. What commits
 * while that connection is down is not known here: after it is back, every listener is poked once for all its scopes.
 */
export async function createPokes(options: PokesOptions): Promise<Pokes> {
  const { logger } = options;
  const from = randomUUID();
  const listeners = new Map<PokeListener, readonly string[]>();
  const byScope = new Map<string, Set<PokeListener>>();
  const waiting = new Set<string>();
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | null = null;
  let hasEndedSubscriptions = false;
  let isClosed = false;

  const deliver = (scopes: readonly string[]): void => {
    // Thousands of devices of one site share one list.
    if (scopes.length === 1) {
      for (const listener of byScope.get(scopes[0]!) ?? []) listener.poke(scopes);
      return;
    }
    const changed = new Map<PokeListener, string[]>();
    for (const scope of scopes) {
      for (const listener of byScope.get(scope) ?? []) {
        changed.set(listener, [...(changed.get(listener) ?? []), scope]);
      }
    }
    for (const [listener, own] of changed) listener.poke(own);
  };

  const receive = (payload: string | undefined): void => {
    const parsed = payloadSchema.safeParse(parseJson(payload));
    if (!parsed.success) logger.warn('a poke could not be read');
    else if (parsed.data.from !== from) deliver(parsed.data.scopes);
  };

  const connect = async (): Promise<void> => {
    const next = new pg.Client({
      connectionString: options.url,
      application_name: 'undercroft-pokes',
      keepAlive: true,
    });
    // The end of a connection comes as 'error', as 'end' or as both.
    const lost = (): void => {
      if (client !== next) return;
      client = null;
      if (!isClosed) void reconnect();
    };
    next.on('error', lost).on('end', lost);
    next.on('notification', (message) => receive(message.payload));
    try {
      await next.connect();
      await next.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      await next.end().catch(() => undefined);
      throw error;
    }
    client = next;
  };

  const reconnect = async (): Promise<void> => {
    logger.warn('the connection for pokes is lost');
    for (let wait = RECONNECT_FIRST; !isClosed; wait = Math.min(RECONNECT_CAP, wait * 2)) {
      await new Promise((resolve) => setTimeout(resolve, wait).unref());
      if (isClosed) return;
      const connected = await connect().then(
        () => true,
        () => false,
      );
      if (!connected) continue;
      if (isClosed) return endClient();
      for (const [listener, scopes] of listeners) listener.poke(scopes);
      schedule();
      return;
    }
  };

  const endClient = async (): Promise<void> => {
    const ending = client;
    client = null;
    await ending?.end().catch(() => undefined);
  };

  const schedule = (): void => {
    if (waiting.size > 0) timer ??= setTimeout(() => void flush(), options.gatherFor ?? 10);
  };

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    await sending;
    sending = send().finally(() => {
      sending = null;
    });
    await sending;
    if (!isClosed && client) schedule();
  };

  const send = async (): Promise<void> => {
    const sender = client;
    // Without a connection they wait; the reconnect sends them.
    if (!sender || waiting.size === 0) return;
    const scopes = [...waiting];
    waiting.clear();
    try {
      for (const payload of payloadsOf(from, scopes)) {
        await sender.query('select pg_notify($1, $2)', [CHANNEL, payload]);
      }
    } catch (error) {
      for (const scope of scopes) waiting.add(scope);
      logger.warn('pokes could not be sent to other processes', { error });
    }
  };

  const endSubscriptions = (): void => {
    if (hasEndedSubscriptions) return;
    hasEndedSubscriptions = true;
    for (const listener of [...listeners.keys()]) listener.closed();
    listeners.clear();
    byScope.clear();
  };

  await connect();
  return {
    publish(scopes) {
      if (isClosed) return;
      deliver(scopes);
      for (const scope of scopes) waiting.add(scope);
      schedule();
    },
    subscribe(scopes, listener) {
      if (hasEndedSubscriptions) {
        listener.closed();
        return () => undefined;
      }
      listeners.set(listener, scopes);
      for (const scope of scopes) byScope.set(scope, (byScope.get(scope) ?? new Set()).add(listener));
      return () => {
        listeners.delete(listener);
        for (const scope of scopes) {
          const others = byScope.get(scope);
          others?.delete(listener);
          if (others?.size === 0) byScope.delete(scope);
        }
      };
    },
    endSubscriptions,
    async close() {
      if (isClosed) return;
      endSubscriptions();
      isClosed = true;
      await flush();
      await endClient();
    },
  };
}

/** The scopes as NOTIFY payloads, each below Postgres' limit. */
function payloadsOf(from: string, scopes: readonly string[]): string[] {
  const payloads: string[] = [];
  let part: string[] = [];
  let length = 0;
  for (const scope of scopes) {
    const size = Buffer.byteLength(JSON.stringify(scope)) + 1;
    if (length + size > PAYLOAD_LIMIT - 100) {
      payloads.push(JSON.stringify({ from, scopes: part }));
      part = [];
      length = 0;
    }
    part.push(scope);
    length += size;
  }
  payloads.push(JSON.stringify({ from, scopes: part }));
  return payloads;
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
