// npm run bench [-- NAME…]: installs, builds and finds a browser, as far as each is still to be done, then measures.
import { findOrInstallBrowser } from './browser.mjs';
import { ensureBuilt } from './build.mjs';
import { checkNodeVersion, runPackage } from './checkout.mjs';
import { ensureInstalled } from './install.mjs';

checkNodeVersion();
await ensureInstalled();
const browser = (await ensureBuilt()) === 0 ? await findOrInstallBrowser() : undefined;
process.exitCode = browser
  ? await runPackage('tsx', ['bench/main.ts', ...process.argv.slice(2)], { env: { CHROMIUM_PATH: browser } })
  : 1;
