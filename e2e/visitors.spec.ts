import { expect, test, type Page } from '@playwright/test';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { expectAccessible } from './support/accessibility';
import { Device } from './support/device';
import { filmFakeCamera } from './support/fake-camera';
import { useHouse } from './support/house';
import { expectMark } from './support/steps';

const house = useHouse();
let folder: string;
/** Signed in once for all tests: a new browser and a sign-in take as long as a test's own steps. */
let resident: Device;
let gate: Device;
/** A phone that is signed in nowhere. */
let phone: Device;

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'undercroft-film-'));
  const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer } });
  const { product } = house;
  [resident, gate, phone] = await Promise.all([
    Device.open(product),
    Device.open(product),
    Device.open(product),
  ]);
  await Promise.all([resident.register('Vera Host'), gate.signIn('guard')]);
});
test.afterAll(async () => {
  for (const device of [resident, gate, phone]) await device.close();
  rmSync(folder, { recursive: true });
});

interface Guests {
  readonly names: readonly string[];
  readonly onPhoneOnly?: boolean;
}

/** On the form: fills who comes for the next two hours, the default. */
async function fillForm(page: Page, { names, onPhoneOnly = false }: Guests): Promise<void> {
  await page.goto('/visitors/new');
  for (const [index, name] of names.entries()) {
    if (index > 0) await page.getByRole('button', { name: 'Add a second visitor' }).click();
    await page.getByLabel('Name', { exact: true }).nth(index).fill(name);
    await page.getByLabel('Phone', { exact: true }).nth(index).fill('+48 600 100 200');
  }
  if (onPhoneOnly) await page.getByRole('radio', { name: 'Only on their phone' }).check();
}

/** Makes a pass and ends on its page; answers its link. */
async function issue(page: Page, guests: Guests): Promise<string> {
  await fillForm(page, guests);
  await page.getByRole('button', { name: 'Make the pass' }).click();
  await expect(page).toHaveURL(/\/visitors\/[0-9a-f-]{36}$/);
  return (await page.locator('[data-visitor-link]').getAttribute('data-visitor-link')) ?? '';
}

const pass = (page: Page, situation: string) => page.locator(`[data-link=${situation}]`);
const code = (page: Page) => page.locator('article svg[data-pass-text]');

async function revoke(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke it' }).click();
}

/** What the phone does when somebody looks at it again. */
async function lookAgain(page: Page): Promise<void> {
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
}

const narrow = { width: 320, height: 640 };
const usual = { width: 390, height: 844 };

// The first: later the resident has visitors. Its pass is revoked at the end: the week has room for five.
test('C12 D2 no screen of a visitor’s pass has an accessibility violation, light or dark, or scrolls sideways at 320 px', async () => {
  const { page } = resident;
  await page.setViewportSize(narrow);
  await phone.page.setViewportSize(narrow);
  await page.goto('/visitors');
  await expect(page.getByText('No visitors yet')).toBeVisible();
  await expectAccessible(page, 'no visitors');
  await page.goto('/visitors/new');
  await page.getByRole('radio', { name: 'Online' }).check();
  await page.getByRole('button', { name: 'Make the pass' }).click();
  await expectAccessible(page, 'the form with its errors');
  const long = `Wilhelmina-Alexandrina ${'Featherstonehaugh'.repeat(3)}`;
  const link = await issue(page, { names: [long, 'Bo'] });
  await expectMark(page, 'Confirmed');
  await expect(page.locator('svg[data-pass-text]')).toBeVisible();
  await expectAccessible(page, 'a pass');
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await expectAccessible(page, 'the question');
  await page.keyboard.press('Escape');
  await page.goto('/visitors');
  await expectAccessible(page, 'the list');
  await page.goto('/');
  await expectAccessible(page, 'Now');
  await phone.page.goto(link);
  await expect(code(phone.page)).toBeVisible();
  await expectAccessible(phone.page, 'the link');
  await phone.page.goto('/v#nothing');
  await expect(pass(phone.page, 'not_found')).toBeVisible();
  await expectAccessible(phone.page, 'a link of nothing');
  await page.goto('/visitors');
  await page.getByRole('link', { name: /^Wilhelmina/ }).click();
  await revoke(page);
  await expect(page.getByRole('main').getByText('Revoked', { exact: true })).toBeVisible();
  await page.setViewportSize(usual);
  await phone.page.setViewportSize(usual);
});

