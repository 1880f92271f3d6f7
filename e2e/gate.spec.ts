import { expect, test } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Device } from './support/device';
import { filmFakeCamera } from './support/fake-camera';
import { useHouse } from './support/house';
import { expectMark, reserve } from './support/steps';

const house = useHouse();
let folder: string;

test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'undercroft-film-'));
});
test.afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function open(account: 'resident-a' | 'guard' | 'manager'): Promise<Device> {
  const device = await house.open();
  await device.signIn(account);
  await device.untilInstalled();
  return device;
}

test('K7 K8 X1 D4 a pass shown cold and offline is read by an offline guard, a replay is caught, the scan arrives later', async () => {
  test.setTimeout(180_000);
  const phone = await open('resident-a');
  const gate = await open('guard');
  await gate.page.goto('/gate');
  await reserve(phone.page, 'A-05');
  await phone.untilSynced();
  await expectMark(phone.page, 'Confirmed');
  const passPath = `${new URL(phone.page.url()).pathname}/pass`;
  // The poke has brought the pass, and with it a status list that is long enough to tell of it.
  await expect(gate.page.getByRole('radio', { name: 'Today (1)' })).toBeVisible();
  // The scanner's code and wasm come with the installation: nothing is fetched later.
  await gate.untilSynced();
  await phone.quit();
  await gate.quit();
  await house.product.kill();

  await phone.launch();
  await phone.offline(true);
  await phone.page.goto(passPath);
  const code = phone.page.locator('[data-pass=live] svg[data-pass-text]');
  await expect(code).toBeVisible();
  // What the resident's screen shows, as a picture: the guard's camera sees nothing else.
  const png = await code.screenshot({ scale: 'css' });
  const film = join(folder, 'resident.mjpeg');
  await filmFakeCamera(film, [{ png, seconds: 3 }]);

  await gate.launch({ camera: film });
  await gate.offline(true);
  await gate.page.goto('/gate');
  const result = gate.page.locator('dialog[data-result]');
  await expect(result).toHaveAttribute('data-result', 'valid', { timeout: 30_000 });
  await expect(result).toContainText('A-05');

  // The same picture again, as somebody would hold up a photo of it.
  await gate.page.reload();
  await expect(result).toHaveAttribute('data-result', 'replay', { timeout: 30_000 });
  await result.getByRole('button', { name: 'Next' }).click();
  await gate.page.goto('/gate/log');
  await expect(gate.page.locator('[data-scan][data-state=unsent]')).toHaveCount(2);

  await house.product.start();
  await gate.offline(false);
  await gate.untilSynced();
  await expect(gate.page.locator('[data-scan][data-state=on_server]')).toHaveCount(2);
  const manager = await open('manager');
  await manager.page.goto('/gate/log');
  await expect(manager.page.locator('[data-scan]')).toHaveCount(2);
});

test('D4 X7 a typed code finds the pass offline, an unknown one says so, and no camera is no dead end', async () => {
  const phone = await house.open();
  await phone.register('Typed Resident');
  await reserve(phone.page, 'A-08');
  await phone.untilSynced();
  await phone.page.goto(`${new URL(phone.page.url()).pathname}/pass`);
  const typed = await phone.page.locator('.typed strong').innerText();

  const gate = await open('guard');
  await gate.page.goto('/gate');
  await gate.untilSynced();
  await gate.offline(true);
  for (const [code, expected] of [
    [typed.toLowerCase(), 'valid_provisional'],
    ['ZZZZ-ZZZF', 'not_found'],
  ] as const) {
    await gate.page.getByRole('button', { name: 'Type a code' }).first().click();
    await gate.page.getByRole('dialog').getByRole('textbox').fill(code);
    await gate.page.keyboard.press('Enter');
    const result = gate.page.locator('dialog[data-result]');
    await expect(result).toHaveAttribute('data-result', expected);
    await expect(result).toContainText('Checked against');
    const next = result.getByRole('button', { name: 'Next' });
    await expect(next).toBeFocused();
    await next.click();
  }
});

test('D1 a resident who opens the gate is told, and sees nothing of it', async () => {
  const phone = await open('resident-a');
  await phone.page.goto('/gate');
  await expect(phone.page.getByText('Your role at this site does not allow that.')).toBeVisible();
  await expect(phone.page.locator('video')).toHaveCount(0);
});
