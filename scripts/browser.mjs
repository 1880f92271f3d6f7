import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { root, run, runPackage } from './checkout.mjs';

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const MAC_BROWSERS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** How each system's package manager installs, and what it calls the two. The first one found is used. */
const MANAGERS = [
  { command: 'apt-get', refresh: ['update'], install: ['install', '-y', '--no-install-recommends'] },
  { command: 'dnf', install: ['install', '-y'], names: { ffmpeg: 'ffmpeg-free' } },
  { command: 'apk', install: ['add', '--no-cache'] },
];

/**
 * The path of a Chromium that runs: CHROME_PATH or CHROMIUM_PATH, an installed one, Playwright's own, or, for root, the
 * system's package. Undefined, with a sentence on stderr, when none can be had.
 */
export async function findOrInstallBrowser() {
  const present = findBrowser();
  if (present) return present;
  console.log("No Chromium found; getting Playwright's own …");
  await runPackage('playwright', ['install', 'chromium']);
  const downloaded = playwrightBrowser();
  if (downloaded && runs(downloaded, '--version')) return downloaded;
  if (await installPackage('chromium')) {
    const installed = findBrowser();
    if (installed) return installed;
  }
  console.error(
    'No browser for the browser tests: install Chromium or Chrome, or name one with CHROME_PATH=/path/to/chrome.',
  );
  return undefined;
}

/** Whether ffmpeg, which makes the film of the tests' fake camera, is there or could be installed. */
export async function findOrInstallFfmpeg() {
  if (runs('ffmpeg', '-version')) return true;
  await installPackage('ffmpeg');
  if (runs('ffmpeg', '-version')) return true;
  console.error(
    'The camera test needs ffmpeg: install it (e.g. apt-get install ffmpeg) so that it is on the PATH.',
  );
  return false;
}

function findBrowser() {
  const named = process.env.CHROMIUM_PATH ?? process.env.CHROME_PATH;
  const candidates = [named, ...BROWSERS.map(onPath), ...MAC_BROWSERS, playwrightBrowser()];
  return candidates.find((path) => path && existsSync(path) && runs(path, '--version'));
}

function playwrightBrowser() {
  // Resolved from the checkout, and only now: when this module is loaded nothing need be installed.
  const require = createRequire(join(root, 'package.json'));
  return require('@playwright/test').chromium.executablePath();
}

function onPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function runs(command, argument) {
  return spawnSync(command, [argument], { stdio: 'ignore', timeout: 30_000 }).status === 0;
}

async function installPackage(name) {
  if (process.getuid?.() !== 0) return false;
  const manager = MANAGERS.find(({ command }) => onPath(command));
  if (!manager) return false;
  console.log(`Installing ${name} with ${manager.command} …`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  if (manager.refresh) await run(manager.command, manager.refresh, { env });
  return (await run(manager.command, [...manager.install, manager.names?.[name] ?? name], { env })) === 0;
}
