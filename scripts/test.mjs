// npm test: everything, on a fresh clone too. `npm test -- --only unit,types` runs chosen stages.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOrInstallBrowser, findOrInstallFfmpeg } from './browser.mjs';
import { build } from './build.mjs';
import { checkNodeVersion, root, runPackage } from './checkout.mjs';
import { ensureInstalled } from './install.mjs';

/** A check is one thing that passes or fails. A suite reports how many tests did, in a JSON file. */
const STAGES = [
  // First, since lint and types read what it makes.
  { name: 'sync', check: (run) => run('@sveltejs/kit', ['sync']) },
  { name: 'types', check: checkTypes },
  { name: 'lint', check: (run) => run('eslint', ['.', '--max-warnings=0']) },
  { name: 'format', check: (run) => run('prettier', ['--check', '--log-level=warn', '.']) },
  {
    name: 'boundaries',
    check: (run) =>
      run('dependency-cruiser', [
        '--config',
        '.dependency-cruiser.cjs',
        '--output-type',
        'err-long',
        'src',
        'server',
      ]),
  },
  { name: 'dead-code', check: (run) => run('knip', ['--no-progress']) },
  { name: 'unit', suite: runVitest },
  { name: 'build', check: build },
  { name: 'browser', suite: runPlaywright },
];

/** Checks that read only; they run two at a time, since each uses one core, and each shows its output at its end. */
const SIDE_BY_SIDE = new Set(['types', 'lint', 'format', 'boundaries', 'dead-code']);

async function checkTypes(run) {
  const codes = [
    await run('svelte-check', ['--tsconfig', './tsconfig.json', '--fail-on-warnings']),
    await run('typescript', ['-p', 'src/shared/tsconfig.json', '--noEmit']),
    await run('typescript', ['-p', 'tsconfig.node.json']),
    await run('typescript', ['-p', 'tsconfig.worker.json']),
  ];
  return codes.find((code) => code !== 0) ?? 0;
}

/** Unit and Postgres tests. */
async function runVitest(folder) {
  const file = join(folder, 'vitest.json');
  const code = await runPackage('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  return { code, ...countVitest(readJson(file)) };
}

function countVitest(report) {
  // A file that fails to load has no test to fail; it counts as one.
  const unloadable = (report?.testResults ?? []).filter(
    (it) => it.status === 'failed' && !it.assertionResults.length,
  );
  return { passed: report?.numPassedTests ?? 0, failed: (report?.numFailedTests ?? 0) + unloadable.length };
}

async function runPlaywright(folder) {
  const browser = await findOrInstallBrowser();
  const hasFfmpeg = await findOrInstallFfmpeg();
  if (!browser || !hasFfmpeg) return { code: 1, passed: 0, failed: 1 };
  const file = join(folder, 'playwright.json');
  const env = { CHROMIUM_PATH: browser, PLAYWRIGHT_JSON_OUTPUT_FILE: file };
  const code = await runPackage('@playwright/test', ['test', '--reporter=list,json'], { env });
  const stats = readJson(file)?.stats;
  return { code, passed: (stats?.expected ?? 0) + (stats?.flaky ?? 0), failed: stats?.unexpected ?? 0 };
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * One stage: its headline, its work, its counts. A suite that ends badly without a failed test counts as one failed. With
 * `isQuiet` all of its words come together, at its end.
 */
async function runStage(stage, { folder, isQuiet = false }) {
  const words = [];
  const say = (text) => (isQuiet ? words.push(text) : process.stdout.write(text));
  say(`\n━━━ ${stage.name} ━━━\n`);
  const start = Date.now();
  const runCheck = (name, args) => runPackage(name, args, isQuiet ? { onOutput: say } : {});
  const { code, passed, failed } = stage.suite
    ? await stage.suite(folder)
    : countCheck(await stage.check(runCheck));
  const result = { name: stage.name, passed, failed: code !== 0 && failed === 0 ? 1 : failed };
  const seconds = (Date.now() - start) / 1000;
  say(`━━━ ${stage.name}: ${result.failed ? 'failed' : 'passed'} in ${seconds.toFixed(1)} s\n`);
  for (const word of words) process.stdout.write(word);
  return { ...result, seconds };
}

/** These stages, two at a time, in the order in which they stand. */
async function runSideBySide(stages, folder) {
  const results = [];
  const left = [...stages];
  const work = async () => {
    for (let stage = left.shift(); stage; stage = left.shift()) {
      results.push(await runStage(stage, { folder, isQuiet: true }));
    }
  };
  await Promise.all([work(), work()]);
  return results;
}

function countCheck(code) {
  return { code, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

function chooseStages(args) {
  const only = args.flatMap((arg, place) =>
    arg === '--only' ? [args[place + 1]] : arg.startsWith('--only=') ? [arg.slice(7)] : [],
  );
  if (!only.length && !args.length) return STAGES;
  const names = only.flatMap((text) => (text ?? '').split(','));
  const known = STAGES.map((stage) => stage.name);
  const unknown = names.filter((name) => !known.includes(name));
  if (!names.length || unknown.length) {
    console.error(`npm test -- --only STAGE[,STAGE]; the stages are ${known.join(', ')}.`);
    process.exit(2);
  }
  return STAGES.filter((stage) => names.includes(stage.name));
}

function summarise(results) {
  console.log('\nstage        passed  failed   seconds');
  for (const { name, passed, failed, seconds } of results) {
    const columns = [String(passed).padStart(6), String(failed).padStart(7), seconds.toFixed(1).padStart(9)];
    console.log(`${name.padEnd(12)} ${columns.join(' ')}`);
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') === 0 ? 0 : 1;
}

checkNodeVersion();
const stages = chooseStages(process.argv.slice(2));
await ensureInstalled();
// tsconfig.json extends it, so that no stage but format can do without; the sync stage brings it up to date.
if (!existsSync(join(root, '.svelte-kit', 'tsconfig.json'))) await runPackage('@sveltejs/kit', ['sync']);
const folder = mkdtempSync(join(tmpdir(), 'undercroft-reports-'));
try {
  const checks = stages.filter(({ name }) => SIDE_BY_SIDE.has(name));
  const results = [];
  for (const stage of stages) {
    if (stage === checks[0]) results.push(...(await runSideBySide(checks, folder)));
    else if (!checks.includes(stage)) results.push(await runStage(stage, { folder }));
  }
  process.exitCode = summarise(results);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
