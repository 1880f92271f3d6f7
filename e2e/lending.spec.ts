import { expect, test } from '@playwright/test';
import { useHouse } from './support/house';

const house = useHouse();

test('C1 lend now takes two taps from the start screen; a weekly rule made without signal is followed once there is', async () => {
  const phone = await house.open();
  await phone.signIn('resident-a');
  await phone.untilInstalled();
  const { page } = phone;
  await page.goto('/');
  await page.getByRole('button', { name: 'Lend A-01 now until…' }).click();
  await page.getByRole('dialog').getByRole('listitem').first().getByRole('button').click();
  await expect(page.getByText(/^A-01 is lent until/).first()).toBeVisible();
  await page.getByRole('button', { name: 'Take it back' }).click();
  await expect(page.getByText('Not lent now')).toBeVisible();
  await phone.untilSynced();

  // What the form needs is on the device already.
  await phone.offline(true);
  await page.getByRole('link', { name: 'My slots' }).first().click();
  await page.getByRole('link', { name: /Weekly rules/ }).click();
  await page.getByRole('button', { name: 'New weekly rule' }).click();
  await page.getByLabel('Saturday').check();
  await page.getByLabel('Sunday').check();
  await page.getByLabel('From', { exact: true }).fill('00:00');
  await page.getByLabel('Until', { exact: true }).fill('23:59');
  await expect(
    page
      .getByRole('list', { name: /What this rule lends/ })
      .getByRole('listitem')
      .first(),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Lend every week' }).click();
  await expect(page.getByText(/Every day, /)).toBeVisible();
  await expect(page.getByText('Others see these windows once this device has signal.')).toBeVisible();
  await phone.offline(false);
  await phone.untilSynced();
  await expect(page.getByText('Others see these windows')).toBeHidden();
  await page.goto('/slots');
  await expect(page.getByText('Lent now, until')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Show more of \d+ windows/ })).toBeVisible();

  await page.getByRole('button', { name: 'Take back what is free of A-01' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await expect(page.getByText('Not lent now: it is yours')).toBeVisible();
  await page.goto('/slots');
  await page.getByRole('link', { name: /Weekly rules/ }).click();
  await expect(page.getByRole('region', { name: 'Taken back by hand' })).toBeVisible();
  await page.getByRole('button', { name: /^Remove Every day/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove the rule' }).click();
  await expect(page.getByText('No weekly rule yet')).toBeVisible();
});

test('C1 a resident says which slot is theirs, with a photo; the manager approves, and removes it with a way back', async () => {
  const [phone, desk] = [await house.open(), await house.open()];
  await phone.register('Slot Owner');
  await phone.page.goto('/slots');
  await phone.page.getByRole('link', { name: 'A slot is mine' }).click();
  await phone.page.getByLabel('Label').fill('C-77');
  await phone.page.getByLabel('Note').fill('Flat 12');
  const picture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  await phone.page
    .getByLabel('Photo')
    .setInputFiles({ name: 'slot.png', mimeType: 'image/png', buffer: picture });
  await expect(phone.page.getByAltText('What is sent along')).toBeVisible();
  await phone.page.getByRole('button', { name: 'Ask the manager' }).click();
  await expect(phone.page.getByText('The manager has not decided yet')).toBeVisible();
  await phone.untilSynced();

  await desk.signIn('manager');
  await desk.page.goto('/building/slots');
  await expect(desk.page.getByAltText('Sent along by Slot Owner')).toBeVisible();
  await desk.page.getByRole('button', { name: 'Approve C-77 of Slot Owner' }).click();
  const deciding = desk.page.getByRole('dialog', { name: 'Give C-77 to Slot Owner?' });
  await deciding.getByRole('button', { name: 'Approve' }).click();
  await desk.untilSynced();
  await expect(phone.page.getByRole('heading', { name: 'C-77' })).toBeVisible();

  await desk.page.getByLabel('Find a slot').fill('C-77');
  await desk.page.getByRole('button', { name: 'Change C-77' }).click();
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Remove C-77' }).click();
  await desk.page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
  // What one had tapped is gone each time: a keyboard goes on where it was, not at the top bar.
  await expect(desk.page.getByRole('button', { name: 'Bring it back' })).toBeFocused();
  await desk.page.getByRole('button', { name: 'Bring it back' }).click();
  await expect(desk.page.getByRole('heading', { level: 1 })).toBeFocused();
  await desk.untilSynced();
  await expect(phone.page.getByRole('heading', { name: 'C-77' })).toBeVisible();
});
