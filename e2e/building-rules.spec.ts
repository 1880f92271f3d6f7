import { expect, test, type Page } from '@playwright/test';
import { useHouse } from './support/house';
import { chooseTomorrow, reserveTomorrow } from './support/steps';

const house = useHouse();

async function editRules(page: Page): Promise<void> {
  await page.goto('/settings');
  await page.getByRole('link', { name: /^Building rules/ }).click();
  await page.getByRole('button', { name: 'Change the rules' }).click();
}

test('C3 C6 a manager sets the longest reservation and quiet hours, and a resident’s next reservation obeys on another device', async () => {
  const desk = await house.open();
  const phone = await house.open();
  await desk.signIn('manager');
  await phone.register('Rule Reader');
  await phone.page.goto('/rules');
  await expect(phone.page.getByText('A reservation lasts 24 hours at most.')).toBeVisible();
  await expect(phone.page.getByRole('button', { name: 'Change the rules' })).toHaveCount(0);
  await expect(phone.page.getByRole('main').locator('input, select')).toHaveCount(0);
  // A third device has a wish of two hours waiting that was within the rules when it was made.
  const cellar = await house.open();
  await cellar.register('Cellar Resident');
  await cellar.untilInstalled();
  await cellar.offline(true);
  await reserveTomorrow(cellar.page, 'A-06');

  await editRules(desk.page);
  const { page } = desk;
  await page.getByLabel('Longest reservation').selectOption('1 hour');
  await page.getByRole('radio', { name: 'Yes' }).first().check();
  await page.getByLabel('Quiet from').fill('09:00');
  await page.getByLabel('Quiet until').fill('11:00');
  await page.getByRole('button', { name: 'Save 2 changes' }).click();
  await desk.untilSynced();
  await expect(page.getByText('The new rules hold from now on.')).toBeVisible();

  // The resident's screen follows by itself, and the picker says no before a refusal would come.
  await expect(phone.page.getByText('A reservation lasts 1 hour at most.')).toBeVisible();
  await expect(phone.page.getByText(/^09:00 – 11:00: no car comes or goes/)).toBeVisible();
  await phone.page.goto('/find');
  await chooseTomorrow(phone.page);
  await expect(phone.page.getByText('At most 1 hr here.')).toBeVisible();
  const tomorrow = (await phone.page.getByLabel('Until', { exact: true }).inputValue()).slice(0, 10);
  await phone.page.getByLabel('Until', { exact: true }).fill(`${tomorrow}T10:45`);
  await expect(phone.page.getByText('It would start or end in the quiet hours.')).toBeVisible();
  await expect(phone.page.getByRole('button', { name: /^Reserve A-/ })).toHaveCount(0);

  // And the server refuses what a device did not know better.
  await cellar.offline(false);
  await expect(cellar.page.getByText('That is longer than this building allows.')).toBeVisible();
});

test('C3 K3 a manager changes a rule without signal: it waits, marked, and holds when the server has confirmed it', async () => {
  const desk = await house.open();
  await desk.signIn('manager');
  await desk.untilInstalled();
  await editRules(desk.page);
  const { page } = desk;
  await desk.offline(true);
  // A rule about credits would need a proof of who asks, which only the server can take.
  const many = page.getByRole('spinbutton', { name: /^Reservations at a time/ });
  await many.fill('');
  await page.getByRole('button', { name: /^Save/ }).click();
  await expect(many).toBeFocused();
  await expect(page.getByText('Give a whole number from 1 to 100.')).toBeVisible();
  await many.fill('1');
  await page.getByRole('button', { name: 'More: Reservations at a time' }).click();
  await page.getByRole('button', { name: 'Save 1 change' }).click();
  await expect(page.getByText(/^You can have 2 reservations at a time/)).toBeVisible();
  await expect(page.getByRole('main').getByText('Waiting', { exact: true })).toHaveCount(1);
  await page.reload();
  await expect(page.getByRole('main').getByText('Waiting', { exact: true })).toHaveCount(1);
  await desk.offline(false);
  await desk.untilSynced();
  await expect(page.getByRole('main').getByText('Waiting', { exact: true })).toHaveCount(0);
  await expect(page.getByText(/^You can have 2 reservations at a time/)).toBeVisible();
});
