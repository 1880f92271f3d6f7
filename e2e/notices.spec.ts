import { expect, request, test, type APIRequestContext, type Page } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import { demoId } from '../server/services/demo/demo-people';
import { REGISTERED_PASSWORD, type Device } from './support/device';
import { useHouse } from './support/house';
import { stubPushService, wakeable, type WakeablePhone } from './support/push';

const house = useHouse();
const DAY = 86_400_000;

const bell = (page: Page, unread: number) =>
  page.getByRole('link', { name: unread === 0 ? 'Notices' : `Notices, ${unread} unread`, exact: true });

/** A device of the owner of. */
async function owner(account: 'resident-a' | 'resident-b'): Promise<Device> {
  const device = await house.open();
  await stubPushService(device);
  await device.signIn(account);
  await device.untilInstalled();
  return device;
}

/** By calls of their own, how one lends and reserves being other specs' matter: the slot is lent, and reserved by a stranger for tomorrow. */
async function haveReserved({ context }: Device, label: string): Promise<void> {
  const now = Date.now();
  const slotId = demoId(`slot/${label}`);
  await wish(context.request, 'share.open@1', { slotId, start: now, end: now + 3 * DAY });
  const guest = await request.newContext({ baseURL: house.product.origin });
  const data = {
    name: 'A Guest',
    email: `${randomUUID()}@demo.undercroft.test`,
    password: REGISTERED_PASSWORD,
  };
  expect((await guest.post('/trpc/auth.register', { data })).ok()).toBe(true);
  const window = { start: now + DAY, end: now + DAY + 7_200_000 };
  await wish(guest, 'reservation.create@1', { reservationId: randomUUID(), slotId, ...window });
  await guest.dispose();
}

async function wish(from: APIRequestContext, op: string, args: object): Promise<void> {
  const intent = { seq: 1, id: randomUUID(), op, args, deviceTime: Date.now(), expiresAt: null };
  const data = { proto: 1, build: 'e2e', clientId: randomUUID(), intents: [intent] };
  const answer = await from.post('/trpc/sync.push', { data });
  expect(await answer.text()).toContain('"applied"');
}

/** Again where the browser under test was just putting its worker to sleep: the notification has a tag and stays one. */
async function show(woken: WakeablePhone, message: object, title: string): Promise<void> {
  await expect(async () => {
    await woken.deliver(message);
    await expect
      .poll(() => woken.notifications(), { timeout: 3_000 })
      .toContainEqual(expect.objectContaining({ title }));
  }).toPass({ timeout: 20_000 });
}

test('B4 an owner is told on every device who comes, and what is read on one is read on the other', async () => {
  const [phone, tablet] = [await owner('resident-a'), await owner('resident-a')];
  await haveReserved(phone, 'A-01');

  await bell(tablet.page, 1).click();
  const notice = tablet.page.getByRole('link', { name: /Your A-01 was reserved/ });
  await expect(notice).toContainText('You earn 3 credits');
  const noticeId = await notice.getAttribute('data-notice');
  const message = { kind: 'notice', noticeId, noticeKind: 'slot_reserved', unread: 1 };
  const woken = await wakeable(tablet);
  // Nothing of slot and time on a locked screen.
  await show(woken, message, 'Your slot was reserved');

  await bell(phone.page, 1).click();
  await phone.page.getByRole('link', { name: /Your A-01 was reserved/ }).click();
  await expect(phone.page).toHaveURL(/\/slots$/);
  await expect(bell(phone.page, 0)).toBeVisible();

  await expect(bell(tablet.page, 0)).toBeVisible();
  await expect.poll(() => woken.notifications()).toEqual([]);
  await expect(tablet.page.getByRole('region', { name: 'Today' })).toContainText('Your A-01 was reserved');
});

test('B4 K3 without signal a tapped notification opens what it tells of, and what is read and chosen is sent later', async () => {
  const phone = await owner('resident-b');
  await haveReserved(phone, 'A-02');
  await bell(phone.page, 1).click();
  const noticeId = await phone.page
    .getByRole('link', { name: /Your A-02 was reserved/ })
    .getAttribute('data-notice');
  await phone.page.goto('/');
  await phone.untilSynced();

  const woken = await wakeable(phone);
  const data = { slotLabel: 'A-02', start: 1_900_000_000_000, end: 1_900_003_600_000, credits: 3 };
  const message = { kind: 'notice', noticeId, noticeKind: 'slot_reserved', timeZone: 'Europe/Berlin', data };
  await show(woken, message, 'Your A-02 was reserved');
  await phone.offline(true);
  await woken.tap();
  await expect(phone.page).toHaveURL(/\/slots$/);
  await expect(bell(phone.page, 0)).toBeVisible();

  await phone.page.goto('/settings/notifications');
  const reserved = phone.page.getByRole('group', { name: 'Somebody reserved it' });
  await expect(reserved.getByLabel('Notification')).not.toBeChecked();
  await reserved.getByLabel('Notification').check();
  await reserved.getByLabel('Mail: Somebody reserved it').selectOption('Mail at once');
  await phone.page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(phone.page.getByText('Kept on this device, and sent with the next signal.')).toBeVisible();
  // Reading is nothing that anybody waits for.
  await expect(phone.page.getByTestId('connection')).toContainText('1 waiting');
  await phone.offline(false);
  await phone.untilSynced();

  await expect(bell(phone.page, 0)).toBeVisible();
  await phone.page.reload();
  await expect(reserved.getByLabel('Notification')).toBeChecked();
});

test('B4 signed out without signal a phone is woken no more, and its person’s next sign-in there brings that back', async () => {
  const phone = await owner('resident-b');
  const { page } = phone;
  const subscribed = () => page.evaluate(() => localStorage.getItem('stubbed-subscription') !== null);
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Turn on', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Turn off', exact: true })).toBeVisible();
  expect(await subscribed()).toBe(true);

  await phone.offline(true);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await expect.poll(subscribed).toBe(false);

  await phone.offline(false);
  // The server hears of it first: it would else end the session that comes now.
  await page.goto('/sign-in');
  const pending = () => page.evaluate(() => localStorage.getItem('undercroft.sign-out-pending'));
  await expect.poll(pending).toBeNull();
  await phone.signIn('resident-b');
  await expect.poll(subscribed, { timeout: 20_000 }).toBe(true);
  await page.goto('/settings');
  await expect(page.getByRole('button', { name: 'Turn off', exact: true })).toBeVisible();
});
