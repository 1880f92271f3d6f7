import { execFileSync } from 'node:child_process';
import { expect, request, test, type APIRequestContext, type Page } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import { addAuthenticator } from './support/authenticator';
import { Device, REGISTERED_PASSWORD } from './support/device';
import { DEMO_PASSWORD, startProduct, type Product } from './support/product';
import { stubPushService, wakeable } from './support/push';

const OPERATOR = 'operator@example.test';
/** Of the demo, where he owns a slot; he becomes the manager of the building that is made. */
const BEN = 'resident-b@demo.undercroft.test';

// The second test is about the building that the first one makes.
test.describe.configure({ mode: 'serial' });
let product: Product;
test.beforeAll(async () => {
  product = await startProduct({ DEMO: '1' });
});
test.afterAll(() => product.close());

test('E2 the command line makes who runs the installation, who makes a site and comes back by passkey', async () => {
  // The embedded database is one process's at a time.
  await product.kill();
  const said = execFileSync(
    process.execPath,
    ['--import', 'tsx', 'server/tools/admin.ts', 'create', OPERATOR],
    {
      env: { ...process.env, DATA_DIR: product.dataDir, ORIGIN: product.origin, LOG_LEVEL: 'warn' },
      encoding: 'utf8',
    },
  );
  await product.start();
  const device = await Device.open(product);
  const { page } = device;
  try {
    await addAuthenticator(device);
    await page.goto(/http\S+\/recover#\S+/.exec(said)![0]);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Run the installation' }).click();
    await expect(page.getByText('Undercroft Demo')).toBeVisible();
    await expect(page.getByText('Alma Reuter')).toHaveCount(0);

    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await expect(page.getByRole('button', { name: /^Change / })).toHaveCount(1);
    await page.getByRole('button', { name: 'Make a site' }).click();
    await page.getByLabel('Name of the site').fill('Harbour Court');
    await page.getByLabel('E-mail of its manager').fill(BEN);
    await page.getByRole('button', { name: 'Make the site' }).click();
    await expect(page.getByText('Harbour Court is made, and its manager is invited.')).toBeVisible();
    await expect(page.getByText(/Its manager is invited until/)).toBeVisible();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/sign-in/);
    // This authenticator answers the e-mail field's suggestion by itself.
    await page.getByRole('link', { name: 'Run the installation' }).click();
    await expect(page.getByText('Harbour Court')).toBeVisible();
  } finally {
    await device.close();
  }
});

/** What the demo's mails to the address say: no test here has a mailbox. */
async function mailTo(address: string): Promise<string> {
  const desk = await request.newContext({ baseURL: product.origin });
  const data = { email: 'manager@demo.undercroft.test', password: DEMO_PASSWORD };
  expect((await desk.post('/trpc/auth.signIn', { data })).ok()).toBe(true);
  const answer = (await (await desk.get('/trpc/mail.outbox')).json()) as {
    result: { data: { to: string; text: string }[] };
  };
  await desk.dispose();
  return answer.result.data.find(({ to }) => to === address)?.text ?? '';
}

/** A newcomer, let in by the manager whose browser it is, says that a slot is theirs: by calls, it is lending's matter. Answers the building's id. */
async function haveClaimed(manager: APIRequestContext): Promise<string> {
  const issued = await manager.post('/trpc/invitation.issueLink', {
    data: { role: 'resident', flat: '1', days: 7, uses: 1 },
  });
  const { result } = (await issued.json()) as { result: { data: { secret: string } } };
  const guest = await request.newContext({ baseURL: product.origin });
  const person = { name: 'Nora New', email: 'nora@example.test', password: REGISTERED_PASSWORD };
  const registered = await guest.post('/trpc/auth.register', {
    data: { ...person, invitation: result.data.secret },
  });
  const claim = { claimId: randomUUID(), label: 'H-7', level: '', kind: 'car', note: '', photo: null };
  const intent = { seq: 1, id: randomUUID(), op: 'slot.claim@1', args: claim };
  const push = await guest.post('/trpc/sync.push', {
    data: {
      ...{ proto: 1, build: 'e2e', clientId: randomUUID() },
      intents: [{ ...intent, deviceTime: Date.now(), expiresAt: null }],
    },
  });
  expect(await push.text()).toContain('"applied"');
  const session = (await registered.json()) as { result: { data: { member: { siteId: string } } } };
  await guest.dispose();
  return session.result.data.member.siteId;
}

const isOpen = (page: Page, siteName: string) =>
  expect(page.getByText(siteName, { exact: true }).first()).toBeVisible();

test('A1 B4 who belongs to two buildings joins by mail, switches, and a notification opens the one that it is of', async () => {
  const device = await Device.open(product);
  const { page, context } = device;
  try {
    await stubPushService(device);
    await device.signIn('resident-b');
    await device.untilInstalled();
    await isOpen(page, 'Undercroft Demo');
    await page.goto(/http\S+\/join#\S+/.exec(await mailTo(BEN))![0]);
    await expect(page.getByText('as a manager')).toBeVisible();
    await page.getByRole('button', { name: 'Join Harbour Court' }).click();
    await isOpen(page, 'Harbour Court');
    const siteId = await haveClaimed(context.request);
    await page.getByRole('link', { name: 'Notices, 1 unread', exact: true }).click();
    const notice = page.getByRole('link', { name: /H-7/ });
    const noticeId = await notice.getAttribute('data-notice');

    await page.goto('/settings');
    await page.getByRole('button', { name: 'Open Undercroft Demo' }).click();
    await expect(page).toHaveURL(`${product.origin}/`);
    await isOpen(page, 'Undercroft Demo');
    await device.untilSynced();
    await expect(page.getByRole('link', { name: 'Notices', exact: true })).toBeVisible();

    const woken = await wakeable(device);
    const message = { kind: 'notice', noticeId, siteId, siteName: 'Harbour Court' };
    // A server that died after the first one sends it again: it is one notification all the same.
    for (let time = 0; time < 2; time++) await woken.deliver({ ...message, noticeKind: 'claim_waiting' });
    await expect
      .poll(() => woken.notifications())
      .toEqual([
        { title: 'A request for a slot waits for you', body: expect.stringMatching(/\nHarbour Court$/) },
      ]);
    await woken.tap();
    await expect(page.getByText('This is about Harbour Court')).toBeVisible();
    await page.getByRole('button', { name: 'Switch' }).click();
    await isOpen(page, 'Harbour Court');
    await expect(page).toHaveURL(/\/building\/slots$/);
    await expect(page.getByRole('heading', { name: /^Nora New/ })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Notices', exact: true })).toBeVisible();
  } finally {
    await device.close();
  }
});
