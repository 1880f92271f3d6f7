import { execFileSync } from 'node:child_process';
import { expect, test } from '@playwright/test';
import { addAuthenticator } from './support/authenticator';
import { Device } from './support/device';
import { startProduct } from './support/product';

const OPERATOR = 'operator@example.test';

test('E2 the command line makes who runs the installation, who makes a site and comes back by passkey', async () => {
  const product = await startProduct({ DEMO: '1' });
  // The embedded database is one process's at a time.
  await product.kill();
  const said = execFileSync(
    process.execPath,
    ['--import', 'tsx', 'server/tools/admin.ts', 'create', OPERATOR],
    {
      env: { ...process.env, DATA_DIR: product.dataDir, ORIGIN: product.origin, LOG_LEVEL: 'warn' },
      encoding: 'utf8',
    },
  );
  await product.start();
  const device = await Device.open(product);
  const { page } = device;
  try {
    await addAuthenticator(device);
    await page.goto(/http\S+\/recover#\S+/.exec(said)![0]);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Run the installation' }).click();
    await expect(page.getByText('Undercroft Demo')).toBeVisible();
    await expect(page.getByText('Alma Reuter')).toHaveCount(0);

    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await expect(page.getByRole('button', { name: /^Change / })).toHaveCount(1);
    await page.getByRole('button', { name: 'Make a site' }).click();
    await page.getByLabel('Name of the site').fill('Harbour Court');
    await page.getByLabel('E-mail of its manager').fill('hanna@example.test');
    await page.getByRole('button', { name: 'Make the site' }).click();
    await expect(page.getByText('Harbour Court is made, and its manager is invited.')).toBeVisible();
    await expect(page.getByText(/Its manager is invited until/)).toBeVisible();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/sign-in/);
    // This authenticator answers the e-mail field's suggestion by itself.
    await page.getByRole('link', { name: 'Run the installation' }).click();
    await expect(page.getByText('Harbour Court')).toBeVisible();
  } finally {
    await device.close();
    await product.close();
  }
});
