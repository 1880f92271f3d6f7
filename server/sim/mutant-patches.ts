import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the planted bugs. */
export const MUTANTS = fileURLToPath(new URL('./mutants', import.meta.url));

/** A bug as a patch, with what the simulation is run with to find it. */
export interface Mutant {
  readonly path: string;
  /** One sentence: what is wrong. */
  readonly about: string;
  readonly options: readonly string[];
}

/** Reads the sentence and the `Sim:` line that stand before the diff. @throws when they do not */
export function readMutant(path: string): Mutant {
  const [about, sim] = readFileSync(path, 'utf8').split('\n');
  if (!about || !sim?.startsWith('Sim: '))
    throw new Error(`${path} does not begin with a sentence and "Sim: "`);
  return { path, about, options: sim.slice('Sim: '.length).split(' ') };
}

/** Applies the patch to the tree in `folder`, or with `isTrial` only tries to; null, or why it cannot be done. */
export function applyPatch({ path }: Mutant, folder: string, isTrial = false): string | null {
  // A folder that is no repository of its own would be taken for a part of one above it.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: folder, GIT_DIR: '/nonexistent' };
  const args = ['apply', ...(isTrial ? ['--check'] : []), path];
  const { status, stderr, error } = spawnSync('git', args, { cwd: folder, env, encoding: 'utf8' });
  if (error) throw error;
  return status === 0 ? null : stderr.trim();
}
