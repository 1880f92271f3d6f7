import { expect, test, type Page } from '@playwright/test';
import { startTestProvider, type TestProvider } from '../server/services/oidc/testing-provider';
import { Device } from './support/device';
import { DEMO_PASSWORD, startProduct, type Product } from './support/product';

const RESIDENT = 'resident-a@demo.undercroft.test';

let provider: TestProvider;
let product: Product;
test.beforeAll(async () => {
  product = await startProduct(async (origin) => {
    const people = [
      { login: 'noor', email: 'noor@elsewhere.test', name: 'Noor Haddad' },
      { login: 'ada', email: RESIDENT, name: 'Ada at the provider' },
    ];
    provider = await startTestProvider({ id: 'test', name: 'Test', origin, people });
    const { id, name, issuer, clientId, secret } = provider.settings;
    const clientSecret = secret.kind === 'text' ? secret.text : '';
    return { OIDC_PROVIDERS: JSON.stringify([{ id, name, issuer, clientId, clientSecret }]) };
  });
});
test.afterAll(async () => {
  await product.close();
  await provider.close();
});

async function withPhone(deed: (phone: Device) => Promise<void>): Promise<void> {
  const phone = await Device.open(product);
  try {
    await deed(phone);
  } finally {
    await phone.close();
  }
}

/** From a screen with the button, by the provider's own page, and back. */
async function continueWithProvider(page: Page, login: string): Promise<void> {
  await page.getByRole('button', { name: 'Continue with Test' }).click();
  await page.getByLabel('Login').fill(login);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('K6 A1 somebody new comes in by an account elsewhere, and by it again', async () => {
  await withPhone(async (phone) => {
    const { page } = phone;
    await page.goto('/sign-in');
    // The service worker answers every page by now, but not the provider's way back.
    await phone.untilInstalled();
    await continueWithProvider(page, 'noor');
    await expect(page.getByRole('heading', { name: 'Nearly there' })).toBeVisible();
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Noor Haddad');
    await expect(page.getByLabel('E-mail')).toHaveValue('noor@elsewhere.test');
    await page.getByRole('button', { name: 'Create account' }).click();
    await phone.untilSynced();

    await page.goto('/settings');
    await expect(page.getByText('noor@elsewhere.test').first()).toBeVisible();
    await page.getByRole('button', { name: 'Remove Test' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(page.getByText('This is the only way into your account.')).toBeVisible();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/sign-in/);
    // The provider still knows who it is, and asks nobody.
    await page.getByRole('button', { name: 'Continue with Test' }).click();
    await expect(page.getByRole('heading', { name: 'Now', level: 1 })).toBeVisible();
    await phone.untilSynced();
  });
});

test('K6 an account with the same e-mail is linked only by who can sign in to it', async () => {
  await withPhone(async (phone) => {
    const { page } = phone;
    await page.goto('/sign-in');
    await continueWithProvider(page, 'ada');
    await expect(page.getByRole('heading', { name: 'Nearly there' })).toBeVisible();
    await page.getByRole('button', { name: 'Create account' }).click();
    await expect(page.getByText(/There is already an account with this e-mail/)).toBeVisible();

    await page.getByRole('link', { name: 'Sign in and link' }).click();
    // The screen before has a field of the same name.
    await expect(page.getByRole('heading', { name: 'Sign in', exact: true })).toBeVisible();
    await page.getByLabel('E-mail').fill(RESIDENT);
    await page.getByLabel('Password', { exact: true }).fill(DEMO_PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'Link Test?' })).toBeVisible();
    await page.getByRole('button', { name: 'Link Test' }).click();
    await phone.untilSynced();

    await page.goto('/settings');
    await page.getByRole('button', { name: 'Remove Test' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Link Test' })).toBeVisible();
  });
});

test('K6 who says no at the provider reads so, and can go back', async () => {
  await withPhone(async ({ page }) => {
    await page.goto('/sign-in?next=%2Ffind');
    await page.getByRole('button', { name: 'Continue with Test' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByText('You did not let the other service tell us who you are.')).toBeVisible();
    await page.getByRole('link', { name: 'Back to signing in' }).click();
    await expect(page.getByRole('button', { name: 'Continue with Test' })).toBeVisible();
  });
});
