import { connect } from 'node:net';

/** What the bench asks of this process. */
export type ClientsRequest =
  | { kind: 'open'; port: number; path: string; cookies: readonly string[] }
  | { kind: 'arm' }
  | { kind: 'close' };

/** `at`: process.hrtime, which all processes of a machine share, as text because IPC has no bigint. */
export type ClientsReport =
  { kind: 'opened' } | { kind: 'armed' } | { kind: 'poked'; last: string } | { kind: 'closed' };

/** Streams that begin to open at once: a server has a backlog of 511 connections. */
const OPENING_AT_ONCE = 200;
/** What a stream of the product, and one of the bare server, says when nothing has happened yet. */
const FIRST = '"scopes":[]';
const POKE = '"scopes":["';

let streams: Stream[] = [];
let waiting = 0;

interface Stream {
  /** Whether a poke has come since `arm`. */
  isPoked: boolean;
  end(): void;
}

/** One socket that speaks just enough HTTP: what a device's own code takes is not what is measured. */
function openStream(port: number, path: string, cookie: string): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const stream: Stream = { isPoked: true, end: () => socket.destroy() };
    let head: string | null = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`a stream ended: ${String(head)}`)));
    socket.on('data', (chunk: Buffer) => {
      if (head !== null) {
        head += chunk.toString();
        if (!head.includes(FIRST)) return;
        head = null;
        resolve(stream);
      } else if (!stream.isPoked && chunk.includes(POKE)) {
        stream.isPoked = true;
        waiting -= 1;
        if (waiting === 0) tell({ kind: 'poked', last: process.hrtime.bigint().toString() });
      }
    });
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost:${String(port)}\r\nAccept: text/event-stream\r\nCookie: undercroft=${cookie}\r\n\r\n`,
    );
  });
}

async function open({ port, path, cookies }: ClientsRequest & { kind: 'open' }): Promise<void> {
  for (let first = 0; first < cookies.length; first += OPENING_AT_ONCE) {
    const part = cookies.slice(first, first + OPENING_AT_ONCE);
    streams.push(...(await Promise.all(part.map((cookie) => openStream(port, path, cookie)))));
  }
}

function tell(report: ClientsReport): void {
  process.send?.(report);
}

process.on('message', (request: ClientsRequest) => {
  switch (request.kind) {
    case 'open':
      void open(request).then(() => {
        tell({ kind: 'opened' });
      });
      break;
    case 'arm':
      for (const stream of streams) stream.isPoked = false;
      waiting = streams.length;
      tell({ kind: 'armed' });
      break;
    case 'close':
      for (const stream of streams) stream.end();
      streams = [];
      tell({ kind: 'closed' });
  }
});
