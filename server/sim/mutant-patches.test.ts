import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { applyPatch, MUTANTS, readMutant } from './mutant-patches';

const root = fileURLToPath(new URL('../..', import.meta.url));
const names = readdirSync(MUTANTS).filter((name) => name.endsWith('.patch'));

describe('planted bugs', () => {
  it('X5 there are at least eight', () => expect(names.length).toBeGreaterThanOrEqual(8));

  it.each(names)('X5 %s applies to the source as it is', (name) => {
    expect(applyPatch(readMutant(join(MUTANTS, name)), root, true)).toBeNull();
  });
});