test('D2 K7 X7 a link opened once shows the pass without any signal, the gate reads it, and a revoked one is over for both', async () => {
  test.setTimeout(180_000);
  const link = await issue(resident.page, { names: ['Anna Nowak', 'Ben Li'] });
  await expectMark(resident.page, 'Confirmed');
  expect(new URL(link).pathname + new URL(link).search).toBe('/v');
  await expect(resident.page.getByText('Anna Nowak & Ben Li')).toBeVisible();

  await phone.page.goto(link);
  await expect(pass(phone.page, 'shown')).toContainText('Anna Nowak & Ben Li');
  await expect(code(phone.page)).toBeVisible();
  await expect(phone.page.getByRole('navigation')).toHaveCount(0);
  await expect(phone.page).toHaveURL(link);
  await phone.untilInstalled();
  await expect(phone.page.getByText('On this phone now')).toBeVisible();

  await gate.page.goto('/visitors');
  await expect(gate.page.getByText('Anna Nowak & Ben Li')).toBeVisible();
  await expect(gate.page.getByText(/for Vera Host/).first()).toBeVisible();
  await gate.untilInstalled();
  await gate.untilSynced();

  // Neither network nor server, and a cold start.
  await Promise.all([phone.quit(), gate.quit(), house.product.kill()]);
  await phone.launch();
  await phone.offline(true);
  await phone.page.goto(link);
  await expect(code(phone.page)).toBeVisible();
  await expect(phone.page.getByText(/^No signal:/)).toBeVisible();
  const film = join(folder, 'visitor.mjpeg');
  const png = await code(phone.page).screenshot({ scale: 'css' });
  await filmFakeCamera(film, [{ png, seconds: 3 }]);

  await gate.launch({ camera: film });
  await gate.offline(true);
  await gate.page.goto('/gate');
  const result = gate.page.locator('[data-result]').first();
  await expect(result).toHaveAttribute('data-result', /^valid/, { timeout: 30_000 });
  await expect(result).toContainText('Anna Nowak & Ben Li');

  await house.product.start();
  await Promise.all([gate.offline(false), phone.offline(false)]);
  await resident.page.reload();
  await resident.untilSynced();
  await revoke(resident.page);
  await expect(resident.page.getByRole('main').getByText('Revoked', { exact: true })).toBeVisible();
  await lookAgain(phone.page);
  await expect(pass(phone.page, 'revoked')).toBeVisible({ timeout: 30_000 });
  await expect(code(phone.page)).toHaveCount(0);
  // It stays so without signal.
  await phone.offline(true);
  await phone.page.reload();
  await expect(pass(phone.page, 'revoked')).toBeVisible();
  await phone.offline(false);
  await gate.untilSynced();
  await gate.page.reload();
  await expect(result).toHaveAttribute('data-result', 'revoked', { timeout: 30_000 });
});

test('D2 X1 a pass for one phone lives where it was taken first, until a new link frees it', async () => {
  const link = await issue(resident.page, { names: ['Cem Kaya'], onPhoneOnly: true });
  await expectMark(resident.page, 'Confirmed');
  await expect(resident.page.locator('svg[data-pass-text]')).toHaveCount(0);
  await expect(resident.page.getByText('On no phone yet')).toBeVisible();

  await phone.page.goto(link);
  await expect(pass(phone.page, 'to_take')).toBeVisible();
  await phone.page.getByRole('button', { name: 'Put it on this phone' }).click();
  await expect(pass(phone.page, 'shown')).toContainText(/New code in \d+ s/);
  await expect(code(phone.page)).toBeVisible();
  await phone.untilInstalled();
  await expect(resident.page.getByText(/^Taken on a phone/)).toBeVisible();

  const second = await house.open();
  await second.page.goto(link);
  await expect(pass(second.page, 'elsewhere')).toBeVisible();
  await expect(code(second.page)).toHaveCount(0);

  // Live without signal too, and another code after a reload.
  await phone.offline(true);
  const before = await code(phone.page).getAttribute('data-pass-text');
  await phone.page.reload();
  await expect(code(phone.page)).toBeVisible();
  expect(await code(phone.page).getAttribute('data-pass-text')).not.toBe(before);
  await phone.offline(false);

  await resident.page.getByRole('button', { name: 'New link' }).click();
  await resident.page.getByRole('dialog').getByRole('button', { name: 'Make a new link' }).click();
  await expect(resident.page.locator('[data-visitor-link]')).not.toHaveAttribute('data-visitor-link', link);
  await resident.untilSynced();
  const next = await resident.page.locator('[data-visitor-link]').getAttribute('data-visitor-link');
  await lookAgain(phone.page);
  await expect(pass(phone.page, 'not_found')).toBeVisible();
  // Only the fragment differs: the page notices by itself.
  await second.page.goto(next!);
  await second.page.getByRole('button', { name: 'Put it on this phone' }).click();
  await expect(pass(second.page, 'shown')).toBeVisible();
});

