import { once } from 'node:events';
import { createServer } from 'node:net';

let home: Promise<number> | null = null;
let isHomeTaken = false;

/**
 * The same port for each product that this process runs, one after the other, since what a browser has installed belongs to
 * a port; another one while a product runs there. `leave` is to be called when the product has ended.
 */
export async function takePort(): Promise<{ port: number; leave(): void }> {
  if (isHomeTaken) return { port: await freePort(), leave: () => undefined };
  isHomeTaken = true;
  const port = await (home ??= freePort());
  return { port, leave: () => void (isHomeTaken = false) };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  probe.close();
  await once(probe, 'close');
  return address.port;
}
