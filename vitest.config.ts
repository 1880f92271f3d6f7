import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const lib = fileURLToPath(new URL('./src/lib', import.meta.url));
const outside = ['node_modules/**', 'build/**', '.svelte-kit/**', 'e2e/**'];

/** Files that put another module in the place of one: the only ones which the next file in the same process would notice. */
const replacing = ['src', 'server', 'bench', 'scripts'].flatMap((folder) =>
  readdirSync(fileURLToPath(new URL(folder, import.meta.url)), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => /\.test\.(ts|mjs)$/.test(path) && !path.endsWith('.pg.test.ts'))
    .filter((path) => /vi\.(do)?[mM]ock\(/.test(readFileSync(new URL(path, import.meta.url), 'utf8'))),
);

/**
 * The files that a process runs share its modules (`isolate: false`), but for `replacing`: loading them anew for each was 76 of 122 s
 * of processor time of the unit tests, and 65 s of those with Postgres.
 * Projects, so that Postgres is started only when a `.pg.test.ts` is among the files to run.
 */
export default defineConfig({
  plugins: [svelte({ configFile: false })],
  resolve: {
    alias: { $lib: lib },
    // Svelte's package offers its server half to Node; runes in `.svelte.ts` need the browser's.
    conditions: ['browser', 'module', 'import', 'development', 'default'],
  },
  test: {
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    setupFiles: ['scripts/patient-tests.mjs'],
    // A machine that does something else, too, must not fail a test.
    testTimeout: 30_000,
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,server,bench,scripts}/**/*.test.{ts,mjs}'],
          exclude: [...outside, '**/*.pg.test.ts', ...replacing],
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'replacing', include: replacing, exclude: outside },
      },
      {
        extends: true,
        test: {
          name: 'pg',
          include: ['{src,server}/**/*.pg.test.ts'],
          exclude: outside,
          globalSetup: ['server/db/testing-setup.ts'],
          hookTimeout: 60_000,
          isolate: false,
        },
      },
    ],
  },
});
