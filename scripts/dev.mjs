// npm run dev: Vite with reload; its plugin (vite.config.ts) loads the API and starts the embedded Postgres.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkNodeVersion, root, runPackage } from './checkout.mjs';
import { ensureInstalled } from './install.mjs';

checkNodeVersion();
await ensureInstalled();
if (existsSync(join(root, '.env'))) process.loadEnvFile(join(root, '.env'));
// Vite gets these signals itself from the terminal; this process waits for it to end.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {});
process.exitCode = await runPackage('vite', ['dev', ...process.argv.slice(2)]);
