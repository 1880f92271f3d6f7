import { expect, test, type Page } from '@playwright/test';
import type { Device } from './support/device';
import { useHouse } from './support/house';
import { chooseTomorrow, expectMark, reserveTomorrow } from './support/steps';

const house = useHouse();

async function registered(name: string): Promise<Device> {
  const device = await house.open();
  await device.register(name);
  await device.untilInstalled();
  return device;
}

/** Cancels the reservation whose page is open. */
async function cancel({ page }: Device): Promise<void> {
  await page.getByRole('button', { name: /^Cancel/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel it' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
}

/** On Find: tomorrow, slots with a charger only, of which the demo has one. */
async function lookForCharger(page: Page): Promise<void> {
  await page.goto('/find');
  await chooseTomorrow(page);
  await page.getByRole('button', { name: 'Charger' }).click();
}

test('E8 K3 from offline: in line where nothing is free, and the slot is taken for me when it gets free', async () => {
  const holder = await registered('Holds The Charger');
  await reserveTomorrow(holder.page, 'A-08');
  await holder.untilSynced();
  const waiter = await registered('Waits Patiently');

  await waiter.offline(true);
  await lookForCharger(waiter.page);
  await waiter.page.getByRole('button', { name: 'Wait for a slot' }).click();
  const sheet = waiter.page.getByRole('dialog', { name: 'Wait for a slot' });
  await expect(sheet.getByText('3 credits')).toBeVisible();
  await expect(sheet.getByRole('checkbox', { name: 'With charger' })).toBeChecked();
  await sheet.getByRole('radio', { name: 'Take it for me' }).check();
  await sheet.getByRole('button', { name: 'Wait, and take it for me' }).click();
  await waiter.page.goto('/reservations');
  await expect(waiter.page.getByText('Waiting to be sent')).toBeVisible();
  await waiter.offline(false);
  await waiter.untilSynced();
  await expect(waiter.page.getByText('In line', { exact: true })).toBeVisible();
  await expect(waiter.page.getByText('With charger · taken for you')).toBeVisible();

  await cancel(holder);
  await holder.untilSynced();
  await waiter.page.goto('/');
  await expect(waiter.page.getByRole('heading', { name: 'A-08' })).toBeVisible();
  await expectMark(waiter.page, 'Confirmed');
  await waiter.page.getByRole('link', { name: 'Show pass' }).click();
  await expect(waiter.page.locator('[data-pass=live] svg[data-pass-text]')).toBeVisible();
});

test('E8 A4 the loser of a conflict waits in one tap, is offered the slot, and takes it before its time runs out', async () => {
  const [winner, loser] = [await registered('Was Quicker'), await registered('Was Slower')];
  await winner.offline(true);
  await loser.offline(true);
  await reserveTomorrow(winner.page, 'A-10');
  await reserveTomorrow(loser.page, 'A-10');
  await winner.offline(false);
  await winner.untilSynced();
  await loser.offline(false);
  await expectMark(loser.page, 'Refused');
  await loser.page.getByRole('button', { name: 'Wait in line for this time' }).click();
  await expect(loser.page).toHaveURL(/\/reservations$/);
  await expect(loser.page.getByText('In line', { exact: true })).toBeVisible();

  await cancel(winner);
  const offer = loser.page.getByRole('region', { name: 'A-10' });
  await expect(offer.getByText('Got free, kept for you')).toBeVisible();
  await expect(offer.getByText(/^\d:\d\d$/)).toBeVisible();

  // One tap lets nothing pass, and no button takes the other's place when the signal goes.
  const take = offer.getByRole('button', { name: 'Take A-10' });
  const pass = offer.getByRole('button', { name: 'Let it pass' });
  const places = async () => [await take.boundingBox(), await pass.boundingBox()];
  const before = await places();
  await loser.offline(true);
  await expect(offer.getByText(/^No signal: taking it waits/)).toBeVisible();
  expect(await places()).toEqual(before);
  await loser.offline(false);
  await loser.untilSynced();
  await expect(offer.getByText(/^No signal: taking it waits/)).toBeHidden();
  await pass.click();
  await loser.page
    .getByRole('dialog', { name: 'Let A-10 pass?' })
    .getByRole('button', { name: 'Keep the offer' })
    .click();
  await take.click();
  // What was pressed is gone: who cannot see goes on from where it was, and hears what has happened.
  await expect(loser.page.getByRole('heading', { name: 'Your places in line' })).toBeFocused();
  await expect(loser.page.getByRole('status').filter({ hasText: 'Asked for A-10.' })).toHaveCount(1);
  await expect(loser.page.getByRole('link', { name: /^A-10 / })).toBeVisible();
  await loser.untilSynced();
  await expectMark(loser.page, 'Confirmed');
});
