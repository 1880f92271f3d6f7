import { expect, test } from '@playwright/test';
import { Device } from './support/device';
import { startProduct } from './support/product';
import { reserve } from './support/steps';

test('K4 B3 another device sees a reservation within two seconds, untouched', async () => {
  const product = await startProduct();
  const one = await Device.open(product);
  const other = await Device.open(product);
  try {
    await one.signIn('resident-a');
    await other.signIn('resident-b');
    await other.page.goto('/find');
    const offer = other.page.getByRole('button', { name: 'Reserve A-05' });
    await expect(offer).toBeVisible();
    await reserve(one.page, 'A-05');
    await expect(offer).toBeHidden({ timeout: 2000 });
  } finally {
    await one.close();
    await other.close();
    await product.close();
  }
});
