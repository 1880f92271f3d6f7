import { expect, test } from '@playwright/test';
import { Device } from './support/device';
import { startProduct } from './support/product';

/** A phone with a screen lock that says yes to whatever asks, and a new resident on it with a passkey, signed out. */
async function withSignedOutPasskey(deed: (phone: Device) => Promise<void>): Promise<void> {
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
    await page.getByRole('button', { name: 'Use a password instead' }).click();
    await page.getByLabel('Password', { exact: true }).fill('a long passphrase');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await phone.untilSynced();

    await page.goto('/settings');
    const passkeys = page.getByRole('region', { name: 'Passkeys' });
    await expect(passkeys.getByRole('button', { name: /^Change / })).toHaveCount(1);
    await deed(phone);
    await phone.untilSynced();
    await page.goto('/settings');
    await expect(page.getByText('noor@demo.undercroft.test').first()).toBeVisible();
    await expect(passkeys.getByText(/last used/)).toBeVisible();
  } finally {
    await phone.close();
    await product.close();
  }
}

test('K6 a new resident makes a passkey and signs in with it, without a user name', async () => {
  await withSignedOutPasskey(async ({ page }) => {
    // This authenticator answers the field's suggestion at once, faster than a finger reaches the button: here the
    // browser is one that has no suggestions.
    await page.addInitScript(
      'Object.defineProperty(PublicKeyCredential, "isConditionalMediationAvailable", { value: async () => false })',
    );
    await page.reload();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/sign-in/);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  });
});

test('K6 a passkey picked from the suggestions of the e-mail field signs in', async () => {
  await withSignedOutPasskey(async ({ page }) => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('heading', { name: 'Now', level: 1 })).toBeVisible();
  });
});
