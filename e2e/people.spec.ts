import { expect, test, type Page } from '@playwright/test';
import { expectAccessible } from './support/accessibility';
import { DEMO_PASSWORD } from './support/product';
import { useHouse } from './support/house';
import { expectMark, reserve } from './support/steps';

const house = useHouse();

/** Proves by password who sits there, where the app asks: after a reload it does not remember the sign-in. */
async function prove(page: Page): Promise<void> {
  const proof = page.getByRole('dialog', { name: 'Is it you?' });
  await proof.getByLabel('Your password').fill(DEMO_PASSWORD);
  await proof.getByRole('button', { name: 'Use your password' }).click();
  await expect(proof).toBeHidden();
}

test('B6 a resident leaves: reservations end, the phone keeps nothing, and the manager’s list follows', async () => {
  const [desk, phone] = [await house.open(), await house.open()];
  await desk.signIn('manager');
  await desk.page.goto('/people');
  await expect(desk.page.getByText('Ben Okafor')).toBeVisible();
  await expectAccessible(desk.page, 'people');

  await phone.signIn('resident-b');
  await reserve(phone.page, 'A-05');
  await phone.untilSynced();
  await expectMark(phone.page, 'Confirmed');
  await phone.page.goto('/people');
  await expect(phone.page.getByText('Only managers see who belongs to the building.')).toBeVisible();
  await expect(phone.page.getByText('Alma Reuter')).toHaveCount(0);

  await phone.page.goto('/settings');
  await phone.page.getByRole('button', { name: 'Leave…' }).click();
  const dialog = phone.page.getByRole('dialog', { name: /^Leave / });
  await expect(dialog).toContainText('Only a new invitation brings you back.');
  await dialog.getByRole('button', { name: 'Leave', exact: true }).click();
  await expect(phone.page.getByTestId('connection')).toHaveText('No longer a member here');
  await expect(phone.page.getByText('A-05')).toHaveCount(0);
  await expect(desk.page.getByText('Ben Okafor')).toHaveCount(0);
});

test('B6 K6 a manager finds somebody, gives a role after a proof, removes somebody, and cannot leave the building without a manager', async () => {
  const [desk, phone] = [await house.open(), await house.open()];
  await phone.signIn('resident-a');
  await desk.signIn('manager');
  const { page } = desk;
  await page.goto('/settings');
  await page.getByRole('link', { name: /^People/ }).click();
  await page.getByRole('radio', { name: 'On request' }).check();
  await prove(page);
  await expect(page.getByText('Whoever finds this building may ask. You decide about each.')).toBeVisible();

  await page.getByLabel('Find somebody').fill('ines');
  await expect(page.getByText('Alma Reuter')).toHaveCount(0);
  await page.getByRole('button', { name: 'Change Ines Fuchs' }).click();
  const sheet = page.getByRole('dialog', { name: 'Ines Fuchs' });
  await sheet.getByRole('radio', { name: 'Guard' }).check();
  await expectAccessible(page, 'sheet of a person');
  // The proof of a moment ago counts here, too.
  await sheet.getByRole('button', { name: 'Change role' }).click();
  await expect(page.getByRole('heading', { name: 'Guards (1)' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Change Ines Fuchs' })).toBeVisible();

  await page.getByLabel('Find somebody').fill('alma');
  await page.getByRole('button', { name: 'Change Alma Reuter' }).click();
  await page.getByRole('button', { name: 'Remove from the building…' }).click();
  const removal = page.getByRole('dialog', { name: 'Remove Alma Reuter?' });
  await expect(removal).toContainText('The building takes over slot A-01');
  await removal.getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByText('Nobody found')).toBeVisible();
  // The phone held passes: it is none of a member's any more, and says so.
  await expect(
    phone.page.getByText(/removed from your account|signed out|No longer a member/i).first(),
  ).toBeVisible();
  await expect(phone.page.getByText('Find a slot')).toHaveCount(0);

  await page.goto('/settings');
  await page.getByRole('button', { name: 'Leave…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }).click();
  await expect(page.getByText('A site needs at least one manager.')).toBeVisible();
});
