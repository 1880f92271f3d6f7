import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { Device } from './support/device';
import { startProduct, type Product } from './support/product';
import { expectMark, keep, reserve, reserveTomorrow } from './support/steps';

let product: Product;
// Many screens a test, each judged as a whole: more than the usual time on a slow machine.
test.beforeEach(() => test.setTimeout(180_000));
test.beforeAll(async () => {
  product = await startProduct();
});
test.afterAll(async () => {
  await product.close();
});

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** What a theme can break; everything else is the same in both, and was judged in the light one. */
const OF_COLOUR = ['color-contrast', 'link-in-text-block'];

async function expectNoViolation(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
  await expectSound(page, path);
}

/** What is on the screen now, a sheet or a result included. */
async function expectSound(page: Page, name: string): Promise<void> {
  const isDark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
  const axe = new AxeBuilder({ page });
  const { violations } = await (isDark ? axe.withRules(OF_COLOUR) : axe.withTags(WCAG)).analyze();
  expect(
    violations.map(({ id, nodes }) => `${name}: ${id} ${nodes.map(({ html }) => html).join(' ')}`),
  ).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
}

/** Opens the sheet of this button, checks it, and closes it by Escape. */
async function expectSoundSheet(page: Page, button: RegExp): Promise<void> {
  await page.getByRole('button', { name: button }).first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  // While it slides in it is half transparent, and axe would judge those colours.
  await page.waitForFunction(() => document.getAnimations().length === 0);
  await expectSound(page, String(button));
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`C12 no screen has an accessibility violation, ${colorScheme}`, async () => {
    const phone = await Device.open(product, { colorScheme });
    const gate = await Device.open(product, { colorScheme });
    try {
      for (const path of ['/sign-in', '/register', '/unlock', '/recover', '/verify-email'])
        await expectNoViolation(phone.page, path);
      await phone.register(`Axe ${colorScheme}`);
      await reserve(phone.page, colorScheme === 'light' ? 'A-05' : 'A-06');
      await phone.untilSynced();
      const reservation = new URL(phone.page.url()).pathname;
      const screens = [
        '/',
        '/find',
        '/reservations',
        reservation,
        `${reservation}/pass`,
        '/slots',
        '/credits',
        '/settings',
        '/unlock/approve',
        '/rules',
        '/nowhere',
      ];
      for (const path of screens) await expectNoViolation(phone.page, path);
      await phone.page.goto('/find');
      await expectSoundSheet(phone.page, /^Reserve A-/);
      await phone.page.goto(reservation);
      await expectSoundSheet(phone.page, /^Change$/);
      await gate.signIn('guard');
      for (const path of ['/gate', '/gate/log', '/settings']) await expectNoViolation(gate.page, path);
      await gate.page.goto('/gate');
      await expectSoundSheet(gate.page, /^Type a code/);
      await expectSoundSheet(gate.page, /^Gate$/);
      await gate.page.getByRole('button', { name: 'Type a code' }).first().click();
      await gate.page.getByRole('dialog').getByRole('textbox').fill('ZZZZ-ZZZF');
      await gate.page.keyboard.press('Enter');
      await expect(gate.page.locator('dialog[data-result]')).toBeVisible();
      await expectSound(gate.page, 'the result screen');
    } finally {
      await phone.close();
      await gate.close();
    }
  });

  test(`C12 C3 X3 neither has a kept slot, a change or the building’s rules, ${colorScheme}`, async () => {
    const keeper = await Device.open(product, { colorScheme });
    const planner = await Device.open(product, { colorScheme });
    const desk = await Device.open(product, { colorScheme });
    try {
      await keeper.register(`Keeper ${colorScheme}`);
      await keep(keeper.page, colorScheme === 'light' ? 'A-08' : 'A-09');
      const kept = new URL(keeper.page.url()).pathname;
      await expect(keeper.page.getByText(/^Kept for you until/)).toBeVisible();
      for (const path of ['/', `${kept}/pass`, kept]) await expectNoViolation(keeper.page, path);
      await expectSoundSheet(keeper.page, /^Give it back/);
      await planner.register(`Planner ${colorScheme}`);
      await reserveTomorrow(planner.page, colorScheme === 'light' ? 'A-10' : 'A-04');
      await planner.untilSynced();
      await expectSoundSheet(planner.page, /^Change$/);
      await desk.signIn('manager');
      await desk.page.goto('/rules');
      await desk.page.getByRole('button', { name: 'Change the rules' }).click();
      await expect(desk.page.getByRole('heading', { level: 1, name: 'Change the rules' })).toBeFocused();
      await expectSound(desk.page, 'the form of the rules');
      await expectNoViolation(desk.page, '/keys');
      await expectSoundSheet(desk.page, /^Make a new key$/);
    } finally {
      for (const device of [keeper, planner, desk]) await device.close();
    }
  });
}

test('C12 a reservation is made by keyboard alone', async () => {
  const desk = await Device.open(product, { viewport: { width: 1280, height: 800 } });
  try {
    await desk.register('Keyboard Resident');
    const { page } = desk;
    await page.goto('/find');
    await expect(page.getByRole('button', { name: 'Reserve A-07' })).toBeVisible();
    await tabTo(page, 'Reserve A-07');
    await page.keyboard.press('Enter');
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Reserve A-07' });
    await expect(confirm).toBeVisible();
    await tabTo(page, 'Reserve A-07');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/reservations\//);
    await expectMark(page, 'Confirmed');
  } finally {
    await desk.close();
  }
});

/** Presses Tab until the element with this accessible name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute('aria-label') ?? element?.textContent.trim() ?? '';
    });
    if (focused === name) return;
  }
  throw new Error(`${name} cannot be reached by keyboard`);
}
