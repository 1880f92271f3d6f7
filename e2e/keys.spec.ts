import { expect, test } from '@playwright/test';
import { useHouse } from './support/house';
import { DEMO_PASSWORD } from './support/product';

const house = useHouse();

// Before the other: the house has one building, and there the next key will be waiting.
test('D3 making a key needs signal, and a manager', async () => {
  const [desk, phone] = [await house.open(), await house.open()];
  await desk.signIn('manager');
  await desk.untilInstalled();
  await desk.page.goto('/keys');
  await expect(desk.page.getByText('Key in use')).toBeVisible();
  // The answer of a pull that is under way when the signal goes would say that there is signal.
  await desk.untilSynced();
  await desk.offline(true);
  await expect(desk.page.getByText('Making a key needs signal')).toBeVisible();
  await expect(desk.page.getByRole('button', { name: 'Make a new key' })).toHaveCount(0);

  await phone.signIn('resident-b');
  await phone.page.goto('/settings');
  await expect(phone.page.getByRole('link', { name: /^Building rules/ })).toBeVisible();
  await expect(phone.page.getByRole('link', { name: /^Keys/ })).toHaveCount(0);
  await phone.page.goto('/keys');
  await expect(phone.page.getByText('Only managers of the building see its keys.')).toBeVisible();
  await expect(phone.page.getByText('Key in use')).toHaveCount(0);
});

test('D3 B5 a manager proves who they are and makes the next key: it is there at once, signs in two days, and no second one is made', async () => {
  const desk = await house.open();
  await desk.signIn('manager');
  const { page } = desk;
  await page.goto('/settings');
  await page.getByRole('link', { name: /^Keys/ }).click();
  await expect(page.getByText('Key in use')).toBeVisible();

  await page.getByRole('button', { name: 'Make a new key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Make a new key?' });
  await expect(dialog).toContainText('Passes that people have already stay good.');
  await dialog.getByRole('button', { name: 'Not now' }).click();
  await expect(page.getByText('Next key')).toHaveCount(0);

  await page.getByRole('button', { name: 'Make a new key' }).click();
  await dialog.getByRole('button', { name: 'Make a new key' }).click();
  const proof = page.getByRole('dialog', { name: 'Is it you?' });
  await proof.getByLabel('Your password').fill(DEMO_PASSWORD);
  await proof.getByRole('button', { name: 'Use your password' }).click();
  await expect(page.getByText('The next key is made')).toBeVisible();
  await expect(page.getByText(/^Guards’ devices are getting it\. It signs from /)).toBeVisible();
  await expect(page.getByText('Key in use')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Make a new key' })).toHaveCount(0);
});
