import { expect, type Page } from '@playwright/test';
import { DEMO_PASSWORD } from './product';

/** Reserves the slot for the window that Find offers first, the next two hours, and ends on its page. */
export async function reserve(page: Page, label: string): Promise<void> {
  await page.goto('/find');
  await confirmInSheet(page, label);
}

/** Reserves the slot for tomorrow from 10:00 to 12:00, Berlin time, and ends on its page. */
export async function reserveTomorrow(page: Page, label: string): Promise<void> {
  await page.goto('/find');
  await chooseTomorrow(page);
  await confirmInSheet(page, label);
}

/** On Find: picks tomorrow from 10:00 to 12:00, Berlin time. */
export async function chooseTomorrow(page: Page): Promise<void> {
  const day = new Date(Date.now() + 86_400_000).toLocaleDateString('sv-SE', { timeZone: 'Europe/Berlin' });
  await page.getByRole('radio', { name: 'Pick times' }).check();
  await page.getByLabel('From', { exact: true }).fill(`${day}T10:00`);
  await page.getByLabel('Until', { exact: true }).fill(`${day}T12:00`);
}

/** X3: keeps the slot for the next two hours without booking it, and ends on its page. */
export async function keep(page: Page, label: string): Promise<void> {
  await page.goto('/find');
  await page.getByRole('button', { name: `Reserve ${label}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Keep it, decide later' }).click();
  await expect(page).toHaveURL(/\/reservations\//);
}

async function confirmInSheet(page: Page, label: string): Promise<void> {
  await page.getByRole('button', { name: `Reserve ${label}` }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Reserve ${label}` })
    .click();
  await expect(page).toHaveURL(/\/reservations\//);
}

/** Expects the page's main part to carry this mark, as a word. */
export async function expectMark(
  page: Page,
  word: 'Waiting' | 'Certain' | 'Confirmed' | 'Refused',
): Promise<void> {
  await expect(page.getByRole('main').getByText(word, { exact: true }).first()).toBeVisible();
}

/** K6: answers "Is it you?" with the password of a demo account. */
export async function proveByPassword(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Is it you?' });
  await dialog.getByLabel('Your password', { exact: true }).fill(DEMO_PASSWORD);
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
}
