import { expect, test, type Page } from '@playwright/test';
import jsQR from 'jsqr';
import { addAuthenticator } from './support/authenticator';
import type { Device } from './support/device';
import { useHouse } from './support/house';
import { DEMO_PASSWORD } from './support/product';
import { stubPushService, wakeable } from './support/push';

const house = useHouse();

/** A resident's phone with a passkey on it. */
async function openPhoneWithPasskey(): Promise<Device> {
  const phone = await house.open();
  await phone.signIn('resident-a');
  await addAuthenticator(phone);
  await phone.page.goto('/settings');
  const passkeys = phone.page.getByRole('region', { name: 'Passkeys' });
  await passkeys.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(passkeys.getByRole('button', { name: /^Change / })).toHaveCount(1);
  return phone;
}

/** A browser without credentials that shows its code. */
async function openBrowser(): Promise<Device> {
  const browser = await house.open({ viewport: { width: 1024, height: 900 } });
  await browser.page.goto('/sign-in');
  await browser.page.getByRole('link', { name: 'Use your phone' }).click();
  await expect(browser.page.getByTestId('unlock-code')).toBeVisible();
  return browser;
}

const numberOn = (page: Page) => page.getByTestId('unlock-number').innerText();

/** What a phone's camera reads off the other screen. */
async function scan(page: Page): Promise<string> {
  const picture = await page.getByRole('img', { name: 'QR code' }).evaluate(async (svg) => {
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(
      svg.outerHTML.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"'),
    )}`;
    await image.decode();
    const context = new OffscreenCanvas(400, 400).getContext('2d')!;
    context.drawImage(image, 0, 0);
    return [...context.getImageData(0, 0, 400, 400).data];
  });
  const read = jsQR(new Uint8ClampedArray(picture), 400, 400);
  if (!read) throw new Error('no QR code can be read');
  return read.data;
}

/** Answers "Is it you?" with the phone's passkey. */
async function provePasskey(page: Page): Promise<void> {
  await page.getByRole('dialog').getByRole('button', { name: 'Use your passkey' }).click();
}

test('B2 a browser is let in by a scanned code, the right number and a passkey, and the code is used up', async () => {
  const phone = await openPhoneWithPasskey();
  const browser = await openBrowser();
  const link = await scan(browser.page);
  expect(link).toMatch(new RegExp(`^${house.product.origin}/unlock/approve#[A-Z2-9]{8}$`));

  await phone.page.goto(link);
  await expect(phone.page.getByText(/ on Linux$/)).toBeVisible();
  await expect(phone.page.getByText('The same network as this phone')).toBeVisible();
  await expect(phone.page).toHaveURL(/\/unlock\/approve$/);
  await phone.page.getByRole('button', { name: await numberOn(browser.page), exact: true }).click();
  await provePasskey(phone.page);
  await expect(phone.page.getByText('It is in')).toBeVisible();

  await browser.untilSynced();
  await browser.page.goto('/settings');
  await expect(browser.page.getByText('resident-a@demo.undercroft.test')).toBeVisible();
  // What the phone has proved, this browser has not.
  await browser.page
    .getByRole('region', { name: 'Passkeys' })
    .getByRole('button', { name: 'Add a passkey' })
    .click();
  await expect(browser.page.getByRole('heading', { name: 'Is it you?' })).toBeVisible();

  await phone.page.goto(link);
  await expect(phone.page.getByText('No browser is waiting with this code.')).toBeVisible();
});

