import { expect, test, type Page } from '@playwright/test';
import type { Device } from './support/device';
import { REGISTERED_PASSWORD } from './support/device';
import { useHouse } from './support/house';
import { expectMark, reserve } from './support/steps';

const house = useHouse();

const devicesOf = (page: Page) => page.getByRole('region', { name: 'Devices', exact: true });

/** Signs in on a further device of somebody whom `Device.register` has registered. */
async function signInAgain(device: Device, email: string): Promise<void> {
  const data = { email, password: REGISTERED_PASSWORD };
  expect((await device.context.request.post('/trpc/auth.signIn', { data })).ok()).toBe(true);
  await device.page.goto('/');
  await device.untilSynced();
}

test('B5 a lost phone is removed: its pass comes here at once, and it wipes itself when it has signal again', async () => {
  const phone = await house.open();
  await phone.register('Bea Lost');
  await reserve(phone.page, 'A-09');
  await phone.untilSynced();
  await expectMark(phone.page, 'Confirmed');
  const path = `${new URL(phone.page.url()).pathname}/pass`;
  await phone.untilInstalled();
  await phone.offline(true);
  await phone.page.goto('/settings');
  await phone.page.getByLabel('Number plate').fill('b-uc 1234');
  await phone.page.getByRole('button', { name: 'Save the plate' }).click();
  await expect(phone.page.getByTestId('connection')).toContainText('1');

  const tablet = await house.open();
  await signInAgain(tablet, 'bea-lost@demo.undercroft.test');
  const { page } = tablet;
  await page.goto('/settings');
  const items = devicesOf(page).getByRole('listitem');
  await expect(items).toHaveCount(2);
  await expect(items.first()).toContainText('This device');
  await expect(items.last()).toContainText('1 pass');

  await items
    .last()
    .getByRole('button', { name: /^Change/ })
    .click();
  await page.getByLabel('Name', { exact: true }).fill('Car phone');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(items.last()).toContainText('Car phone');
  await page.getByRole('button', { name: 'Change Car phone' }).click();
  await page.getByRole('button', { name: 'Remove this device' }).click();
  await page.getByRole('button', { name: 'Remove device' }).click();
  await expect(items.last()).toContainText('Removed');
  await expect(page.getByRole('button', { name: 'Change Car phone' })).toHaveCount(0);
  await page.goto(path);
  await expect(page.locator('[data-pass=live] svg[data-pass-text]')).toBeVisible();

  await phone.offline(false);
  await expect(phone.page.getByRole('heading', { name: 'This device was signed out' })).toBeVisible();
  await expect(phone.page.getByText('One change was never sent')).toBeVisible();
  await expect(phone.page.getByRole('listitem')).toContainText('plate');
  const left = await phone.page.evaluate(async () =>
    (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith('undercroft-') ? [name] : [])),
  );
  expect(left).toEqual([]);
  await phone.page.getByRole('button', { name: 'Sign in' }).click();
  await expect(phone.page).toHaveURL(/\/sign-in/);
  await phone.page.goto(path);
  await expect(phone.page).toHaveURL(/\/sign-in/);
});

test('B5 all other devices are signed out at once, and their open pages say so', async () => {
  const phone = await house.open();
  await phone.register('Otto Others');
  const tablet = await house.open();
  await signInAgain(tablet, 'otto-others@demo.undercroft.test');
  await tablet.page.goto('/settings');
  await devicesOf(tablet.page).getByRole('button', { name: 'Sign out the other device' }).click();
  await tablet.page.getByRole('button', { name: 'Sign them out' }).click();
  await expect(phone.page.getByRole('heading', { name: 'This device was signed out' })).toBeVisible();
  await expect(phone.page.getByText('Nothing was lost')).toBeVisible();
  await expect(devicesOf(tablet.page).getByText('This device', { exact: true })).toBeVisible();
  await tablet.untilSynced();
});

test('C10 the manager reads the security log and picks what failed', async () => {
  const manager = await house.open();
  const { request } = manager.context;
  const wrong = { email: 'resident-b@demo.undercroft.test', password: 'not the password' };
  expect((await request.post('/trpc/auth.signIn', { data: wrong })).status()).toBe(401);
  await manager.signIn('manager');
  const { page } = manager;
  await page.goto('/settings');
  await page.getByRole('link', { name: /Security log/ }).click();
  const events = page.getByRole('region', { name: 'Events' });
  await expect(events.getByText('Signed in', { exact: true }).first()).toBeVisible();
  await page.getByLabel('What').selectOption('Failures and denials');
  await expect(events.getByText('Sign-in failed').first()).toBeVisible();
  await expect(events.getByText('Signed in', { exact: true })).toHaveCount(0);
  await manager.offline(true);
  await page.getByLabel('When').selectOption('The last 7 days');
  await expect(page.getByText('The log is read with signal')).toBeVisible();
});
