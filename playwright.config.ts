import { defineConfig } from '@playwright/test';

/**
 * Browser tests on the built app (`npm test` builds it first), each file with its own server and Postgres. Two workers: most
 * of a test is waiting, and with one the whole suite came to 15 minutes on two cores.
 */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  timeout: 90_000,
  expect: { timeout: 15_000 },
  workers: 2,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: 'list',
  outputDir: 'test-results',
});
