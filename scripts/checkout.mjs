// Run before anything is installed: Node's own modules only.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the checkout, wherever the program was called from. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What `npm` told this script about itself that would mislead another `npm` started from it. */
const MISLEADING =
  /^(npm_(config_(prefix|local_prefix|global_prefix|global|omit|include|production|only|dry_run|workspaces?)|package_|lifecycle_|command)|INIT_CWD$)/i;

/** The environment without npm's own noise; the user's settings (registry, cache, proxy) stay. */
export function cleanEnvironment(extra = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !MISLEADING.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

/** Exits with a sentence when this Node is older than package.json asks for. */
export function checkNodeVersion() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = engines.node.match(/\d+(\.\d+)*/)[0];
  if (isOlder(process.versions.node, wanted)) {
    console.error(
      `Undercroft needs Node ${wanted} or newer; this is ${process.versions.node}. See https://nodejs.org`,
    );
    process.exit(1);
  }
}

export function isOlder(version, wanted) {
  const [have, need] = [version, wanted].map((text) => text.split('.').map(Number));
  for (let place = 0; place < need.length; place++) {
    if (have[place] !== need[place]) return (have[place] ?? 0) < need[place];
  }
  return false;
}

/**
 * Runs a program in the checkout with its output shown, or given piece by piece to `onOutput`; answers its exit code (127: it
 * could not be run). `onStart` gets the process.
 */
export function run(
  command,
  args,
  { env = {}, cwd = root, stdio = 'inherit', onStart = () => {}, onOutput } = {},
) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      stdio: onOutput ? ['ignore', 'pipe', 'pipe'] : stdio,
      env: cleanEnvironment(env),
    });
    onStart(child);
    for (const stream of onOutput ? [child.stdout, child.stderr] : []) stream.on('data', onOutput);
    child.once('error', (error) => {
      const sentence = `${command}: ${error.message}\n`;
      if (onOutput) onOutput(sentence);
      else process.stderr.write(sentence);
      resolve(127);
    });
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

/** Runs a Node program of an installed package, without the shell wrappers of node_modules/.bin (Windows has others). */
export function runPackage(name, args, options) {
  const folder = join(root, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const path = typeof bin === 'string' ? bin : (bin[name.replace(/.*\//, '')] ?? Object.values(bin)[0]);
  return run(process.execPath, [join(folder, path), ...args], options);
}

/** The same npm that called this script, or else the one on the PATH. */
export function runNpm(args, options) {
  const npm = process.env.npm_execpath;
  if (npm && /npm-cli\.c?js$/.test(npm) && existsSync(npm))
    return run(process.execPath, [npm, ...args], options);
  return process.platform === 'win32'
    ? run('cmd', ['/c', 'npm', ...args], options)
    : run('npm', args, options);
}

/** One hash of the names and contents of these files and of all files in these folders; missing ones are skipped. */
export function hashOf(paths, isWanted = () => true) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap((it) => listFiles(join(root, it))).filter(isWanted)) {
    const content = readFileSync(path);
    hash.update(`${relative(root, path)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function listFiles(path) {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info) return [];
  if (!info.isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => listFiles(join(path, name)));
}

export function readStamp(path) {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;
}
