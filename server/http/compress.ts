import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Bytes below which an answer fits one packet as it is. */
const WORTH_IT = 1400;

/**
 * Slots as JSON, 2.4 MB of them (`npm run bench -- pull` has the real ones): Brotli 4 made 289 KB of it in 18 ms, Brotli 5
 * 251 KB in 39 ms, gzip 3 341 KB in 12 ms, gzip 6 305 KB in 32 ms. Both work outside the main thread.
 */
const encoders: Readonly<Record<Encoding, (text: Buffer) => Promise<Buffer>>> = {
  br: (text) =>
    promisify(brotliCompress)(text, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 4,
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
      },
    }),
  gzip: (text) => promisify(gzip)(text, { level: 3 }),
};

type Encoding = 'br' | 'gzip';

/**
 * Ends the response with this text, whose content type is set, compressed when it is long and its client takes that. Not for
 * streams, which would be held back. What is compressed here is asked for by POST with our own origin alone, so that nobody
 * else can put guesses beside what is secret in it (BREACH).
 */
export async function endCompressed(response: ServerResponse, text: string): Promise<void> {
  response.appendHeader('vary', 'accept-encoding');
  const encoding = encodingOf(response.req.headers['accept-encoding']);
  if (encoding === null || text.length < WORTH_IT) {
    response.end(text);
    return;
  }
  const compressed = await encoders[encoding](Buffer.from(text));
  response.setHeader('content-encoding', encoding);
  response.end(compressed);
}

/** The best encoding that an Accept-Encoding header names and does not refuse by `q=0`; null for none. */
export function encodingOf(header: string | string[] | undefined): Encoding | null {
  const accepted = new Set<string>();
  for (const part of String(header ?? '').split(',')) {
    const [name = '', ...parameters] = part.toLowerCase().split(';');
    if (!parameters.some((parameter) => /^\s*q=0(\.0*)?\s*$/.test(parameter))) accepted.add(name.trim());
  }
  if (accepted.has('br')) return 'br';
  return accepted.has('gzip') ? 'gzip' : null;
}
