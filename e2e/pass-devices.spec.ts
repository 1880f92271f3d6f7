import { expect, test, type Page } from '@playwright/test';
import { addAuthenticator } from './support/authenticator';
import type { Device } from './support/device';
import { DEMO_PASSWORD } from './support/product';
import { useHouse } from './support/house';
import { expectMark, reserve } from './support/steps';

const house = useHouse();

const code = (page: Page) => page.locator('[data-pass=live] svg[data-pass-text]');
const dialog = (page: Page) => page.getByRole('dialog', { name: 'Is it you?' });

/** Reserves and answers the path of the pass, which is in this device. */
async function reserveHere(device: Device, label: string): Promise<string> {
  await reserve(device.page, label);
  await device.untilSynced();
  await expectMark(device.page, 'Confirmed');
  return `${new URL(device.page.url()).pathname}/pass`;
}

/** The server forgets when anybody last proved who they are: as five minutes later, without waiting for them. */
async function proofsAge(page: Page): Promise<void> {
  // The device believes its own note of the sign-in only as long as the page lives.
  await page.reload();
}

test('X1 K6 a second device moves the pass with a passkey, and the first one says where it is', async () => {
  const phone = await house.open();
  const phoneKeys = await addAuthenticator(phone);
  await phone.page.goto('/register');
  await phone.page.getByLabel('Name', { exact: true }).fill('Pia Passkey');
  await phone.page.getByLabel('E-mail').fill('pia@demo.undercroft.test');
  await phone.page.getByRole('button', { name: 'Use a password instead' }).click();
  await phone.page.getByLabel('Password', { exact: true }).fill('a long passphrase');
  await phone.page.getByRole('button', { name: 'Create account' }).click();
  await phone.page.getByRole('button', { name: 'Add a passkey' }).click();
  await phone.untilSynced();
  const path = await reserveHere(phone, 'A-05');
  await phone.page.goto(path);
  await expect(code(phone.page)).toBeVisible();

  const tablet = await house.open();
  const tabletKeys = await addAuthenticator(tablet);
  for (const passkey of await phoneKeys.passkeys()) await tabletKeys.add(passkey);
  await tablet.page.goto('/sign-in');
  await tablet.page.getByLabel('E-mail').fill('pia@demo.undercroft.test');
  await tablet.page.getByLabel('Password', { exact: true }).fill('a long passphrase');
  // This authenticator may have answered the field's suggestion already.
  await tablet.page
    .getByRole('button', { name: 'Sign in', exact: true })
    .click({ timeout: 3_000 })
    .catch(() => undefined);
  await tablet.untilSynced();
  await proofsAge(tablet.page);
  await expect(tablet.page.getByText('Your pass is on another device')).toBeVisible();
  await tablet.page.getByRole('button', { name: 'Move my pass here' }).click();
  await dialog(tablet.page).getByRole('button', { name: 'Use your passkey' }).click();
  await expect(dialog(tablet.page)).toBeHidden();
  await tablet.page.goto(path);
  await expect(code(tablet.page)).toBeVisible();

  await expect(
    phone.page.getByRole('heading', { name: 'This pass is on another of your devices' }),
  ).toBeVisible();
  await expect(phone.page.locator('svg[data-pass-text]')).toHaveCount(0);
});

test('X1 a second device moves the pass with the password: not with a wrong one, not offline, not when one would rather not', async () => {
  const phone = await house.open();
  await phone.signIn('resident-a');
  const path = await reserveHere(phone, 'A-08');
  const tablet = await house.open();
  await tablet.signIn('resident-a');
  await tablet.untilInstalled();
  await tablet.page.goto(path);
  const { page } = tablet;
  const move = page.getByRole('button', { name: 'Move it here' });

  await tablet.offline(true);
  await move.click();
  await expect(dialog(page)).toContainText('This needs signal');
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await expect(move).toBeVisible();
  await tablet.offline(false);

  await move.click();
  await expect(dialog(page).getByRole('button', { name: 'Use your passkey' })).toHaveCount(0);
  const password = dialog(page).getByLabel('Your password', { exact: true });
  await password.fill('not my password');
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toContainText('This is not your password');
  await password.fill(DEMO_PASSWORD);
  await page.keyboard.press('Enter');
  await expect(code(page)).toBeVisible();

  await phone.page.goto(path);
  await expect(
    phone.page.getByRole('heading', { name: 'This pass is on another of your devices' }),
  ).toBeVisible();
});

test('A5 the plate of the car stands on passes made from then on', async () => {
  const phone = await house.open();
  await phone.register('Carla Car');
  const { page } = phone;
  await page.goto('/settings');
  await page.getByLabel('Number plate').fill('b-uc 1234');
  await page.getByRole('button', { name: 'Save the plate' }).click();
  await expect(page.getByLabel('Number plate')).toHaveValue('B-UC 1234');
  await phone.untilSynced();
  await page.goto(await reserveHere(phone, 'A-10'));
  await expect(code(page)).toBeVisible();
  await expect(page.getByText('B-UC 1234')).toBeVisible();
});
