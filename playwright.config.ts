import { defineConfig } from '@playwright/test';

/**
 * Browser tests on the built app (`npm test` builds it first), each file with its own server and Postgres, which begins with a
 * copy of the run's first. Three workers, on two cores too: since a phone begins with the app installed (see
 * e2e/support/installed-profile) half of a test is waiting.
 */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  globalSetup: './e2e/support/prepare-data.ts',
  timeout: 90_000,
  expect: { timeout: 15_000 },
  workers: 3,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: 'list',
  outputDir: 'test-results',
});
