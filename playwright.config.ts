import { defineConfig } from '@playwright/test';

/**
 * Browser tests on the built app (`npm test` builds it first), each file with its own server and Postgres. One worker:
 * the suite runs on two cores, and a second browser would make the offline and timing tests wait for each other.
 */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '*.spec.ts',
  timeout: 90_000,
  expect: { timeout: 15_000 },
  workers: 1,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: 'list',
  outputDir: 'test-results',
});
