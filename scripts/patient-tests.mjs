import { afterAll, vi } from 'vitest';

/** Milliseconds. vitest's own second is too short for a machine that does something else, too; what is there ends at once. */
const PATIENCE = 15_000;
const isPatient = Symbol.for('undercroft.is-patient');

// This runs for each file, and several files share a process.
if (!vi[isPatient]) {
  const { waitFor } = vi;
  vi.waitFor = (callback, options) => waitFor(callback, options ?? PATIENCE);
  vi[isPatient] = true;
}

// What a file forgets to give back must not reach the next one.
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});
