import { expect, test, type CDPSession, type Page } from '@playwright/test';
import { TOTP } from 'otpauth';
import { REGISTERED_PASSWORD, type Device } from './support/device';
import { useHouse } from './support/house';
import { reserve } from './support/steps';

const house = useHouse();

const STEP = 30_000;
const lock = (page: Page) => page.getByTestId('lock');
const passCode = (page: Page) => page.locator('[data-pass=live] svg[data-pass-text]');

/** A phone's screen lock, whose face or finger check says yes until it is told otherwise. */
async function addScreenLock(phone: Device): Promise<{ recognises(isOwner: boolean): Promise<void> }> {
  const session: CDPSession = await phone.context.newCDPSession(phone.page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    async recognises(isUserVerified) {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
  };
}

/** What a person with eyes or a screen reader can find on the page. */
async function expectNothingShown(page: Page, secrets: readonly string[]): Promise<void> {
  await expect(page).toHaveTitle('Locked · Undercroft');
  const shown = await page.locator('body').innerText();
  for (const secret of secrets) expect(shown).not.toContain(secret);
  await expect(page.getByRole('navigation')).toHaveCount(0);
  await expect(page.getByTestId('connection')).toHaveCount(0);
}

test('K6 the app lock hides all screens, and the device’s own check opens them without signal', async () => {
  const phone = await house.open();
  const screenLock = await addScreenLock(phone);
  await phone.register('Lola Locked');
  const { page } = phone;
  await phone.untilInstalled();
  await reserve(page, 'A-05');
  await phone.untilSynced();
  const path = `${new URL(page.url()).pathname}/pass`;

  await page.goto('/settings');
  const appLock = page.getByRole('region', { name: 'App lock' });
  await appLock.getByRole('button', { name: 'Turn the app lock on' }).click();
  await expect(appLock).toContainText('Add a passkey first');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(page.getByRole('region', { name: 'Passkeys' }).getByRole('listitem')).toHaveCount(1);
  await appLock.getByRole('button', { name: 'Turn the app lock on' }).click();
  await expect(appLock.getByRole('radio', { name: '1 min' })).toBeChecked();
  await appLock.getByRole('radio', { name: 'At once' }).check();
  await appLock.getByRole('radio', { name: 'Ask', exact: true }).check();
  await expect(appLock.getByRole('radio', { name: 'Ask', exact: true })).toBeChecked();

  await phone.offline(true);
  await page.goto(path);
  await expect(lock(page)).toBeVisible();
  await expectNothingShown(page, ['Lola', 'A-05']);
  await page.goto('/reservations');
  await expectNothingShown(page, ['Lola', 'A-05']);

  await screenLock.recognises(false);
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expect(lock(page)).toContainText('Still locked');
  await page.getByRole('button', { name: 'Another way, with signal' }).click();
  await expect(page.getByRole('dialog', { name: 'Is it you?' })).toContainText('This needs signal');
  await page.keyboard.press('Escape');
  await expectNothingShown(page, ['Lola', 'A-05']);

  await screenLock.recognises(true);
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expect(page.getByText('A-05').first()).toBeVisible();
  await expect(page).toHaveTitle('Reservations · Undercroft');
  // A start of the app asks again, for all of it and for the pass at once.
  await page.goto(path);
  await page.getByRole('button', { name: 'Unlock' }).click();
  await expect(passCode(page)).toBeVisible();
});

test('K6 a pass asks by itself, and who cannot answer gets in with the password', async () => {
  const phone = await house.open();
  const screenLock = await addScreenLock(phone);
  await phone.register('Pia Passlock');
  const { page } = phone;
  await reserve(page, 'A-06');
  await phone.untilSynced();
  const path = `${new URL(page.url()).pathname}/pass`;
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(page.getByRole('region', { name: 'Passkeys' }).getByRole('listitem')).toHaveCount(1);
  const appLock = page.getByRole('region', { name: 'App lock' });
  await appLock.getByRole('button', { name: 'Turn the app lock on' }).click();
  await appLock.getByRole('radio', { name: 'Never' }).check();
  await appLock.getByRole('radio', { name: 'Ask', exact: true }).check();
  await expect(appLock.getByRole('radio', { name: 'Ask', exact: true })).toBeChecked();

  await page.goto(path);
  await expect(page.getByRole('heading', { name: 'Your pass is locked' })).toBeVisible();
  await expect(page.locator('svg[data-pass-text]')).toHaveCount(0);
  await screenLock.recognises(false);
  await page.getByRole('button', { name: 'Another way, with signal' }).click();
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await dialog.getByLabel('Your password', { exact: true }).fill(REGISTERED_PASSWORD);
  await page.keyboard.press('Enter');
  await expect(passCode(page)).toBeVisible();

  // Signing out takes the lock along: the next one here has not got the passkey.
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  expect(await page.evaluate('localStorage.getItem("undercroft.app-lock")')).toBeNull();
});

test('B1 with the second step on, a password needs a code: of the app once, or a recovery code once', async () => {
  const phone = await house.open();
  await phone.register('Tom Totp');
  const { page } = phone;
  const email = 'tom-totp@demo.undercroft.test';
  await page.goto('/settings');
  const section = page.getByRole('region', { name: 'Password and second step' });
  await section.getByRole('button', { name: 'Set up the second step' }).click();
  const sheet = page.getByRole('dialog', { name: 'Set up the second step' });
  await expect(sheet.getByRole('img', { name: 'QR code for your authenticator app' })).toBeVisible();
  const uri = await sheet.getByRole('link', { name: /Open in an app/ }).getAttribute('href');
  const secret = new URL(uri ?? '').searchParams.get('secret') ?? '';
  /** Of the half minute before, this one and the next: all are taken, each once and in this order. */
  const codeAt = (step: -1 | 0 | 1) => new TOTP({ secret }).generate({ timestamp: now + step * STEP });
  const now = Date.now();
  await sheet.getByLabel('Code that the app shows').fill('000000');
  await sheet.getByRole('button', { name: 'Turn it on' }).click();
  await expect(sheet).toContainText('This code is not right');
  await sheet.getByLabel('Code that the app shows').fill(codeAt(-1));
  await sheet.getByRole('button', { name: 'Turn it on' }).click();
  const codes = page.getByRole('dialog', { name: 'Recovery codes' });
  await expect(codes.getByRole('listitem')).toHaveCount(10);
  const recoveryCode = (await codes.getByRole('listitem').first().textContent()) ?? '';
  await codes.getByRole('button', { name: 'I have kept them' }).click();
  await expect(section).toContainText('On · 10 recovery codes left');

  const signIn = async (code: string, fill: () => Promise<void>): Promise<void> => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/sign-in/);
    await page.getByRole('textbox', { name: 'E-mail' }).fill(email);
    await page.getByLabel('Password', { exact: true }).fill(REGISTERED_PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'One more step' })).toBeVisible();
    await fill();
    await page.getByRole('textbox').fill(code);
    await page.getByRole('button', { name: 'Go on' }).click();
  };
  const byApp = () => Promise.resolve();
  const byRecoveryCode = () => page.getByRole('button', { name: 'Use a recovery code' }).click();

  await signIn(codeAt(-1), byApp);
  await expect(page.getByText('was used before')).toBeVisible();
  await page.getByRole('textbox').fill(codeAt(0));
  await page.getByRole('button', { name: 'Go on' }).click();
  await phone.untilSynced();
  await page.goto('/settings');
  await signIn(recoveryCode.toUpperCase(), byRecoveryCode);
  await phone.untilSynced();
  await page.goto('/settings');
  await expect(section).toContainText('On · 9 recovery codes left');

  await section.getByRole('button', { name: 'Change the second step' }).click();
  await page.getByRole('button', { name: 'Turn it off' }).click();
  await page.getByRole('button', { name: 'Turn off', exact: true }).click();
  await expect(section).toContainText('Off.');
});
