import { expect, test } from '@playwright/test';
import { Device } from './support/device';
import { DEMO_PASSWORD, startProduct, type Product } from './support/product';

let product: Product;
let phone: Device;
test.beforeAll(async () => {
  product = await startProduct();
  phone = await Device.open(product, { isFresh: true });
});
test.afterAll(async () => {
  await phone.close();
  await product.close();
});

test('K1 Chromium finds nothing that keeps the app from being installed', async () => {
  await phone.page.goto('/sign-in');
  await phone.untilInstalled();
  const session = await phone.context.newCDPSession(phone.page);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  expect(installabilityErrors).toEqual([]);
  const { errors, url } = await session.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const manifest = (await (await phone.page.request.get(url)).json()) as {
    id: string;
    shortcuts: { url: string }[];
    icons: { src: string; purpose?: string }[];
  };
  expect(manifest.icons.some((icon) => icon.purpose?.includes('maskable'))).toBe(true);
  for (const { src } of manifest.icons) expect((await phone.page.request.get(src)).ok()).toBe(true);
  expect(manifest.shortcuts.length).toBeGreaterThan(0);
  await expect(phone.page.locator('link[rel="apple-touch-icon"]')).toHaveCount(1);
});

test('A6 unknown pages are friendly, and signed-out visitors come back to where they wanted to go', async () => {
  await phone.page.goto('/credits');
  await expect(phone.page).toHaveURL(/\/sign-in\?next=%2Fcredits/);
  await phone.page.getByLabel('E-mail').fill('resident-a@demo.undercroft.test');
  await phone.page.getByLabel('Password', { exact: true }).fill('wrong-password');
  await phone.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(phone.page.getByText('E-mail or password is wrong.')).toBeVisible();
  await phone.page.getByLabel('Password', { exact: true }).fill(DEMO_PASSWORD);
  await phone.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(phone.page).toHaveURL(/\/credits$/);
  await phone.page.goto('/nowhere/at-all');
  const failure = phone.page.getByRole('main');
  await expect(failure.getByRole('heading', { level: 1 })).toHaveText(/not found/i);
  await failure.getByRole('link', { name: /start/i }).click();
  await expect(phone.page.getByRole('heading', { level: 1 })).toHaveText('Now');
});

test('K2 every screen a resident needs opens cold with the network off and the server dead', async () => {
  const cold = await Device.open(product, { isFresh: true });
  await cold.signIn('resident-b');
  await cold.untilInstalled();
  await cold.quit();
  await product.kill();
  try {
    await cold.launch();
    await cold.offline(true);
    const { page } = cold;
    for (const [path, heading] of [
      ['/', 'Now'],
      ['/find', 'Find'],
      ['/reservations', /reservations/i],
      ['/slots', 'My slots'],
      ['/credits', 'Credits'],
      ['/settings', 'Settings'],
    ] as const) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
      await expect(page.getByTestId('connection')).toContainText('Offline');
    }
    await page.goto('/find');
    await expect(page.getByRole('button', { name: 'Reserve A-05' })).toBeVisible();
  } finally {
    await cold.close();
    await product.start();
  }
});
