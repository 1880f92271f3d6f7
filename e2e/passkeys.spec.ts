import { expect, test } from '@playwright/test';
import { Device } from './support/device';
import { startProduct } from './support/product';

test('K6 a new resident makes a passkey and signs in with it, without a user name', async () => {
  const product = await startProduct();
  const phone = await Device.open(product);
  try {
    const { page } = phone;
    const session = await phone.context.newCDPSession(page);
    await session.send('WebAuthn.enable');
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await page.goto('/register');
    await page.getByLabel('Name', { exact: true }).fill('Noor van den Bergh-Özdemir');
    await page.getByLabel('E-mail').fill('noor@demo.undercroft.test');
    await page.getByLabel('Password', { exact: true }).fill('a long passphrase');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await phone.untilSynced();

    await page.goto('/settings');
    await expect(page.getByRole('button', { name: /^Change / })).toHaveCount(1);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/sign-in/);

    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await phone.untilSynced();
    await page.goto('/settings');
    await expect(page.getByText('noor@demo.undercroft.test')).toBeVisible();
    await expect(page.getByText(/last used/)).toBeVisible();
  } finally {
    await phone.close();
    await product.close();
  }
});
