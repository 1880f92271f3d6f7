import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyPatch, MUTANTS, readMutant, type Mutant } from './mutant-patches';

/*
 * npm run sim:mutants [-- NAME…]: plants each bug into a copy of the working tree and runs the simulation there until it finds
 * a violation. Ends with 1 when one is missed, or a patch does not apply.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What a copy needs; packages are linked. */
const PARTS = ['server', 'src', 'migrations', '.svelte-kit/tsconfig.json'];
const FILES = ['package.json', 'tsconfig.json', 'tsconfig.node.json'];
/** Seeds that are tried of each mutant, and real milliseconds after which it counts as missed. */
const SEEDS = 8;
const PATIENCE = 300_000;

const wanted = process.argv.slice(2);
const names = readdirSync(MUTANTS).filter((name) => name.endsWith('.patch'));
const chosen = names.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
let missed = 0;
for (const name of chosen.sort()) {
  const mutant = readMutant(join(MUTANTS, name));
  const began = performance.now();
  const verdict = await hunt(mutant);
  if (!verdict.startsWith('found')) missed++;
  console.log(
    `${basename(name, '.patch')}: ${verdict} (${((performance.now() - began) / 1000).toFixed(1)} s)`,
  );
}
console.log(`${String(chosen.length - missed)} of ${String(chosen.length)} mutants found`);
process.exit(missed === 0 ? 0 : 1);

async function hunt(mutant: Mutant): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'undercroft-mutant-'));
  try {
    for (const part of [...PARTS, ...FILES])
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const problem = applyPatch(mutant, folder);
    if (problem !== null) return `DOES NOT APPLY: ${problem}`;
    return judge(await simulate(folder, mutant.options));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The output of the simulation in this folder, over a few seeds. */
function simulate(folder: string, options: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const args = ['--import', 'tsx', 'server/sim/main.ts', '--seeds', String(SEEDS), '--no-shrink'];
    const child = spawn(process.execPath, [...args, '--budget', String(PATIENCE / 1000), ...options], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    // SIGTERM, so that it can end its Postgres.
    const timer = setTimeout(() => child.kill('SIGTERM'), PATIENCE * 1.5);
    child.once('close', () => {
      clearTimeout(timer);
      resolve(output);
    });
  });
}

function judge(output: string): string {
  const found = /seed (\d+) violates:\n\s*(I\d+): ([^\n]*)/.exec(output);
  if (found) return `found by seed ${found[1]}: ${found[2]} ${found[3]?.slice(0, 110)}`;
  const end = /\d+ seeds in/.test(output) ? '' : `; it ended with\n${output.slice(-1500)}`;
  return `MISSED${end}`;
}
