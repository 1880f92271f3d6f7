import { expect, test, type Page } from '@playwright/test';
import type { Device } from './support/device';
import { useHouse } from './support/house';
import { expectMark, reserve, reserveTomorrow } from './support/steps';

const house = useHouse();

async function signedIn(account: 'resident-a' | 'resident-b'): Promise<Device> {
  const device = await house.open();
  await device.signIn(account);
  await device.untilInstalled();
  return device;
}

async function cancel(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Cancel/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel it' }).click();
  // It closes once the wish is kept; a page that is left before has wished for nothing.
  await expect(page.getByRole('dialog')).toBeHidden();
}

test('K2 K3 a reservation made from a cold start with the server dead is confirmed when it is back, with its pass', async () => {
  const phone = await signedIn('resident-a');
  const barHeight = async (): Promise<number> =>
    (await phone.page.locator('.top-bar').boundingBox())?.height ?? NaN;
  const calmHeight = await barHeight();
  await phone.quit();
  await house.product.kill();

  await phone.launch();
  await phone.offline(true);
  await reserve(phone.page, 'A-05');
  await expectMark(phone.page, 'Waiting');
  await expect(phone.page.getByTestId('connection')).toContainText('1 waiting');
  // However long the words, what is below stays under the thumb.
  expect(await barHeight()).toBe(calmHeight);

  // What waits survives the death of the browser, too.
  await phone.quit();
  await phone.launch();
  await phone.offline(true);
  await phone.page.goto('/');
  await expect(phone.page.getByRole('heading', { name: 'A-05' })).toBeVisible();

  await house.product.start();
  await phone.offline(false);
  await phone.untilSynced();
  await expectMark(phone.page, 'Confirmed');
  await phone.page.getByRole('link', { name: 'Show pass' }).click();
  await expect(phone.page.locator('[data-pass=live] svg[data-pass-text]')).toBeVisible();
});

test('K3 A4 X2 two phones offline want one slot: one is confirmed, the other takes an alternative in one tap', async () => {
  const winner = await signedIn('resident-b');
  const other = await house.open();
  await other.register('Late Resident');
  await other.untilInstalled();

  await winner.offline(true);
  await other.offline(true);
  await reserve(winner.page, 'A-06');
  await reserve(other.page, 'A-06');
  await winner.offline(false);
  await winner.untilSynced();
  await expectMark(winner.page, 'Confirmed');

  await other.offline(false);
  await expectMark(other.page, 'Refused');
  await expect(other.page.getByText('Somebody else has this slot at that time.')).toBeVisible();
  const alternatives = other.page.getByRole('button', { name: /^Take A-/ });
  await expect(alternatives.first()).toBeVisible();
  expect(await alternatives.count()).toBeLessThanOrEqual(3);
  await alternatives.first().click();
  await other.untilSynced();
  await other.page.goto('/');
  await expectMark(other.page, 'Confirmed');
});

test('C3 C5 a reservation ahead is cancelled with its credits back', async () => {
  const phone = await house.open();
  await phone.register('Careful Resident');
  await reserveTomorrow(phone.page, 'A-07');
  await phone.untilSynced();
  const reservation = phone.page.url();
  await phone.page.goto('/credits');
  const balance = phone.page.locator('[data-balance]');
  await expect(balance).toHaveText('47');
  await phone.page.goto(reservation);
  await cancel(phone.page);
  await phone.untilSynced();
  await phone.page.goto('/credits');
  await expect(balance).toHaveText('50');
  await expect(phone.page.getByText('Refund for A-07')).toBeVisible();
});
