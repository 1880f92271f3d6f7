import { expect, test } from '@playwright/test';
import { expectAccessible } from './support/accessibility';
import { useHouse } from './support/house';

const house = useHouse();

test('C4 X7 a resident types when, filters, looks at day and map, and reserves from the map with the keyboard, offline too', async () => {
  const phone = await house.open();
  await phone.register('Map Reader');
  await phone.untilInstalled();
  const { page } = phone;
  await page.goto('/find');
  await page.getByRole('radio', { name: 'Pick times' }).check();
  await page.getByLabel('Type it').fill('tomorrow 9 to 17:30');
  await expect(page.getByText('Tomorrow, 09:00 – 17:30')).toBeVisible();
  await expect(page.getByLabel('From', { exact: true })).toHaveValue(/T09:00$/);
  // By thumb, in quarters of an hour: the fields close, as nobody types any more.
  const ends = page.getByRole('slider', { name: 'Ends' });
  await ends.press('ArrowLeft');
  await expect(ends).toHaveAttribute('aria-valuetext', 'Tomorrow, 17:15');
  await expect(page.getByLabel('From', { exact: true })).toHaveCount(0);
  await page.getByRole('button', { name: 'A day later' }).click();
  await expect(page.getByText(/, 09:00 – 17:15$/)).toBeVisible();

  // From here on there is no signal: all of it is on the device.
  await phone.offline(true);
  const all = await page.getByRole('button', { name: /^Reserve A-/ }).count();
  await page.getByRole('button', { name: 'Charger' }).click();
  await expect(page.getByLabel('Kind')).toHaveValue('charger');
  expect(await page.getByRole('button', { name: /^Reserve A-/ }).count()).toBeLessThan(all);
  await page.getByRole('button', { name: 'Any slot' }).click();
  await page.getByRole('radio', { name: 'Day' }).check();
  await expect(page.getByRole('button', { name: /^A-05\. Free from .* Reserve$/ })).toBeVisible();
  await expectAccessible(page, 'the day’s timeline');
  await page.getByRole('radio', { name: 'Map' }).check();
  const map = page.getByRole('group', { name: /^Map of level/ });
  const first = map.getByRole('button').first();
  await first.focus();
  // The first two are those of residents who do not lend theirs.
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(first).not.toBeFocused();
  await page.keyboard.press('Enter');
  const chosen = map.getByRole('button', { pressed: true });
  await expectAccessible(page, 'the floor map');
  await expect(chosen).toBeFocused();
  const label = ((await chosen.getAttribute('aria-label')) ?? '').split(',')[0]!;
  await expect(chosen).toHaveAttribute('aria-label', /Free .*, 3 credits to /);
  await page.getByRole('button', { name: `Reserve ${label}` }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Reserve ${label}` })
    .click();
  await expect(page).toHaveURL(/\/reservations\//);
  await expect(page.getByRole('main').getByText('Waiting', { exact: true }).first()).toBeVisible();
  // Back at Find everything stands as it was left.
  await page.goBack();
  await expect(page.getByRole('radio', { name: 'Map' })).toBeChecked();
  await expect(page.getByText(/, 09:00 – 17:15$/)).toBeVisible();
});

test('C4 a manager drags a slot on the map, takes it back, moves it by keys and saves; a resident’s map follows', async () => {
  const desk = await house.open();
  const phone = await house.open();
  await desk.signIn('manager');
  await phone.register('Map Follower');
  await phone.page.goto('/find');
  await phone.page.getByRole('radio', { name: 'Map' }).check();
  const whereFor = async (): Promise<string> => {
    const place = phone.page
      .getByRole('group', { name: /^Map of level/ })
      .getByRole('button', { name: /^A-01,/ });
    return (await place.locator('rect').first().getAttribute('x')) ?? '';
  };
  const before = await whereFor();

  const { page } = desk;
  await page.goto('/settings');
  await page.getByRole('link', { name: /^Map of the slots/ }).click();
  const slot = page.getByRole('button', { name: 'A-01', exact: true });
  const middle = async (): Promise<{ x: number; y: number }> => {
    const { x, y, width, height } = (await slot.boundingBox())!;
    return { x: x + width / 2, y: y + height / 2 };
  };
  const from = await middle();
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + 40, from.y + 250, { steps: 5 });
  await page.mouse.up();
  const to = await middle();
  expect(Math.abs(to.x - from.x - 40)).toBeLessThan(4);
  expect(Math.abs(to.y - from.y - 250)).toBeLessThan(4);
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('button', { name: 'Undo' })).toBeDisabled();
  await expect(page.getByRole('button', { name: 'Save', exact: true })).toBeDisabled();
  await page.getByRole('button', { name: 'Redo' }).click();
  await slot.focus();
  await page.keyboard.press('Shift+ArrowRight');
  // What is not saved is not lost by a slip of the thumb.
  await page.getByRole('link', { name: 'Settings' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stay' }).click();
  await expectAccessible(page, 'the map’s editor');
  await page.getByRole('button', { name: /^Save \d+ places$/ }).click();
  await desk.untilSynced();
  await expect(page.getByText('Everybody sees the new map under Find.')).toBeVisible();
  await expect.poll(whereFor).not.toBe(before);
});
