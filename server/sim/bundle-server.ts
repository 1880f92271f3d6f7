import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

let bundled: Promise<string> | null = null;

/**
 * The server's process as one file, made once a run: it starts in a third of the time that tsx takes, and a run starts it some
 * six times. Answers its path, below `.svelte-kit` so that packages are found from there and git ignores it.
 */
export function bundleServer(root: string): Promise<string> {
  bundled ??= bundle(root);
  return bundled;
}

async function bundle(root: string): Promise<string> {
  const outfile = join(root, '.svelte-kit', 'sim', `server-${String(process.pid)}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: ['server/sim/server-process.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    packages: 'external',
    sourcemap: true,
    tsconfig: 'tsconfig.node.json',
    logLevel: 'warning',
  });
  process.once('exit', () => {
    for (const file of [outfile, `${outfile}.map`]) rmSync(file, { force: true });
  });
  return outfile;
}
