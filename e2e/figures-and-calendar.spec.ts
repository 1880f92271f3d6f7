import { expect, test, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { expectAccessible } from './support/accessibility';
import { useHouse } from './support/house';
import { reserve } from './support/steps';

const house = useHouse();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What the page saves when it is asked to, and under which name. */
async function saved(page: Page, deed: () => Promise<void>): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), deed()]);
  return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') };
}

/** A past that the server of this test does not know: rows of the member's scope, as a pull would have put them. */
async function putPast(page: Page, count: number): Promise<void> {
  await page.evaluate(
    async ({ count, DAY, HOUR }) => {
      const done = <T>(request: IDBRequest<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error ?? new Error('no storage'));
        });
      const name = (await indexedDB.databases())
        .map((one) => one.name ?? '')
        .find((one) => /undercroft/.test(one));
      const database = await done(indexedDB.open(name ?? ''));
      const rows = database.transaction('rows', 'readwrite').objectStore('rows');
      const all = await done<{ scope: string; entity: string; row: Record<string, unknown> }[]>(
        rows.getAll(),
      );
      const own = all.find(({ entity }) => entity === 'account')!;
      const slot = all.find(({ entity, row }) => entity === 'slot' && row['label'] === 'A-04')!;
      const memberId = own.row['id'];
      for (let index = 0; index < count; index++) {
        const id = `01890000-0000-7000-8000-${String(index).padStart(12, '0')}`;
        const start = Date.now() - (index * 8 + 2) * DAY;
        const put = (entity: string, row: object) =>
          done(rows.put({ scope: own.scope, entity, id, row: { id, ...row } }));
        await put('reservation', {
          ...{ slotId: slot.row['id'], memberId, start, end: start + 2 * HOUR, state: 'completed' },
          ...{ holdExpiresAt: null, price: 3, cost: 3, charge: 0, receiverAccountId: slot.row['ownerId'] },
          ...{ createdAt: start, endedAt: start + 2 * HOUR, offered: false, askedToMoveAt: null },
        });
        await put('visit', {
          slotId: slot.row['id'],
          start,
          end: start + HOUR,
          state: 'completed',
          cost: 3,
          askedToMoveAt: null,
        });
        await put('movement', {
          ...{ kind: 'reservation', amount: index % 3 === 0 ? 3 : -3, reservationId: id, slotLabel: 'A-04' },
          ...{ createdAt: start, topupId: null },
        });
      }
      database.close();
    },
    { count, DAY, HOUR },
  );
}

/** Of Berlin's calendar, that of now and that of `at` among them. */
function monthsSince(at: number): number {
  const numberOf = (moment: number): number => {
    const day = new Date(moment).toLocaleDateString('sv-SE', { timeZone: 'Europe/Berlin' });
    return Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7));
  };
  return numberOf(Date.now()) - numberOf(at) + 1;
}

test('A5 a calendar has one’s reservations by its secret address until it is switched off, and as a file without signal', async () => {
  const device = await house.open();
  const { page } = device;
  await device.signIn('resident-a');
  await reserve(page, 'A-05');
  await device.untilSynced();
  const id = page.url().split('/').at(-1)!;

  await page.goto('/settings');
  await page.getByRole('button', { name: 'Make a calendar address' }).click();
  const address = page.locator('[data-calendar]');
  await expect(address).toBeVisible();
  const url = (await address.getAttribute('data-calendar')) ?? '';
  await expect(page.getByRole('link', { name: 'Open in calendar' })).toHaveAttribute(
    'href',
    url.replace('http', 'webcal'),
  );
  // A calendar is somebody without a session.
  const calendar = await fetch(url);
  expect(calendar.headers.get('content-type')).toContain('text/calendar');
  const text = await calendar.text();
  expect(text).toContain(`UID:${id}\r\n`);
  expect(text).toContain('DTSTART;TZID=Europe/Berlin:');

  await page.reload();
  await expect(page.getByText('There is an address since')).toBeVisible();
  await expect(address).toBeHidden();
  await page.getByRole('button', { name: 'Switch it off' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Switch it off' }).click();
  await expect(page.getByRole('button', { name: 'Make a calendar address' })).toBeVisible();
  expect((await fetch(url)).status).toBe(404);

  await device.untilInstalled();
  await device.offline(true);
  await page.goto(`/reservations/${id}`);
  const file = await saved(page, () => page.getByRole('button', { name: 'Add to calendar' }).click());
  expect(file.name).toBe('parking-A-05.ics');
  const entry = (of: string) => /^(UID|DTSTART|DTEND|SUMMARY|LOCATION|URL).*$/gm[Symbol.match](of);
  expect(entry(file.text)).toEqual(entry(text));
});

test('B9 A5 one’s own figures and the history, from what the device holds, without signal', async () => {
  const device = await house.open();
  const { page } = device;
  await device.signIn('resident-b');
  await device.untilInstalled();
  await device.offline(true);
  await putPast(page, 20);

  await page.goto('/reservations');
  await expect(page.locator('[data-past] li')).toHaveCount(20);
  const csv = await saved(page, () => page.getByRole('button', { name: 'Save as a table' }).click());
  expect(csv.text.trim().split('\r\n')).toHaveLength(21);
  await page.getByLabel('Search').fill('nothing like it');
  await expect(page.getByText('None of your past reservations')).toBeVisible();
  await page.getByLabel('Search').fill('A-04');
  await expect(page.locator('[data-past] li')).toHaveCount(20);
  await expectAccessible(page, 'the history');

  await page.getByRole('link', { name: 'Your figures' }).click();
  await expect(page.getByText('20 reservations, 40 hrs in all.')).toBeVisible();
  await expect(page.getByText('39 credits spent, 21 credits earned.')).toBeVisible();
  await expect(page.locator('.chart svg').first()).toBeVisible();
  await expect.poll(() => page.locator('.chart .bar').count()).toBeGreaterThan(15);
  await page.getByRole('button', { name: 'Show as a table' }).first().click();
  const table = page.getByRole('table', { name: 'Parking, month by month' });
  await expect(table.getByRole('row')).toHaveCount(1 + monthsSince(Date.now() - 154 * DAY));
  await page.setViewportSize({ width: 320, height: 640 });
  await expectAccessible(page, 'the figures');
});
