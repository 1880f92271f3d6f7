import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http';
import { afterEach, describe, expect, it } from 'vitest';
import type { Poke } from '#shared/protocol/pull';
import type { ValidSession } from '../services/auth/sessions';
import type { PokeSink, PokeStream } from '../services/pokes/poke-streams';
import { CodedError } from '../trpc/coded-error';
import type { RequestContext } from '../trpc/context';
import { publicProcedure, router } from '../trpc/trpc';
import { createPokeEndpoint } from './poke-response';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const member = { id: 'm', siteId: 's', siteName: 'S', role: 'resident', name: 'Mara' } as const;

/** A server whose streams do what `play` does with their sink. Requests it leaves to others are answered with 418. */
async function startEndpoint(play: (sink: PokeSink) => void, validate = () => Promise.resolve(sessionOf())) {
  const opened: PokeStream[] = [];
  const endpoint = createPokeEndpoint({
    streams: {
      open(stream) {
        opened.push(stream);
        play(stream.sink);
        return () => undefined;
      },
    },
    sessions: { validate, forget: () => undefined },
    cookie: { read: (header: string | undefined) => header } as never,
  });
  const port = await listen((request, response) => {
    void endpoint(request, response).then((taken) => {
      if (!taken) response.writeHead(418).end();
    });
  });
  return { port, opened };
}

function sessionOf(): ValidSession | null {
  return { member, session: { id: 'x' } } as unknown as ValidSession;
}

function get(port: number) {
  return fetch(`http://127.0.0.1:${String(port)}/`, { headers: { cookie: 'token' } });
}

/** tRPC ends each event with one more empty line, which says nothing. */
function eventsOf(text: string): string[] {
  return text.split(/\n{2,}/).filter((event) => event !== '');
}

describe('the stream of pokes', () => {
  it('K4 A2 is, event by event, what tRPC writes for its subscription link', async () => {
    const pokes = publicProcedure.subscription(async function* (): AsyncGenerator<Poke, void> {
      yield await Promise.resolve({ scopes: [] });
      yield { scopes: ['site:s', 'member:m'] };
      throw new CodedError('signed_out');
    });
    const like = router({ sync: router({ pokes }) });
    const trpcPort = await listen((req, res) => {
      const createContext = () => Promise.resolve({ session: sessionOf() } as RequestContext);
      void nodeHTTPRequestHandler({ router: like, req, res, path: 'sync.pokes', createContext });
    });
    const { port } = await startEndpoint((sink) => {
      sink.poke([]);
      sink.poke(['site:s', 'member:m']);
      sink.end('session_ended');
    });
    const [theirs, ours] = [await get(trpcPort), await get(port)];
    expect(ours.status).toBe(theirs.status);
    for (const name of ['content-type', 'cache-control', 'x-accel-buffering']) {
      expect(ours.headers.get(name)).toBe(theirs.headers.get(name));
    }
    const events = eventsOf(await ours.text());
    expect(events).toHaveLength(4);
    expect(events).toEqual(eventsOf(await theirs.text()));
  });

  it('K4 shares the bytes of a poke and mixes up no two', async () => {
    const { port, opened } = await startEndpoint((sink) => {
      sink.poke([]);
      for (const scopes of [['site:a'], ['site:b'], ['site:b'], [], ['site:a']]) sink.poke(scopes);
      sink.ping();
      sink.end('stopped');
    });
    const events = eventsOf(await (await get(port)).text());
    expect(events.slice(1, -1)).toEqual([
      ...['[]', '["site:a"]', '["site:b"]', '["site:b"]', '[]', '["site:a"]'].map(
        (it) => `data: {"scopes":${it}}`,
      ),
      'event: ping\ndata: ',
    ]);
    expect(events.at(-1)).toMatch(/^event: serialized-error\ndata: .*"code":"unavailable"/);
    expect(opened[0]?.scopes).toEqual(['site:s', 'member:m']);
  });

  it('K4 speaks HTTP/1.0, which has no chunks', async () => {
    const { port } = await startEndpoint((sink) => {
      sink.poke(['site:a']);
      sink.ping();
      sink.end('stopped');
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.0\r\nCookie: token\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).not.toMatch(/transfer-encoding/i);
    expect(body).toMatch(
      /^event: connected\ndata: .*\n\ndata: {"scopes":\["site:a"\]}\n\nevent: ping\ndata: \n\nevent:/,
    );
  });

  it('K4 knows when its client does not read', async () => {
    let sink: PokeSink | undefined;
    const { port } = await startEndpoint((opened) => {
      sink = opened;
      opened.poke([]);
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nCookie: token\r\n\r\n');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    expect(sink?.isCongested()).toBe(false);
    // More than the kernel takes for a client that sleeps, 4 MB and some.
    const scopes = Array.from({ length: 1000 }, (_, index) => `member:${String(index).padStart(36, '0')}`);
    for (let count = 0; count < 1000 && !sink?.isCongested(); count++) {
      sink?.poke(scopes);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sink?.isCongested()).toBe(true);
    socket.destroy();
  });

  it.each([
    ['without a session', () => Promise.resolve(null)],
    ['of a user without a site', () => Promise.resolve({ member: null } as unknown as ValidSession)],
    ['that the database cannot tell of', () => Promise.reject(new Error('no database'))],
  ])('A2 a request %s is left to tRPC', async (_name, validate) => {
    const { port, opened } = await startEndpoint(() => undefined, validate);
    expect((await get(port)).status).toBe(418);
    expect(opened).toEqual([]);
  });

  it('A2 is allowed for as long as the session sees the same scopes', async () => {
    let session = sessionOf();
    const { port, opened } = await startEndpoint(
      (sink) => {
        sink.end('stopped');
      },
      () => Promise.resolve(session),
    );
    await (await get(port)).text();
    const isStillAllowed = () => opened[0]?.isStillAllowed();
    expect(await isStillAllowed()).toBe(true);
    session = { ...session, member: { ...member, role: 'guard' } } as unknown as ValidSession;
    expect(await isStillAllowed()).toBe(false);
    session = null;
    expect(await isStillAllowed()).toBe(false);
  });
});
