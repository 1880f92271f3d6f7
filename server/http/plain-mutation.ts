import type { ServerResponse } from 'node:http';
import {
  callTRPCProcedure,
  getErrorShape,
  getTRPCErrorFromUnknown,
  TRPCError,
  type AnyProcedure,
} from '@trpc/server';
import type { AppRouter } from '../trpc/app-router';
import { CodedError } from '../trpc/coded-error';
import type { RequestContext } from '../trpc/context';
import { endCompressed } from './compress';

/** One POST of one mutation: no batch, no stream, nothing in the query string. */
export interface PlainMutation {
  /** A name of which `isPlainMutation` is true. */
  readonly path: string;
  /** The JSON text of its input; empty for none. */
  readonly body: string;
  readonly createContext: () => Promise<RequestContext>;
  /** Told why the call failed, before the answer is sent. */
  readonly onError: (failure: { error: TRPCError; path: string; type: 'mutation' }) => void;
}

/**
 * Answers mutations by calling the router's procedure, middlewares and parsers included, and writes what tRPC's own adapter
 * would: that one makes a Request, a Response, two streams and four abort signals of every call, and a push took 0.57 ms of the
 * main thread, here 0.40 ms (`npm run bench -- arbiter`). Whatever is no plain mutation is left to it.
 */
export function createPlainMutations(router: AppRouter) {
  const mutations = mutationsOf(router);
  return {
    /** Whether `path` names a mutation, by its full dotted name. */
    has: (path: string): boolean => mutations.has(path),
    /** Sends the result, or the error in the shape of the router's formatter. Rejects with bugs alone. */
    async answer(response: ServerResponse, call: PlainMutation): Promise<void> {
      try {
        await send(response, 200, { result: { data: await run(router, call) } });
      } catch (cause) {
        await sendError(response, { router, call, error: getTRPCErrorFromUnknown(cause) });
      }
    },
  };
}

function mutationsOf(router: AppRouter): ReadonlySet<string> {
  // The declared type is nested; at run time procedures stand under their dotted names.
  const procedures = Object.entries(router._def.procedures as unknown as Record<string, AnyProcedure>);
  return new Set(procedures.flatMap(([path, { _def }]) => (_def.type === 'mutation' ? [path] : [])));
}

async function run(router: AppRouter, { path, body, createContext }: PlainMutation): Promise<unknown> {
  return await callTRPCProcedure({
    router,
    path,
    type: 'mutation',
    ctx: await createContext(),
    // Asked for by the input parser, which comes after who may call.
    getRawInput: () => Promise.resolve(parseBody(body)),
    signal: undefined,
    batchIndex: 0,
  });
}

function parseBody(body: string): unknown {
  if (body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new TRPCError({ code: 'BAD_REQUEST', cause });
  }
}

async function sendError(
  response: ServerResponse,
  failure: { router: AppRouter; call: PlainMutation; error: TRPCError },
): Promise<void> {
  const { router, call, error } = failure;
  const { path } = call;
  call.onError({ error, path, type: 'mutation' });
  const config = router._def._config;
  const shape = getErrorShape({ config, error, path, type: 'mutation', input: undefined, ctx: undefined });
  if (error instanceof CodedError) {
    for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  }
  await send(response, shape.data.httpStatus, { error: shape });
}

/** Head and body in one write. */
async function send(response: ServerResponse, status: number, answer: object): Promise<void> {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  await endCompressed(response, JSON.stringify(answer));
}
