// npm run dev: Vite with reload; its plugin (vite.config.ts) loads the API and starts the embedded Postgres.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkNodeVersion, root, runPackage } from './checkout.mjs';
import { ensureInstalled } from './install.mjs';

checkNodeVersion();
await ensureInstalled();
if (existsSync(join(root, '.env'))) process.loadEnvFile(join(root, '.env'));
process.exitCode = await runPackage('vite', ['dev', ...process.argv.slice(2)], { onStart: passSignalsOn });

/** Its plugin ends the API and Postgres on both; this process waits for it to end. A signal that comes twice does no harm. */
function passSignalsOn(vite) {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      // On Windows the console tells Vite itself, and kill would end it with no chance to close anything.
      if (process.platform !== 'win32') vite.kill(signal);
    });
  }
}
