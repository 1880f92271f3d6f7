import { expect, test } from '@playwright/test';
import { useHouse } from './support/house';
import { expectMark, keep } from './support/steps';

const house = useHouse();

test('X3 K7 K8 a slot kept online is booked from a cold start with network and server dead: certain, with its pass, confirmed later', async () => {
  test.setTimeout(150_000);
  const phone = await house.open();
  await phone.signIn('resident-a');
  await phone.untilInstalled();
  await keep(phone.page, 'A-05');
  await phone.untilSynced();
  const path = new URL(phone.page.url()).pathname;
  await expect(phone.page.getByText(/^Kept for you until/)).toBeVisible();
  // Until it is booked there is no pass to drive with.
  await phone.page.goto(`${path}/pass`);
  await expect(phone.page.locator('[data-pass=kept]')).toContainText('Book it first');
  await expect(phone.page.locator('svg[data-pass-text]')).toHaveCount(0);
  await phone.quit();
  await house.product.kill();

  await phone.launch();
  await phone.offline(true);
  await phone.page.goto('/');
  await phone.page.getByRole('button', { name: 'Book it' }).click();
  await expectMark(phone.page, 'Certain');
  await phone.page.getByRole('link', { name: 'Show pass' }).click();
  await expect(phone.page.locator('[data-pass=live] svg[data-pass-text]')).toBeVisible();

  await house.product.start();
  await phone.offline(false);
  await phone.page.goto(path);
  await phone.untilSynced();
  await expectMark(phone.page, 'Confirmed');
  await expect(phone.page.getByRole('link', { name: 'Show pass' })).toBeVisible();
});

test('X3 C5 what is kept is nobody else’s, and giving it back costs what was said', async () => {
  const phone = await house.open();
  const other = await house.open();
  await phone.register('Careful Keeper');
  await other.register('Other Driver');
  await other.page.goto('/find');
  const offer = other.page.getByRole('button', { name: 'Reserve A-06' });
  await expect(offer).toBeVisible();
  await keep(phone.page, 'A-06');
  await phone.untilSynced();
  await expect(offer).toBeHidden();

  await phone.page.getByRole('button', { name: 'Give it back' }).click();
  const dialog = phone.page.getByRole('dialog');
  await expect(dialog).toContainText('You get 2 of 3 credits back: keeping the slot for you costs 1 credit.');
  await dialog.getByRole('button', { name: 'Give back' }).click();
  await phone.untilSynced();
  await expect(phone.page.getByText('Cancelled', { exact: true })).toBeVisible();
  await expect(offer).toBeVisible();
  await phone.page.goto('/credits');
  await expect(phone.page.locator('[data-balance]')).toHaveText('49');
});

test('X3 without signal keeping is not offered', async () => {
  const phone = await house.open();
  await phone.register('Cellar Driver');
  await phone.page.goto('/find');
  await phone.offline(true);
  await expect(phone.page.getByTestId('connection')).toContainText('Offline');
  await phone.page.getByRole('button', { name: 'Reserve A-07' }).click();
  const sheet = phone.page.getByRole('dialog');
  await expect(sheet.getByRole('button', { name: 'Reserve A-07' })).toBeVisible();
  await expect(sheet.getByRole('button', { name: /^Keep it/ })).toBeDisabled();
});
