import type { IncomingMessage } from 'node:http';

/**
 * The body as UTF-8 text, or null as soon as it is known to be longer than `limit` bytes: by its Content-Length before
 * any of it is read, else when the limit is passed. Never holds more than the limit and one chunk.
 * @throws Error when the client goes away in between
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return null;
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      request.off('data', onData);
      request.pause();
      resolve(null);
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('error', reject);
    request.once('close', () => reject(new Error('The client went away while it sent the body')));
  });
}

/**
 * Reads on and throws away, so that the client comes to read the answer instead of failing to write, but only up to
 * `limit` bytes and for `patience` ms; then the connection is cut.
 */
export function discardBody(request: IncomingMessage, limit: number, patience: number): void {
  let size = 0;
  const cut = (): void => void request.destroy();
  const timer = setTimeout(cut, patience);
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) cut();
  });
  request.once('close', () => clearTimeout(timer));
  request.once('end', () => clearTimeout(timer));
  request.on('error', () => undefined);
  request.resume();
}
