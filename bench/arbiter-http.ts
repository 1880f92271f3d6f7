import { connect } from 'node:net';

/** One keep-alive connection that sends one prepared request after another. */
export interface RawConnection {
  /** Sends the bytes of a whole request; answers the response's body. Throws on any status but 200. */
  ask(request: Buffer): Promise<string>;
  close(): void;
}

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

/**
 * HTTP/1.1 with as little as it takes, because the load generator lives on the cores that it measures: node:http's client
 * costs more than the direct generator's Postgres client, this one less. It reads what our server writes and no more.
 */
export async function openRawConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  let pending: { resolve: (body: string) => void; reject: (error: Error) => void } | null = null;
  let received = '';
  const fail = (error: Error) => {
    pending?.reject(error);
    pending = null;
  };
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    const body = wholeBody(received);
    if (body === null) return;
    const { resolve, reject } = pending!;
    const isOk = received.startsWith('HTTP/1.1 200');
    pending = null;
    received = '';
    if (isOk) resolve(body);
    else reject(new Error(`a request failed: ${body}`));
  });
  socket.on('error', fail).on('close', () => fail(new Error('the server closed the connection')));
  return {
    ask(request) {
      return new Promise((resolve, reject) => {
        pending = { resolve, reject };
        socket.write(request);
      });
    },
    close: () => void socket.removeAllListeners('close').destroy(),
  };
}

/** The body once it is complete (chunked ones with their chunks' lengths), else null. */
function wholeBody(received: string): string | null {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd === -1) return null;
  const start = headEnd + HEAD_END.length;
  const length = /content-length: (\d+)/i.exec(received)?.[1];
  if (length === undefined) return received.endsWith(LAST_CHUNK) ? received.slice(start) : null;
  return received.length - start >= Number(length) ? received.slice(start) : null;
}

/** The bytes of a POST of this JSON text, as a device's browser sends it. */
export function postRequest(path: string, options: { port: number; token: string; body: string }): Buffer {
  const { port, token, body } = options;
  const host = `localhost:${String(port)}`;
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\norigin: http://${host}\r\ncookie: undercroft=${token}\r\n` +
      `content-type: application/json\r\ncontent-length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`,
  );
}
