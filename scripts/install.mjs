import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, readStamp, root, runNpm } from './checkout.mjs';

const STAMP = 'node_modules/.undercroft-lock';

/** `npm ci`, unless node_modules was installed from this very package-lock.json. */
export async function ensureInstalled() {
  // The platform is part of it: a checkout shared by two systems (a bind mount) holds the binaries of one.
  const wanted = `${hashOf(['package-lock.json'])} ${process.platform}-${process.arch}`;
  if (readStamp(STAMP) === wanted) return;
  console.log('Installing what Undercroft needs (npm ci) …');
  // Building needs the development packages, also where NODE_ENV=production would leave them out.
  // .npmrc silences npm, and an install that fails has to say why.
  const flags = ['--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = await runNpm(['ci', ...flags]);
  if (code !== 0) {
    console.error('npm ci failed; what it says above is the reason. Is the registry reachable?');
    process.exit(code);
  }
  writeFileSync(join(root, STAMP), wanted);
}