test('D2 K3 what is wrong is said at its field, nobody is expected twice, and a pass made without signal waits', async () => {
  const { page } = resident;
  await page.goto('/visitors');
  await page.getByRole('link', { name: 'New pass' }).click();
  await page.getByRole('button', { name: 'Make the pass' }).click();
  await expect(page.getByText('Give a name the guard can ask for.')).toBeVisible();
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  await page.getByRole('radio', { name: 'Online' }).check();
  await expect(page.getByText('Give the payment’s reference, so that it can be found again.')).toBeVisible();

  await issue(page, { names: ['Dana Ito'] });
  await resident.untilSynced();
  await fillForm(page, { names: ['dana  ito'] });
  await page.getByRole('button', { name: 'Make the pass' }).click();
  await expect(
    page.getByText('Somebody with this name and phone number is already expected at that time.'),
  ).toBeVisible();

  // What only the server knows is refused later, in the same words.
  const neighbour = await house.open();
  await neighbour.signIn('resident-b');
  await fillForm(neighbour.page, { names: ['Dana Ito'] });
  await neighbour.page.getByRole('button', { name: 'Make the pass' }).click();
  await expectMark(neighbour.page, 'Refused');
  await expect(neighbour.page.getByText(/already expected at that time/)).toBeVisible();

  await fillForm(page, { names: ['Eve Okafor'] });
  await resident.offline(true);
  await page.getByRole('button', { name: 'Make the pass' }).click();
  await expectMark(page, 'Waiting');
  const link = await page.locator('[data-visitor-link]').getAttribute('data-visitor-link');
  await resident.offline(false);
  await expectMark(page, 'Confirmed');
  await phone.page.goto(link!);
  await expect(pass(phone.page, 'shown')).toContainText('Eve Okafor');
});

test('D2 D3 a pass is saved as a picture that can be read, printed on one page without the screen around it, and revoked by a guard', async () => {
  const { page } = resident;
  await issue(page, { names: ['Gül Arslan'] });
  const text = await page.locator('svg[data-pass-text]').getAttribute('data-pass-text');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save picture' }).click();
  const picture = readFileSync(await (await download).path());
  expect(picture.subarray(1, 4).toString()).toBe('PNG');
  // The gate's own decoder; that the gate takes what is read, the film above has shown.
  const read = await readBarcodes(new Uint8Array(picture), { formats: ['QRCode'] });
  expect(read.map((found) => found.text)).toEqual([text]);

  await page.emulateMedia({ media: 'print' });
  await expect(page.getByText('Undercroft Demo').filter({ visible: true })).toHaveCount(1);
  await expect(page.getByRole('navigation')).toBeHidden();
  await expect(page.getByRole('button').filter({ visible: true })).toHaveCount(0);
  await expect(page.getByText(/^\w{3}, \d+ \w+ \d{4}, /)).toBeVisible();
  const pdf = await page.pdf({ format: 'A4' });
  expect(pdf.toString('latin1').match(/\/Type *\/Page[^s]/g)).toHaveLength(1);
  await page.emulateMedia({ media: null });

  await gate.page.goto('/visitors');
  await gate.page.getByRole('button', { name: 'Revoke the pass of Gül Arslan' }).click();
  await gate.page.getByRole('dialog').getByRole('button', { name: 'Revoke it' }).click();
  await expect(gate.page.getByText('Gül Arslan')).toHaveCount(0);
  await expect(page.getByRole('main').getByText('Revoked', { exact: true })).toBeVisible();
});

test('D2 a link that opens nothing says so, and one that was never opened says what it needs', async () => {
  const { page } = phone;
  for (const token of ['x', 'A'.repeat(43), '']) {
    await page.goto(`/v#${token}`);
    await expect(pass(page, 'not_found')).toContainText('This link opens nothing');
  }
  await phone.untilInstalled();
  await phone.offline(true);
  await page.goto(`/v#${'B'.repeat(43)}`);
  await expect(pass(page, 'needs_signal')).toContainText('This needs signal once');
  await phone.offline(false);
});
