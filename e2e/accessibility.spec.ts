import { expect, test, type Page } from '@playwright/test';
import { expectAccessible } from './support/accessibility';
import { useHouse } from './support/house';
import { expectMark, keep, reserve, reserveTomorrow } from './support/steps';

const house = useHouse();
// Many screens a test, each judged as a whole: more than the usual time on a slow machine.
test.beforeEach(() => test.setTimeout(180_000));

/** Comes there from another screen within the app that is open, as by a link: a start of the app for each takes longer. */
async function expectAccessibleAt(page: Page, path: string): Promise<void> {
  await page.evaluate((href) => {
    // The app gives the focus to the next screen's heading, which says that it stands: the one before had it from the app, too.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    const link = document.body.appendChild(Object.assign(document.createElement('a'), { href }));
    link.click();
    link.remove();
  }, path);
  await expect(page).toHaveURL(path);
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeFocused();
  await expectAccessible(page, path);
}

/** Opens the sheet of this button, checks it, and closes it by Escape. */
async function expectAccessibleSheet(page: Page, button: RegExp): Promise<void> {
  await page.getByRole('button', { name: button }).first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectAccessible(page, String(button));
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
}

test('C12 no screen of a resident has an accessibility violation, light or dark', async () => {
  const phone = await house.open();
  const { page } = phone;
  await page.goto('/sign-in');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expectAccessible(page, '/sign-in');
  for (const path of ['/register', '/unlock', '/recover', '/verify-email'])
    await expectAccessibleAt(page, path);
  await phone.register('Axe Resident');
  await reserve(page, 'A-05');
  await phone.untilSynced();
  const reservation = new URL(page.url()).pathname;
  const screens = [
    '/',
    '/find',
    '/reservations',
    reservation,
    `${reservation}/pass`,
    '/slots',
    '/credits',
    '/settings',
    '/settings/notifications',
    '/notices',
    '/unlock/approve',
    '/rules',
  ];
  for (const path of screens) await expectAccessibleAt(page, path);
  await page.goto('/nowhere');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expectAccessible(page, 'no screen');
  await page.goto('/find');
  await expectAccessibleSheet(page, /^Reserve A-/);
  await page.goto(reservation);
  await expectAccessibleSheet(page, /^Change$/);
});

test('C12 D4 no screen of the gate has an accessibility violation, light or dark', async () => {
  const gate = await house.open();
  const { page } = gate;
  await gate.signIn('guard');
  for (const path of ['/gate', '/gate/log', '/settings']) await expectAccessibleAt(page, path);
  await page.goto('/gate');
  await expectAccessibleSheet(page, /^Type a code/);
  await expectAccessibleSheet(page, /^Gate$/);
  await page.getByRole('button', { name: 'Type a code' }).first().click();
  await page.getByRole('dialog').getByRole('textbox').fill('ZZZZ-ZZZF');
  await page.keyboard.press('Enter');
  await expect(page.locator('dialog[data-result]')).toBeVisible();
  await expectAccessible(page, 'the result screen');
});

test('C12 C3 X3 neither has a kept slot, a change or the building’s rules, light or dark', async () => {
  const keeper = await house.open();
  const { page } = keeper;
  await keeper.register('Keeper');
  await keep(page, 'A-08');
  const kept = new URL(page.url()).pathname;
  await expect(page.getByText(/^Kept for you until/)).toBeVisible();
  for (const path of ['/', `${kept}/pass`, kept]) await expectAccessibleAt(page, path);
  await expectAccessibleSheet(page, /^Give it back/);

  const planner = await house.open();
  await planner.register('Planner');
  await reserveTomorrow(planner.page, 'A-10');
  await planner.untilSynced();
  await expectAccessibleSheet(planner.page, /^Change$/);

  const desk = await house.open();
  await desk.signIn('manager');
  await desk.page.goto('/rules');
  await desk.page.getByRole('button', { name: 'Change the rules' }).click();
  await expect(desk.page.getByRole('heading', { level: 1, name: 'Change the rules' })).toBeFocused();
  await expectAccessible(desk.page, 'the form of the rules');
  for (const path of ['/building/slots', '/building/map', '/keys']) await expectAccessibleAt(desk.page, path);
  await expectAccessibleSheet(desk.page, /^Make a new key$/);
});

test('C12 a reservation is made by keyboard alone', async () => {
  const desk = await house.open({ viewport: { width: 1280, height: 800 } });
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
