import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const lib = fileURLToPath(new URL('./src/lib', import.meta.url));
const outside = ['node_modules/**', 'build/**', '.svelte-kit/**', 'e2e/**'];

/** Two projects, so that Postgres is started only when a `.pg.test.ts` is among the files to run. */
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
          exclude: [...outside, '**/*.pg.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'pg',
          include: ['{src,server}/**/*.pg.test.ts'],
          exclude: outside,
          globalSetup: ['server/db/testing-setup.ts'],
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
