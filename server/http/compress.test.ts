import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodingOf, endCompressed } from './compress';

const LONG = JSON.stringify(Array.from({ length: 200 }, (_, index) => ({ slot: `Ä-${String(index)}` })));

const server = createServer((asked, response) => {
  response.setHeader('content-type', 'application/json');
  void endCompressed(response, asked.url === '/long' ? LONG : '{"short":true}');
});
let port: number;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => void server.close());

/** By node:http: fetch would undo the encoding before anybody sees it. */
function get(path: string, accept?: string) {
  return new Promise<{ headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const headers = accept === undefined ? {} : { 'accept-encoding': accept };
    request({ port, path, headers, host: '127.0.0.1' }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    })
      .on('error', reject)
      .end();
  });
}

describe('compressed answers', () => {
  it.each([
    ['br', 'gzip, deflate, br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
  ])('K4 %s gives the text back', async (encoding, accept, decompress) => {
    const { headers, body } = await get('/long', accept);
    expect(headers).toMatchObject({ 'content-encoding': encoding, vary: 'accept-encoding' });
    expect(Number(headers['content-length'])).toBe(body.length);
    expect(body.length).toBeLessThan(LONG.length / 4);
    expect(decompress(body).toString()).toBe(LONG);
  });

  it.each([
    ['a short one', '/short', 'br'],
    ['one whose client takes none', '/long', undefined],
    ['one whose client refuses them', '/long', 'br;q=0, gzip; q=0.0'],
  ])('K4 %s is sent as it is', async (_name, path, accept) => {
    const { headers, body } = await get(path, accept);
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).toMatchObject({ vary: 'accept-encoding' });
    expect(body.toString()).toBe(path === '/long' ? LONG : '{"short":true}');
  });

  it.each([
    ['gzip;q=1.0, br;q=0.1', 'br'],
    ['BR', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['identity, *', null],
    ['', null],
  ])('K4 %j is understood as %j', (header, encoding) => {
    expect(encodingOf(header)).toBe(encoding);
  });
});
