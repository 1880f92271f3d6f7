import type { BrowserContext } from '@playwright/test';
import { gzipSync } from 'node:zlib';
import { Device } from '../e2e/support/device';
import { startProduct } from '../e2e/support/product';
import { report } from './figures';

const ROUTES = ['/', '/find', '/reservations', '/slots', '/credits', '/settings'];
const LIMIT_KILOBYTES = 110;

declare global {
  interface Window {
    screenAt?: number;
  }
}

/**
 * K1: JavaScript of a route's first load, gzipped, with no cache and no service worker; limit 110 KB. Two figures: what
 * was asked for before the first screen stood, and all that is fetched up to a quiet network (sync comes after the screen).
 */
export async function benchFirstLoad(): Promise<void> {
  const product = await startProduct();
  const device = await Device.open(product, { isFresh: true });
  const guard = await Device.open(product, { isFresh: true });
  try {
    await prepare(device);
    await measure(device, '/', 'signed out');
    await measure(device, '/sign-in', 'signed out');
    await device.signIn('resident-a');
    for (const route of ROUTES) await measure(device, route);
    await prepare(guard);
    await guard.signIn('guard');
    await measure(guard, '/gate', 'guard');
  } finally {
    await device.close();
    await guard.close();
    await product.close();
  }
}

/** Has each page note when its heading stood, in milliseconds since its navigation. */
async function prepare({ page }: Device): Promise<void> {
  await page.addInitScript(() => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector('main h1')) return;
      observer.disconnect();
      window.screenAt = performance.now();
    });
    observer.observe(document, { childList: true, subtree: true });
  });
}

async function measure({ page, context }: Device, route: string, who = 'resident'): Promise<void> {
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  await session.send('Network.setBypassServiceWorker', { bypass: true });
  await page.goto(route);
  await page.waitForFunction(() => window.screenAt);
  await page.waitForLoadState('networkidle').catch(() => undefined);
  const files = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter(({ name }) => /\.js$/.test(name) && !name.endsWith('/service-worker.js'))
      .map(({ name, startTime }) => ({ url: name, isEarly: startTime < (window.screenAt ?? 0) })),
  );
  // Read apart: the browser forgets bodies when a page navigates by itself.
  const all = await Promise.all(
    files.map(async (file) => ({ ...file, size: await sizeOf(context, file.url) })),
  );
  const before = all.filter(({ isEarly }) => isEarly);
  await session.detach();
  report(`first load: ${route} (${who})`, {
    'to the screen KB': sum(before),
    files: before.length,
    'in all KB': sum(all),
    'files in all': all.length,
    limit: `${String(LIMIT_KILOBYTES)} KB`,
    ratio: sum(before) / LIMIT_KILOBYTES,
  });
}

/** Gzipped, in KB. */
async function sizeOf({ request }: BrowserContext, url: string): Promise<number> {
  return gzipSync(await (await request.get(url)).body(), { level: 9 }).length / 1024;
}

function sum(files: readonly { readonly size: number }[]): number {
  return files.reduce((total, { size }) => total + size, 0);
}
