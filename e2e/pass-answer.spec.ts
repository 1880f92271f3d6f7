import { expect, test } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatChallenge } from '../src/shared/pass/pass-code';
import { verifyPass } from '../src/shared/pass/verify-pass';
import { filmFakeCamera } from './support/fake-camera';
import { guardKnowledge } from './support/guard-knowledge';
import { useHouse } from './support/house';
import { expectMark, reserve } from './support/steps';

const house = useHouse();

test('X1 K8 the phone answers a guard’s question by camera, with the network off', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'undercroft-film-'));
  const phone = await house.open();
  await phone.register('Ana Asked');
  await phone.untilInstalled();
  await reserve(phone.page, 'A-05');
  await phone.untilSynced();
  await expectMark(phone.page, 'Confirmed');
  const path = `${new URL(phone.page.url()).pathname}/pass`;
  const { site, keys } = await guardKnowledge(house.product);
  await phone.quit();

  const nonce = crypto.getRandomValues(new Uint8Array(8));
  const film = join(folder, 'guard.mjpeg');
  const question = formatChallenge({ gate: 3, nonce, t: Math.floor(Date.now() / 1000) });
  await filmFakeCamera(film, [
    { qr: 'https://example.org/menu', seconds: 3 },
    { qr: question, seconds: 4 },
  ]);
  await phone.launch({ camera: film });
  await phone.offline(true);
  const { page } = phone;
  await page.goto(path);
  const shown = page.locator('svg[data-pass-text]');
  await expect(shown).toBeVisible();
  const before = await shown.getAttribute('data-pass-text');

  await page.getByRole('button', { name: 'A guard asks…' }).click();
  await expect(page.getByText('That is no guard’s question')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText('Answer for gate 3')).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(/Shown for [12]:\d\d more/)).toBeVisible();
  const answer = (await shown.getAttribute('data-pass-text'))!;
  const guard = {
    ...{ keys, site, gate: 3, challenge: nonce, now: Math.floor(Date.now() / 1000) },
    statusList: { kind: 'missing' } as const,
    history: () => ({ highestCtr: null, uses: [] }),
  };
  expect(await verifyPass(crypto.subtle, answer, guard)).toMatchObject({
    result: 'valid_provisional',
    pass: { proof: { answersChallenge: true } },
  });
  const other = { ...guard, challenge: crypto.getRandomValues(new Uint8Array(8)) };
  expect((await verifyPass(crypto.subtle, answer, other)).result).toBe('copied');

  await page.getByRole('button', { name: 'Back to the normal code' }).click();
  await expect(page.getByRole('button', { name: 'A guard asks…' })).toBeVisible();
  await expect(shown).not.toHaveAttribute('data-pass-text', before!);
  rmSync(folder, { recursive: true });
});

test('X1 a camera that is refused is no dead end', async () => {
  const phone = await house.open();
  await phone.register('Rio Refused');
  await reserve(phone.page, 'A-08');
  await phone.untilSynced();
  await phone.page.goto(`${new URL(phone.page.url()).pathname}/pass`);
  await phone.page.getByRole('button', { name: 'A guard asks…' }).click();
  await expect(phone.page.locator('[data-camera-problem]')).toBeVisible();
  await phone.page.getByRole('button', { name: 'Back to the normal code' }).click();
  await expect(phone.page.locator('svg[data-pass-text]')).toBeVisible();
});

test('X1 a code stands still until it is due, and a page that nobody looks at shows none', async () => {
  const phone = await house.open();
  await phone.register('Hal Hidden');
  await reserve(phone.page, 'A-09');
  await phone.untilSynced();
  const { page } = phone;
  await page.goto(`${new URL(page.url()).pathname}/pass`);
  const shown = page.locator('svg[data-pass-text]');
  await expect(shown).toBeVisible();
  const before = (await shown.getAttribute('data-pass-text'))!;
  // The screen's clock ticks each second; that is no reason to draw the code anew.
  const drawn = (await shown.elementHandle())!;
  await expect(page.getByText(/^New code in (1[0-7]|\d) s$/)).toBeVisible();
  expect(await drawn.evaluate((svg) => svg.isConnected)).toBe(true);
  expect(await drawn.getAttribute('data-pass-text')).toBe(before);
  const look = (state: 'visible' | 'hidden') =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await look('hidden');
  await expect(shown).toHaveCount(0);
  await look('visible');
  await expect(shown).toBeVisible();
  await expect(shown).not.toHaveAttribute('data-pass-text', before);
});
