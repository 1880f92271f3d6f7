import { chromium } from '@playwright/test';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BROWSER_ARGUMENTS, browserPath } from './browser';

/*
 * The app's files come to a phone once: fetching and keeping them took 2.5 s of processor time, half of what a phone of a
 * test costs in all. So one browser of each worker does it, and the others begin with a copy of its profile.
 */
const made = new Map<string, Promise<string>>();
/** Of a profile, what is of no use to another browser, 400 files of 650. */
const LEFT_BEHIND = ['Cache', 'GPUCache', 'DawnGraphiteCache', 'DawnWebGPUCache'];

/** Makes `folder` the profile of a browser that has the app of this origin installed and was used by nobody. */
export async function copyInstalledProfile(origin: string, folder: string): Promise<void> {
  const making = made.get(origin) ?? install(origin);
  made.set(origin, making);
  cpSync(await making, folder, { recursive: true });
}

/** Registers the service worker as the app does, from a page of that origin that is empty: no code of the app leaves anything behind. */
async function install(origin: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'undercroft-installed-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const context = await chromium.launchPersistentContext(folder, {
    ...browserPath(),
    args: BROWSER_ARGUMENTS,
    serviceWorkers: 'allow',
  });
  const page = await context.newPage();
  const blank = `${origin}/blank`;
  await page.route(blank, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<link rel="icon" href="data:," />' }),
  );
  await page.goto(blank);
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/service-worker.js');
    const { active } = await navigator.serviceWorker.ready;
    while (active?.state !== 'activated') await new Promise((resolve) => setTimeout(resolve, 20));
  });
  await context.close();
  for (const name of LEFT_BEHIND) rmSync(join(folder, 'Default', name), { recursive: true, force: true });
  return folder;
}