test('B2 a typed code, another browser, a refusal, a wrong number and two minutes let nobody in', async () => {
  const phone = await house.open();
  await phone.signIn('resident-b');
  const browser = await openBrowser();
  const begun = browser.page.waitForResponse(/unlock\.begin/);
  await browser.page.reload();
  const { result } = (await (await begun).json()) as { result: { data: { requestId: string } } };
  const { requestId } = result.data;

  // Whoever has seen all that the screen shows, and asks in its place.
  const thief = await house.open();
  const stolen = await thief.page.request.post(`${house.product.origin}/trpc/unlock.collect`, {
    data: { requestId },
  });
  expect(stolen.status()).toBe(404);

  const type = async () => {
    const code = await browser.page.getByTestId('unlock-code').innerText();
    await phone.page.goto('/settings');
    await phone.page.getByRole('link', { name: /Let a browser in/ }).click();
    await phone.page.getByLabel('Code on the other screen').fill(code.toLowerCase());
    await phone.page.getByRole('button', { name: 'Find the browser' }).click();
    await expect(phone.page.getByText('Which number does it show?')).toBeVisible();
  };
  await type();
  await phone.page.getByRole('button', { name: /^Refuse/ }).click();
  await expect(phone.page.getByText('That browser got nothing.')).toBeVisible();
  await expect(browser.page.getByText('It was refused on the phone')).toBeVisible();

  await browser.page.getByRole('button', { name: 'Get a new code' }).click();
  await type();
  const right = await numberOn(browser.page);
  const numbers = await phone.page.locator('fieldset').getByRole('button').allInnerTexts();
  await phone.page
    .getByRole('button', { name: numbers.find((number) => number !== right)!, exact: true })
    .click();
  await phone.page.getByRole('dialog').getByLabel('Your password').fill(DEMO_PASSWORD);
  await phone.page.getByRole('button', { name: 'Use your password' }).click();
  await expect(phone.page.getByText(/That is not the number on the other screen/)).toBeVisible();
  await expect(browser.page.getByText('It was refused on the phone')).toBeVisible();

  await browser.page.clock.install();
  await browser.page.goto('/unlock');
  await expect(browser.page.getByTestId('unlock-code')).toBeVisible();
  await browser.page.clock.runFor(2 * 60_000);
  await expect(browser.page.getByText('This code is no longer good')).toBeVisible();
  await browser.page.goto('/credits');
  await expect(browser.page).toHaveURL(/sign-in/);
});

test('B2 B4 a phone that is woken shows who asks; a tap leads to the answer', async () => {
  const phone = await house.open();
  await stubPushService(phone);
  await phone.signIn('resident-a');
  await phone.untilInstalled();
  await phone.page.goto('/settings');
  await phone.page.getByRole('button', { name: 'Turn on', exact: true }).click();
  await expect(phone.page.getByText(/You are told when a browser wants to sign in as you/)).toBeVisible();

  const browser = await openBrowser();
  await browser.page.getByLabel('Your e-mail').fill('resident-a@demo.undercroft.test');
  const begun = browser.page.waitForResponse(/unlock\.begin/);
  await browser.page.getByRole('button', { name: 'Send it to my phone' }).click();
  await expect(browser.page.getByText('Look at your phone')).toBeVisible();
  const { result } = (await (await begun).json()) as {
    result: { data: { requestId: string; expiresAt: number } };
  };

  const { requestId, expiresAt } = result.data;
  const woken = await wakeable(phone);
  // Again where the browser under test was just putting its worker to sleep: the notification has a tag and stays one.
  await expect(async () => {
    await woken.deliver({ kind: 'unlock', requestId, browser: 'Firefox on Windows', expiresAt });
    await expect
      .poll(() => woken.notifications(), { timeout: 3_000 })
      .toMatchObject([
        { title: 'A browser wants to sign in as you', body: expect.stringContaining('Firefox on Windows') },
      ]);
  }).toPass({ timeout: 20_000 });
  await woken.tap();
  await expect(phone.page.getByText('Which number does it show?')).toBeVisible();
  await phone.page.getByRole('button', { name: await numberOn(browser.page), exact: true }).click();
  await phone.page.getByRole('dialog').getByLabel('Your password').fill(DEMO_PASSWORD);
  await phone.page.getByRole('button', { name: 'Use your password' }).click();
  await expect(phone.page.getByText('It is in')).toBeVisible();
  await browser.untilSynced();

  await phone.page.goto('/settings');
  await phone.page.getByRole('button', { name: 'Turn off', exact: true }).click();
  await expect(phone.page.getByRole('button', { name: 'Turn on', exact: true })).toBeVisible();
});
