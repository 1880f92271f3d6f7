import { expect, test, type Page } from '@playwright/test';
import { addAuthenticator } from './support/authenticator';
import { useHouse } from './support/house';
import { proveByPassword } from './support/steps';

const house = useHouse();

/** On the manager's page of invitations: how, and the button that makes it. */
async function invite(page: Page, way: 'E-mail' | 'Link' | 'Printed codes'): Promise<void> {
  await page.goto('/people/invitations');
  await page.getByRole('radio', { name: way }).check();
}

test('A1 K6 a link lets in one newcomer, by a passkey alone, and nobody after', async () => {
  const manager = await house.open();
  await manager.signIn('manager');
  await invite(manager.page, 'Link');
  await manager.page.getByLabel('Flat, if there is one').fill('3 left');
  await manager.page.getByRole('button', { name: 'Make a link' }).click();
  const address = await manager.page.locator('[data-invitation]').getAttribute('data-invitation');
  expect(address).toMatch(/\/join#[A-Za-z0-9_-]{43}$/);
  await expect(manager.page.getByText('Link, for a resident of 3 left')).toBeVisible();

  const phone = await house.open();
  await addAuthenticator(phone);
  await phone.page.goto(address!);
  await expect(phone.page.getByText('as a resident of 3 left')).toBeVisible();
  await phone.page.getByLabel('Name', { exact: true }).fill('Lina Link');
  await phone.page.getByLabel('E-mail').fill('lina@example.test');
  await phone.page.getByRole('button', { name: 'Create account with a passkey' }).click();
  await phone.untilSynced();
  await phone.page.goto('/settings');
  await expect(phone.page.getByText('Resident · 3 left').first()).toBeVisible();

  const late = await house.open();
  await late.page.goto(address!);
  await expect(late.page.getByText('This invitation has been used up.')).toBeVisible();
  await manager.page.getByRole('button', { name: 'Done' }).click();
  await expect(manager.page.getByText('Used', { exact: true })).toBeVisible();
});

test('A1 an invitation by mail lets in whoever has that address', async () => {
  const manager = await house.open();
  await manager.signIn('manager');
  await invite(manager.page, 'E-mail');
  await manager.page.getByLabel('E-mail', { exact: true }).nth(1).fill('Mia@Example.test');
  await manager.page.getByLabel('Flat, if there is one').fill('2 right');
  await manager.page.getByRole('button', { name: 'Send the invitation' }).click();
  await expect(manager.page.getByText('mia@example.test').first()).toBeVisible();
  // The demo sends no mail: its manager reads what it would have sent.
  await manager.page.goto('/outbox');
  const mail = manager.page.getByRole('article').filter({ hasText: 'To mia@example.test' });
  const address = (await mail.getByRole('link').getAttribute('href'))!;

  const phone = await house.open();
  await phone.page.goto(address);
  await expect(phone.page.getByText('as a resident of 2 right')).toBeVisible();
  await expect(phone.page.getByLabel('E-mail')).toHaveValue('mia@example.test');
  await phone.page.getByLabel('Name', { exact: true }).fill('Mia Mail');
  await phone.page.getByRole('button', { name: 'Use a password instead' }).click();
  await phone.page.getByLabel('Password', { exact: true }).fill('a long passphrase');
  await phone.page.getByRole('button', { name: 'Create account', exact: true }).click();
  await phone.page.getByRole('button', { name: 'Not now' }).click();
  await phone.untilSynced();
  await phone.page.goto('/settings');
  await expect(phone.page.getByText('Resident · 2 right').first()).toBeVisible();
});

test('A1 a printed code is typed on a phone; taken back, it lets nobody in', async () => {
  const manager = await house.open();
  await manager.signIn('manager');
  await invite(manager.page, 'Printed codes');
  await manager.page.getByLabel('Flats, one a line').fill('1 left\n1 right');
  await manager.page.getByRole('button', { name: 'Make the codes' }).click();
  const slips = manager.page.locator('[data-invitation-code]');
  await expect(slips).toHaveCount(2);
  const codes = await slips.allInnerTexts();
  await manager.page.emulateMedia({ media: 'print' });
  await expect(manager.page.getByRole('button', { name: 'Print' })).toBeHidden();
  await expect(manager.page.getByRole('navigation')).toBeHidden();
  await expect(slips.first()).toBeVisible();
  await manager.page.emulateMedia({ media: 'screen' });

  const phone = await house.open();
  await phone.page.goto('/join');
  await phone.page.getByLabel('Code or link of your invitation').fill(codes[0]!.toLowerCase());
  await phone.page.getByRole('button', { name: 'Look at the invitation' }).click();
  await phone.page.getByLabel('Name', { exact: true }).fill('Cody Code');
  await phone.page.getByLabel('E-mail').fill('cody@example.test');
  await phone.page.getByRole('button', { name: 'Use a password instead' }).click();
  await phone.page.getByLabel('Password', { exact: true }).fill('a long passphrase');
  await phone.page.getByRole('button', { name: 'Create account', exact: true }).click();
  await phone.page.getByRole('button', { name: 'Not now' }).click();
  await phone.untilSynced();

  await manager.page.getByRole('button', { name: 'Done' }).click();
  await expect(manager.page.getByText(/1 of 8 used/)).toBeVisible();
  await manager.page.getByRole('button', { name: 'Take back: Sheet with 2 codes' }).click();
  await manager.page.getByRole('button', { name: 'Take it back', exact: true }).click();
  await expect(manager.page.getByText(/taken back/)).toBeVisible();
  const late = await house.open();
  await late.page.goto(`/join#${codes[1]!.replace('-', '')}`);
  await expect(late.page.getByText('This invitation was taken back.')).toBeVisible();
});

test('A1 where a building is asked first, an account waits, and its app opens by itself once let in', async () => {
  const manager = await house.open();
  await manager.signIn('manager');
  await manager.page.goto('/people');
  await manager.page.getByRole('radio', { name: 'On request' }).check();
  await proveByPassword(manager.page);
  await expect(manager.page.getByRole('radio', { name: 'On request' })).toBeChecked();
  await manager.untilSynced();

  const phone = await house.open();
  await phone.page.goto('/register');
  await phone.page.getByLabel('Name', { exact: true }).fill('Asta Asking');
  await phone.page.getByLabel('E-mail').fill('asta@example.test');
  await phone.page.getByRole('button', { name: 'Use a password instead' }).click();
  await phone.page.getByLabel('Password', { exact: true }).fill('a long passphrase');
  await phone.page.getByRole('button', { name: 'Create account', exact: true }).click();
  await phone.page.getByRole('button', { name: 'Not now' }).click();
  await phone.page.getByRole('button', { name: /^Ask / }).click();
  await phone.page.getByLabel('Your flat').fill('4');
  await phone.page.getByLabel('A word to the manager').fill('I moved in last week');
  await phone.page.getByRole('button', { name: 'Ask the manager' }).click();
  await expect(phone.page.getByRole('heading', { name: 'Waiting for the manager' })).toBeVisible();
  // Nobody is lost when the app is opened anew meanwhile.
  await phone.page.goto('/');
  await expect(phone.page.getByRole('heading', { name: 'Waiting for the manager' })).toBeVisible();

  await expect(manager.page.getByText('I moved in last week')).toBeVisible();
  await manager.page.getByRole('button', { name: 'Let Asta Asking in' }).click();
  await expect(manager.page.getByText('Asta Asking is a resident now.')).toBeVisible();
  await phone.untilSynced();
  await expect(phone.page).toHaveURL(`${house.product.origin}/`);
});
