import { gzipSync } from 'node:zlib';
import { Device } from '../e2e/support/device';
import { startProduct } from '../e2e/support/product';
import { report } from './figures';

const ROUTES = ['/', '/find', '/reservations', '/slots', '/credits', '/settings'];
const LIMIT_KILOBYTES = 110;

/** K1: JavaScript that a route's first load fetches, gzipped, with no cache and no service worker; limit 110 KB. */
export async function benchFirstLoad(): Promise<void> {
  const product = await startProduct();
  const device = await Device.open(product);
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
  const reading: Promise<void>[] = [];
  const count = (response: { url(): string; body(): Promise<Buffer>; fromServiceWorker(): boolean }) => {
    if (!new URL(response.url()).pathname.endsWith('.js') || response.url().endsWith('service-worker.js'))
      return;
    reading.push(response.body().then((body) => void (total += gzipSync(body, { level: 9 }).length)));
  };
  page.on('response', count);
  await page.goto(route);
  await page.locator('main h1').waitFor();
  // What is fetched after the first screen stands (sync, service worker) is counted too, up to a quiet network.
  await page.waitForLoadState('networkidle').catch(() => undefined);
  page.off('response', count);
  await Promise.all(reading);
  await session.detach();
  const kilobytes = total / 1024;
  report(`first load: ${route}`, {
    'KB gzip': kilobytes,
    limit: `${String(LIMIT_KILOBYTES)} KB`,
    ratio: kilobytes / LIMIT_KILOBYTES,
  });
}
