// npm start: installs, builds and runs Undercroft, as far as each is still to be done.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './build.mjs';
import { checkNodeVersion, cleanEnvironment, root } from './checkout.mjs';
import { ensureInstalled } from './install.mjs';

checkNodeVersion();
await ensureInstalled();
const code = await ensureBuilt();
if (code !== 0) {
  console.error('The build failed; what it says above is the reason.');
  process.exit(code);
}
const dotenv = join(root, '.env');
// A variable that is set already wins over the file.
if (existsSync(dotenv)) process.loadEnvFile(dotenv);
runServer();

function runServer() {
  const preload = pathToFileURL(join(root, 'scripts', 'end-with-parent.mjs')).href;
  const args = ['--enable-source-maps', '--import', preload, join(root, 'build', 'server', 'main.js')];
  const server = spawn(process.execPath, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: cleanEnvironment({ NODE_ENV: process.env.NODE_ENV ?? 'production' }),
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches the whole group: the server has had it already, and a second one means haste.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) server.kill(signal);
    });
  }
  const watch = watchNpm(() => server.kill('SIGTERM'));
  server.once('exit', (exitCode, signal) => {
    clearInterval(watch);
    process.exit(exitCode ?? (signal === 'SIGINT' ? 130 : signal === 'SIGKILL' ? 137 : 143));
  });
}

/** Calls back when the npm that started this is gone: kill -9 on it passes nothing on, and the port would stay taken. */
function watchNpm(onGone) {
  const npm = process.platform === 'linux' && process.env.npm_lifecycle_event ? findNpm() : undefined;
  if (!npm) return undefined;
  return setInterval(() => {
    if (parentOf(npm.child) !== npm.pid) onGone();
  }, 250);
}

/** npm runs scripts through a shell, so that it is the parent or the grandparent. */
function findNpm() {
  for (let child = process.pid, depth = 0; depth < 2; depth++) {
    const pid = parentOf(child);
    if (!pid || pid === 1) return undefined;
    if (/^npm\b|npm-cli/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')))
      return { pid, child };
    child = pid;
  }
  return undefined;
}

/** The fourth field of stat, counted after the name in parentheses. */
function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
