import { gzipSync } from 'node:zlib';
import { Device } from '../e2e/support/device';
import { startProduct } from '../e2e/support/product';
import { report } from './figures';

const ROUTES = ['/', '/find', '/reservations', '/slots', '/credits', '/settings'];
const LIMIT_KILOBYTES = 110;

/**
 * K1: JavaScript of a route's first load, gzipped, with no cache and no service worker; limit 110 KB. Two figures: what
 * the browser has read when the first screen stands, and all that is fetched up to a quiet network (sync comes after the screen).
 */
export async function benchFirstLoad(): Promise<void> {
  const product = await startProduct();
  const device = await Device.open(product, { isFresh: true });
  try {
    await measure(device, '/sign-in');
    await device.signIn('resident-a');
    for (const route of ROUTES) await measure(device, route);
  } finally {
    await device.close();
    await product.close();
  }
}

async function measure(device: Device, route: string): Promise<void> {
  const { page } = device;
  const session = await device.context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  await session.send('Network.setBypassServiceWorker', { bypass: true });
  let total = 0;
  let beforeScreen = 0;
  let hasScreen = false;
  const reading: Promise<void>[] = [];
  const count = (response: { url(): string; body(): Promise<Buffer>; fromServiceWorker(): boolean }) => {
    if (!new URL(response.url()).pathname.endsWith('.js') || response.url().endsWith('service-worker.js'))
      return;
    const isBefore = !hasScreen;
    reading.push(
      response.body().then((body) => {
        const size = gzipSync(body, { level: 9 }).length;
        total += size;
        if (isBefore) beforeScreen += size;
      }),
    );
  };
  page.on('response', count);
  await page.goto(route);
  await page.locator('main h1').waitFor();
  hasScreen = true;
  await page.waitForLoadState('networkidle').catch(() => undefined);
  page.off('response', count);
  await Promise.all(reading);
  await session.detach();
  report(`first load: ${route}`, {
    'to the screen KB': beforeScreen / 1024,
    'in all KB': total / 1024,
    limit: `${String(LIMIT_KILOBYTES)} KB`,
    ratio: beforeScreen / 1024 / LIMIT_KILOBYTES,
  });
}
