import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SessionCookie } from '../services/auth/session-cookie';
import type { SessionMember } from '../services/auth/session-row';
import type { Sessions } from '../services/auth/sessions';
import type { PokeSink, PokeStreamEnd, PokeStreams } from '../services/pokes/poke-streams';
import { memberScopes } from '../services/sync/member-scopes';
import { REOPEN_AFTER } from '../trpc/trpc';
import { errorShapeOf } from './error-shape';

export interface PokeEndpointOptions {
  streams: PokeStreams;
  sessions: Pick<Sessions, 'validate' | 'forget'>;
  cookie: SessionCookie;
}

/** Answers `sync.pokes` of a member; false leaves a request of anybody else to tRPC, which says what is wrong. */
export type PokeEndpoint = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  // nginx would gather what a device waits for.
  'x-accel-buffering': 'no',
};

/**
 * The stream that tRPC's subscription link reads, written by hand: through tRPC's own generators and web streams one poke
 * to 5,000 devices took seconds of the process, and a stream several times the memory (docs/benchmarks.md).
 */
export function createPokeEndpoint({ streams, sessions, cookie }: PokeEndpointOptions): PokeEndpoint {
  return async (request, response) => {
    const token = cookie.read(request.headers.cookie);
    if (token === undefined) return false;
    // A database that is away is tRPC's to tell, too.
    const valid = await sessions.validate(token).catch(() => null);
    if (!valid?.member) return false;
    const { member } = valid;
    const scopes = scopeNames(member);
    const session = sessionScope(valid.session.id);
    const isStillAllowed = async (): Promise<boolean> => {
      const current = (await sessions.validate(token))?.member;
      return current != null && scopeNames(current).join() === scopes.join();
    };
    // Behind another answer of its connection it would never hear that the connection closes.
    if (!response.socket) {
      request.socket.destroy();
      return true;
    }
    if (response.destroyed) return true;
    response.writeHead(200, HEADERS);
    response.write(eventOf('connected', JSON.stringify({ reconnectAfterInactivityMs: REOPEN_AFTER })));
    const written = sinkOf(response);
    const sink: PokeSink = {
      ...written,
      end(reason) {
        // Another process has ended it: the device asks at once why, and is not to be let in by what is remembered here.
        if (reason === 'session_ended') sessions.forget(valid.session.id);
        written.end(reason);
      },
    };
    const leave = streams.open({ scopes, session, isStillAllowed, sink });
    response.on('close', leave);
    return true;
  };
}

function sinkOf(response: ServerResponse): PokeSink {
  return {
    poke: (scopes) => {
      write(response, pokeOf(scopes));
    },
    ping: () => {
      write(response, PING);
    },
    end: (reason) => {
      const shape = JSON.stringify(errorShapeOf(CODES[reason]));
      response.end(eventOf('serialized-error', shape));
    },
    // Of the socket, which `write` goes to.
    isCongested: () => response.socket?.writableNeedDrain ?? response.writableNeedDrain,
  };
}

/** A device stops asking after signed_out, and comes back by itself after unavailable. */
const CODES = { session_ended: 'signed_out', stopped: 'unavailable' } as const satisfies Record<
  PokeStreamEnd,
  string
>;

/** An event as it goes into a body, and as one chunk of HTTP/1.1's chunked coding. */
interface Frame {
  readonly event: Buffer;
  readonly chunk: Buffer;
}

function frameOf(text: string): Frame {
  const event = Buffer.from(text);
  return { event, chunk: Buffer.from(`${event.length.toString(16)}\r\n${text}\r\n`) };
}

const PING = frameOf(eventOf('ping', ''));

let lastScopes = '';
let lastPoke = frameOf(`data: {"scopes":[]}\n\n`);

/** One poke mostly goes to all devices of a site: its bytes are made once and shared. */
function pokeOf(scopes: readonly string[]): Frame {
  const key = scopes.join();
  if (key !== lastScopes) {
    lastScopes = key;
    lastPoke = frameOf(`data: ${JSON.stringify({ scopes })}\n\n`);
  }
  return lastPoke;
}

/**
 * The chunk as it is to the socket, once the head is out: one write of shared bytes, where `response.write` makes three
 * of its own and corks. Of 5,000 streams that is half of the time.
 */
function write(response: ServerResponse, { event, chunk }: Frame): void {
  const { socket } = response;
  if (socket && response.chunkedEncoding && response.headersSent) socket.write(chunk);
  else response.write(event);
}

function eventOf(name: string, data: string): string {
  return `event: ${name}\ndata: ${data}\n\n`;
}

/** What is poked when this session ends or changes its token: its stream ends at once, in each process. */
export function sessionScope(sessionId: string): string {
  return `session:${sessionId}`;
}

function scopeNames(member: SessionMember): string[] {
  return memberScopes(member.siteId, member).map(({ name }) => name);
}
