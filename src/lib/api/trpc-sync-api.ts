import { pokeSchema, pullResponseSchema } from '#shared/protocol/pull';
import { pushResponseSchema } from '#shared/protocol/push';
import type * as z from 'zod/mini';
import { call, failureOf, type Client } from './client';
import type { PokeListener, Result, SyncApi } from './sync-api';

/** The sync calls over tRPC. Answers are parsed here and trusted from here on. */
export function createSyncApi(client: Client): SyncApi {
  return {
    push: async (request) => parsed(pushResponseSchema, await call(client.sync.push.mutate(request))),
    pull: async (request) => parsed(pullResponseSchema, await call(client.sync.pull.mutate(request))),
    listen: (listener) => listen(client, listener),
  };
}

function parsed<S extends z.ZodMiniType>(schema: S, answer: Result<unknown>): Result<z.infer<S>> {
  if (!answer.ok) return answer;
  const read = schema.safeParse(answer.value);
  return read.success ? { ok: true, value: read.data } : { ok: false, failure: { kind: 'unreadable' } };
}

function listen(client: Client, { onPoke, onEnd }: PokeListener): () => void {
  let ended = false;
  const end = (error: unknown): void => {
    if (ended) return;
    ended = true;
    subscription.unsubscribe();
    onEnd(error === null ? { kind: 'unreachable' } : failureOf(error));
  };
  const subscription = client.sync.pokes.subscribe(undefined, {
    onData: (data) => {
      const poke = pokeSchema.safeParse(data);
      if (poke.success && !ended) onPoke(poke.data);
    },
    onError: end,
    onStopped: () => end(null),
    // The link would connect again by itself, all devices at once and without end; the engine has back-off and jitter.
    onConnectionStateChange: (state) => {
      if (state.state === 'connecting' && state.error) queueMicrotask(() => end(state.error));
    },
  });
  return () => {
    ended = true;
    subscription.unsubscribe();
  };
}
