import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkNodeVersion, hashOf, readStamp, root, runPackage } from './checkout.mjs';
import { ensureInstalled } from './install.mjs';

const STAMP = 'build/.undercroft-sources';
const SOURCES = [
  ...[
    'src',
    'server',
    'static',
    'package.json',
    'package-lock.json',
    'scripts/build.mjs',
    'scripts/start-chunks.mjs',
  ],
  ...['svelte.config.js', 'vite.config.ts', 'tsconfig.json'],
];

/** Tests are no part of the build, so that writing one does not make the next start slow. */
function isSource(path) {
  return !/\.test\.ts$/.test(path);
}

/** Builds unless build/ was made from these very sources. Answers an exit code. */
export async function ensureBuilt() {
  if (readStamp(STAMP) === hashOf(SOURCES, isSource)) return 0;
  console.log('Building Undercroft …');
  return await build();
}

/** The app with Vite into build/app, then the server with esbuild into build/server/main.js. Answers an exit code. */
export async function build() {
  const hash = hashOf(SOURCES, isSource);
  // Without its stamp a build that is cut off is not taken for a whole one.
  rmSync(join(root, STAMP), { force: true });
  const code =
    (await runPackage('vite', ['build', '--logLevel', 'warn'], {
      env: { VITE_CONFIG_NATIVE_IGNORE_WARNING: 'true' },
    })) || (await bundleServer());
  if (code === 0) writeFileSync(join(root, STAMP), hash);
  return code;
}

/** Packages stay outside: argon2 and Postgres bring binaries that are found from where they are installed. */
async function bundleServer() {
  // By its API: what node_modules holds as esbuild's program is a script on one system and a binary on another.
  const { build: bundle, stop } = await import('esbuild');
  try {
    await bundle({
      absWorkingDir: root,
      entryPoints: ['server/main.ts'],
      outfile: 'build/server/main.js',
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      packages: 'external',
      // adapter-node's part of the build, found at run time beside the server's.
      external: ['*/handler.js'],
      sourcemap: true,
      tsconfig: 'tsconfig.node.json',
      logLevel: 'warning',
    });
    return 0;
  } catch {
    // esbuild has said on stderr what is wrong.
    return 1;
  } finally {
    // Its helper process would stay as long as the server that start.mjs runs next.
    await stop();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  checkNodeVersion();
  await ensureInstalled();
  process.exitCode = await build();
}
