import { expect, test } from '@playwright/test';
import type { Device } from './support/device';
import { useHouse } from './support/house';
import { expectMark, reserve, reserveTomorrow } from './support/steps';

const house = useHouse();

async function registered(name: string): Promise<Device> {
  const device = await house.open();
  await device.register(name);
  return device;
}

/** The typed code on the pass of the reservation whose page is open; ends on that page again. */
async function passCode({ page }: Device): Promise<string> {
  await page.getByRole('link', { name: 'Show pass' }).click();
  await expect(page.locator('[data-pass=live] svg[data-pass-text]')).toBeVisible();
  const code = await page.locator('.typed strong').innerText();
  await page.getByRole('link', { name: 'Close the pass' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  return code;
}

test('C3 K3 a running reservation is extended with two taps, waits without signal, and is confirmed with a new pass', async () => {
  const phone = await registered('Late Leaver');
  const { page } = phone;
  await reserve(page, 'A-05');
  await phone.untilSynced();
  const before = await passCode(phone);
  await expect(page.getByText('2 hrs', { exact: true })).toBeVisible();

  await phone.offline(true);
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const sheet = page.getByRole('dialog');
  await expect(sheet.getByRole('button', { name: 'Nothing changed yet' })).toBeDisabled();
  await sheet.getByRole('button', { name: '+30 min' }).click();
  await sheet.getByRole('button', { name: /^Extend to/ }).click();
  await expect(page.getByText('Waiting to change')).toBeVisible();
  // The sheet says the same length while it slides away.
  await expect(sheet).toBeHidden();
  await expect(page.getByText('2 hrs 30 mins', { exact: true })).toBeVisible();
  // What the guard reads meanwhile is what was agreed before.
  expect(await passCode(phone)).toBe(before);

  await phone.offline(false);
  await phone.untilSynced();
  await expectMark(page, 'Confirmed');
  await expect(page.getByText('2 hrs 30 mins', { exact: true })).toBeVisible();
  expect(await passCode(phone)).not.toBe(before);
});

test('C3 a running reservation is ended at once and its slot is free for others', async () => {
  const phone = await registered('Early Leaver');
  const other = await registered('Next Driver');
  await reserve(phone.page, 'A-09');
  await phone.untilSynced();
  await other.page.goto('/find');
  const later = other.page.getByRole('button', { name: /^From .+ A-09$/ });
  await expect(later).toBeVisible();
  const before = await later.innerText();
  await phone.page.getByRole('button', { name: 'Change', exact: true }).click();
  const sheet = phone.page.getByRole('dialog');
  await sheet.getByRole('button', { name: 'End now' }).click();
  const confirm = sheet.getByRole('button', { name: /^End at/ });
  const end = (await confirm.innerText()).replace('End at ', '');
  await confirm.click();
  await phone.untilSynced();
  await expect(phone.page.getByText(/^([12] mins? left|Ended)$/)).toBeVisible();
  // The end is a full minute, at most 75 s away: it may have come by now.
  expect(before).not.toContain(end);
  const free = other.page.getByRole('button', { name: new RegExp(`^(From ${end}|Reserve) A-09$`) });
  await expect(free).toBeVisible();
});

test('C3 A4 C5 one ahead moves to another owner’s slot, what stands against it is said before, with a free slot in one tap', async () => {
  const first = await registered('First Driver');
  await reserveTomorrow(first.page, 'A-06');
  await first.untilSynced();
  const phone = await registered('Second Driver');
  const { page } = phone;
  await reserveTomorrow(page, 'A-07');
  await phone.untilSynced();

  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const sheet = page.getByRole('dialog');
  const slot = sheet.getByLabel('Slot');
  await expect(slot.getByRole('option', { name: /^A-06/ })).toHaveCount(0);
  await slot.selectOption({ label: 'A-03, Level -1 · Car' });
  await expect(sheet.getByText('3 credits to Ines Fuchs instead of 3 credits to the building')).toBeVisible();
  await sheet.getByRole('button', { name: 'Move to A-03' }).click();
  await phone.untilSynced();
  await expectMark(page, 'Confirmed');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('A-03');
  // Exact: the sheet that closes says the same with "as agreed".
  await expect(page.getByText('3 credits to Ines Fuchs', { exact: true })).toBeVisible();

  // Then the first extends over nobody, but not beyond what the second has.
  await first.page.goto('/reservations');
  await first.page.getByRole('link', { name: /A-06/ }).click();
  await first.page.getByRole('button', { name: 'Change', exact: true }).click();
  const others = first.page.getByRole('dialog');
  await expect(others.getByLabel('Slot').getByRole('option', { name: /^A-03/ })).toHaveCount(0);
  await expect(others.getByLabel('Slot').getByRole('option', { name: /^A-07/ })).toHaveCount(1);
});

test('K3 A4 two want the same time: the change that comes later is refused, keeps what it had, and moves in one tap', async () => {
  const one = await registered('Quick Driver');
  const other = await registered('Slow Driver');
  await reserveTomorrow(one.page, 'A-08');
  await one.untilSynced();
  await reserveTomorrow(other.page, 'A-10');
  await other.untilSynced();
  await other.offline(true);
  await one.page.getByRole('button', { name: 'Change', exact: true }).click();
  await one.page.getByRole('dialog').getByLabel('Slot').selectOption({ label: 'A-09, Level -2 · Small car' });
  await one.page.getByRole('dialog').getByRole('button', { name: 'Move to A-09' }).click();
  await one.untilSynced();

  await other.page.getByRole('button', { name: 'Change', exact: true }).click();
  await other.page
    .getByRole('dialog')
    .getByLabel('Slot')
    .selectOption({ label: 'A-09, Level -2 · Small car' });
  await other.page.getByRole('dialog').getByRole('button', { name: 'Move to A-09' }).click();
  await expect(other.page.getByText('Waiting to change')).toBeVisible();
  await other.offline(false);
  await expectMark(other.page, 'Refused');
  await expect(other.page.getByRole('heading', { level: 1 })).toHaveText('A-10');
  await expectMark(other.page, 'Confirmed');
  const alternative = other.page.getByRole('button', { name: /^Move to A-/ }).first();
  const label = (await alternative.innerText()).match(/A-\d\d/)?.[0] ?? '';
  await alternative.click();
  await other.untilSynced();
  await expect(other.page.getByRole('heading', { level: 1 })).toHaveText(label);
});
