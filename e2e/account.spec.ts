import { expect, test, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { startTestMailServer, type TestMailServer } from '../server/services/mail/testing-mail-server';
import { addAuthenticator } from './support/authenticator';
import { Device } from './support/device';
import { startProduct } from './support/product';

const EMAIL = 'ada-lovelace@demo.undercroft.test';

/** The newest mail's link to a page of the app, once it has come. */
async function linkFrom(server: TestMailServer, path: string): Promise<string> {
  let link: string | undefined;
  await expect
    .poll(
      () => {
        const raw = server.received.at(-1)?.raw.replace(/=\r\n/g, '') ?? '';
        link = new RegExp(`http://\\S+?${path}#[a-z2-7]+`).exec(raw)?.[0];
        return link !== undefined;
      },
      { timeout: 15_000 },
    )
    .toBe(true);
  return link ?? '';
}

async function expectNoSecretInAddress(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => location.hash)).toBe('');
}

test('A1 B1 confirms the e-mail by a mail, and gets back in by another when the password is forgotten', async () => {
  const mailServer = await startTestMailServer();
  const product = await startProduct({ SMTP_URL: `smtp://127.0.0.1:${mailServer.port}` });
  const phone = await Device.open(product);
  try {
    const { page } = phone;
    await phone.register('Ada Lovelace');
    await page.goto('/settings');
    await expect(page.getByText('Not confirmed yet')).toBeVisible();
    await page.goto(await linkFrom(mailServer, '/verify-email'));
    await expectNoSecretInAddress(page);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await expect(page.getByRole('heading', { name: 'Your e-mail is confirmed' })).toBeFocused();
    await page.getByRole('link', { name: 'Go to Settings' }).click();
    await expect(page.getByText('Confirmed', { exact: true })).toBeVisible();

    const laptop = await Device.open(product, { viewport: { width: 1280, height: 800 } });
    try {
      await addAuthenticator(laptop);
      const { page: other } = laptop;
      await other.goto('/sign-in');
      await other.getByRole('link', { name: 'Forgot your password?' }).click();
      await other.getByLabel('E-mail of your account').fill(EMAIL);
      await other.getByRole('button', { name: 'Send me a link' }).click();
      await expect(other.getByRole('heading', { name: 'Look into your mailbox' })).toBeFocused();
      const link = await linkFrom(mailServer, '/recover');
      await other.goto(link);
      await expectNoSecretInAddress(other);
      await other.getByRole('button', { name: 'Sign in' }).click();
      await expect(other.getByRole('heading', { name: 'You are in' })).toBeFocused();
      await other.getByRole('button', { name: 'Add a passkey' }).click();
      await expect(other.getByRole('heading', { name: 'Now', level: 1 })).toBeVisible();
      await laptop.untilSynced();

      // The link is used up, and the phone is signed out.
      await page.goto(link);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByText('This link was used before')).toBeVisible();
      await page.goto('/');
      await expect(page.getByTestId('connection')).not.toHaveText('Up to date');
    } finally {
      await laptop.close();
    }
  } finally {
    await phone.close();
    await product.close();
    await mailServer.close();
  }
});

test('C10 B4 changes the e-mail through the demo’s mails, takes the data along and deletes the account', async () => {
  const product = await startProduct();
  const phone = await Device.open(product);
  const desk = await Device.open(product);
  try {
    const { page } = phone;
    await phone.register('Ada Lovelace');
    await page.goto('/settings');
    await page.getByRole('button', { name: 'Change the e-mail' }).click();
    await page.getByLabel('New e-mail').fill('ada@elsewhere.example');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await expect(page.getByText('A link is on its way to ada@elsewhere.example')).toBeVisible();

    await desk.signIn('manager');
    await desk.page.goto('/settings');
    await desk.page.getByRole('link', { name: 'Mails of the demo' }).click();
    const link = desk.page.getByRole('link', { name: /verify-email/ }).first();
    await expect(desk.page.getByRole('heading', { name: 'Confirm your new e-mail' })).toBeVisible();
    const address = (await link.getAttribute('href')) ?? '';
    await page.goto(address);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await expect(page.getByText('ada@elsewhere.example is the address of your account.')).toBeVisible();
    await page.getByRole('link', { name: 'Go to Settings' }).click();
    await expect(page.getByText('Confirmed', { exact: true })).toBeVisible();

    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export my data' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/^undercroft-\d{4}-\d\d-\d\d\.json$/);
    const data = JSON.parse(await readFile(await download.path(), 'utf8')) as { account: { email: string } };
    expect(data.account.email).toBe('ada@elsewhere.example');

    await page.getByRole('button', { name: 'Delete my account' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete my account' }).click();
    await expect(page).toHaveURL(/sign-in/);
    await page.getByLabel('E-mail').fill('ada@elsewhere.example');
    await page.getByLabel('Password', { exact: true }).fill('a-password-long-enough');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByText('E-mail or password is wrong.')).toBeVisible();

    // The only manager of a building with others stays.
    await desk.page.goto('/settings');
    await desk.page.getByRole('button', { name: 'Delete my account' }).click();
    await desk.page.getByRole('dialog').getByRole('button', { name: 'Delete my account' }).click();
    await expect(desk.page.getByText('A site needs at least one manager.')).toBeVisible();
  } finally {
    await desk.close();
    await phone.close();
    await product.close();
  }
});
