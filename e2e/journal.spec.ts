import { expect, test } from '@playwright/test';
import type { Device } from './support/device';
import { useHouse } from './support/house';
import { giveCamera, holdUp } from './support/screen-camera';
import { reserve } from './support/steps';

const house = useHouse();

/** A guard's phone that knows the pass and has lost its signal. */
async function apart(account: 'guard' | 'manager', name: string, gate: number): Promise<Device> {
  const device = await house.open();
  await giveCamera(device.context);
  await device.signIn(account);
  await device.page.goto('/gate');
  await device.page.getByRole('radio', { name: /^Today/ }).check();
  await expect(device.page.getByText(name)).toBeVisible();
  await device.page.getByRole('radio', { name: 'Scan' }).check();
  await device.page.getByRole('button', { name: 'Gate', exact: true }).click();
  await device.page.getByLabel('Number of the gate you stand at').selectOption(String(gate));
  await device.page.getByRole('button', { name: 'Done' }).click();
  await device.untilSynced();
  await device.offline(true);
  return device;
}

async function letIn({ page }: Device, code: string): Promise<void> {
  await holdUp(page, code);
  const result = page.locator('dialog[data-result]');
  await expect(result).toHaveAttribute('data-result', 'valid', { timeout: 30_000 });
  await result.getByRole('button', { name: 'Next' }).click();
  await holdUp(page, null);
}

test('X8 D4 two gates without signal let the same pass in: one incident, seen at both and closed by the manager', async () => {
  test.setTimeout(150_000);
  const phone = await house.open();
  await phone.register('Dora Double');
  await reserve(phone.page, 'A-05');
  await phone.untilSynced();
  await phone.page.goto(`${new URL(phone.page.url()).pathname}/pass`);
  const shown = phone.page.locator('[data-pass=live] svg[data-pass-text]');
  await expect(shown).toBeVisible();
  const north = await apart('guard', 'Dora Double', 1);
  const south = await apart('manager', 'Dora Double', 2);

  // A friend films the code while it is fresh: each gate by itself can only find it good.
  await phone.page.reload();
  await expect(shown).toBeVisible();
  const code = (await shown.getAttribute('data-pass-text'))!;
  await letIn(north, code);
  await letIn(south, code);

  // The later scan is the first that the server hears of.
  await south.offline(false);
  await south.untilSynced();
  await south.page.goto('/gate/log');
  await expect(south.page.locator('[data-scan]')).toHaveCount(1);
  await expect(south.page.locator('[data-incident]')).toHaveCount(0);
  await north.offline(false);
  await north.untilSynced();

  for (const device of [north, south]) {
    await device.page.goto('/gate/log');
    const incident = device.page.locator('[data-incident][data-kind=double_use]');
    await expect(incident).toHaveCount(1);
    await expect(incident).toHaveAttribute('data-open', 'true');
    await expect(incident).toContainText('gate 1');
    await expect(incident).toContainText('gate 2');
    // No record was rewritten: both gates did let somebody in.
    await expect(device.page.locator('[data-scan]')).toHaveCount(2);
  }
  await expect(north.page.getByRole('button', { name: 'Close…' })).toHaveCount(0);

  await south.page.getByRole('button', { name: 'Close…' }).click();
  const sheet = south.page.getByRole('dialog');
  await sheet.getByRole('textbox').fill('Spoke to Dora: her friend had a photo of the code.');
  await sheet
    .getByRole('button', { name: /^Close/ })
    .last()
    .click();
  await north.page.getByRole('radio', { name: 'Incidents' }).check();
  await expect(north.page.locator('[data-incident][data-open=false]')).toContainText(
    'her friend had a photo',
  );
});
