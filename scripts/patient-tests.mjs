import { vi } from 'vitest';

/** Milliseconds. vitest's own second is too short for a machine that does something else, too; what is there ends at once. */
const PATIENCE = 15_000;

const { waitFor } = vi;
vi.waitFor = (callback, options) => waitFor(callback, options ?? PATIENCE);
