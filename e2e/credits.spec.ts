import { readFile } from 'node:fs/promises';
import { expect, test, type Page } from '@playwright/test';
import { expectAccessible } from './support/accessibility';
import { useHouse } from './support/house';
import { proveByPassword, reserveTomorrow } from './support/steps';

const house = useHouse();

const balance = (page: Page) => page.locator('[data-balance]');

test('B8 C5 a manager sets prices, a resident buys credits online with a receipt, pays the peak price, and gets the money back', async () => {
  const [desk, phone] = [await house.open(), await house.open()];
  await desk.signIn('manager');
  await phone.signIn('resident-a');
  const [manager, resident] = [desk.page, phone.page];

  await manager.goto('/rules');
  await manager.getByRole('button', { name: 'Change the rules' }).click();
  await manager.getByLabel(/^Price of one credit online/).fill('0.60');
  await manager.getByRole('button', { name: 'Add a peak price' }).click();
  for (const day of ['Saturday', 'Sunday']) await manager.getByRole('checkbox', { name: day }).check();
  await manager.getByLabel('From', { exact: true }).fill('00:00');
  await manager.getByLabel('Until', { exact: true }).fill('00:00');
  await expectAccessible(manager, 'rules with a peak price');
  await manager.getByRole('button', { name: 'Save 2 changes' }).click();
  await proveByPassword(manager);
  await expect(manager.getByText('The new rules hold from now on.')).toBeVisible();

  await resident.goto('/credits');
  await expect(resident.getByText('Every day, all day: 6 credits.')).toBeVisible();
  const before = Number(await balance(resident).textContent());
  await resident.getByRole('link', { name: 'Buy credits' }).click();
  await resident.getByRole('radio', { name: '10', exact: true }).check();
  await expect(resident.getByText('€6.00', { exact: true })).toBeVisible();
  await expectAccessible(resident, 'buying credits');
  await resident.getByRole('button', { name: 'Go to the payment' }).click();
  await expect(resident.getByText('No money moves.')).toBeVisible();
  await expectAccessible(resident, 'the demo’s page to pay on');
  // Who turns back goes on with what is begun.
  await resident.getByRole('link', { name: 'Buy credits' }).click();
  await resident.getByRole('button', { name: 'Go on with paying €6.00' }).click();
  await expect(resident.getByText('No money moves.')).toBeVisible();
  await resident.getByRole('button', { name: 'Pay €6.00' }).click();
  await expect(resident.getByText('10 credits bought')).toBeVisible();
  await resident.getByRole('link', { name: 'Receipt' }).click();
  const [download] = await Promise.all([
    resident.waitForEvent('download'),
    resident.getByRole('button', { name: 'Receipt as PDF' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^receipt-\d+\.pdf$/);
  expect((await readFile(await download.path())).subarray(0, 5).toString()).toBe('%PDF-');
  await expectAccessible(resident, 'a purchase');

  await reserveTomorrow(resident, 'A-07');
  await phone.untilSynced();
  await resident.goto('/credits');
  await expect(balance(resident)).toHaveText(String(before + 10 - 6));
  await expect(resident.getByRole('link', { name: /^Credits bought .*€6.00 online/ })).toBeVisible();
  await expect(resident.getByRole('link', { name: /^Reserved A-07 .* · To / })).toBeVisible();
  await expectAccessible(resident, 'the statement');

  await manager.goto('/credits/desk');
  await manager.getByRole('link', { name: /^Alma Reuter/ }).click();
  await manager.getByRole('button', { name: 'Give the money back…' }).click();
  await manager.getByRole('dialog').getByRole('button', { name: 'Give it back' }).click();
  await proveByPassword(manager);
  await expect(manager.getByText('Given back').first()).toBeVisible();
  await expect(balance(resident)).toHaveText(String(before - 6));
  await expect(resident.getByText('Bought credits given back')).toBeVisible();
});

test('B8 C5 K6 credits sold at the desk within a proof, also without signal, are the member’s once the server has them, and the books add up', async () => {
  const [desk, phone] = [await house.open(), await house.open()];
  await phone.register('Cash Payer');
  await phone.page.goto('/credits');
  await expect(balance(phone.page)).toHaveText('50');
  await desk.signIn('manager');
  const { page } = desk;
  await page.goto('/credits/desk');
  await page.getByLabel('To', { exact: true }).selectOption({ label: 'Cash Payer' });
  await page.getByRole('spinbutton', { name: 'Credits' }).fill('1');
  await page.getByLabel(/^Money taken/).fill('0.50');
  await page.getByRole('button', { name: 'Sell 1 credit for €0.50' }).click();
  // It goes on without signal as long as the proof is good.
  await proveByPassword(page);
  await expect(page.getByText('1 credit sold to Cash Payer')).toBeVisible();
  await expect(balance(phone.page)).toHaveText('51');
  await desk.untilInstalled();
  await desk.offline(true);
  await page.getByRole('button', { name: 'Sell credits' }).click();
  await expect(page.getByLabel('To', { exact: true })).toBeFocused();
  await page.getByLabel('To', { exact: true }).selectOption({ label: 'Cash Payer' });
  await page.getByRole('spinbutton', { name: 'Credits' }).fill('12');
  await page.getByLabel(/^Money taken/).fill('6');
  await page.getByLabel(/^Reference/).fill('till 7');
  await expectAccessible(page, 'the desk');
  await page.getByRole('button', { name: 'Sell 12 credits for €6.00' }).click();
  await expect(page.getByText('Waiting to be sent')).toBeVisible();
  await desk.offline(false);
  await desk.untilSynced();
  await expect(page.getByText('12 credits sold to Cash Payer')).toBeVisible();
  await expect(balance(phone.page)).toHaveText('63');
  await expect(phone.page.getByRole('link', { name: /^Credits bought .*€6.00 in cash/ })).toBeVisible();

  await page.goto('/credits/books');
  await expect(page.getByText(/^What was made is what everybody holds together/)).toBeVisible();
  await expectAccessible(page, 'the books');
  await phone.page.goto('/credits/books');
  await expect(phone.page.getByText('Only managers read the building’s books.')).toBeVisible();
});
