import { build } from 'esbuild';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from './db/testing';
import { isProcessAlive } from './db/embedded-postgres-lock';
import { createTestDevice, TEST_PASSWORD } from './http/testing-device';
import { findProjectRoot } from './platform/project-root';

let database: TestDatabase;
let dataDir: string;
let bundle: string;
beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'undercroft-main-'));
  bundle = await mkdtemp(join(findProjectRoot(), 'node_modules', '.undercroft-main-'));
  await bundleMain();
});
afterAll(async () => {
  await database.close();
  for (const folder of [dataDir, bundle]) await rm(folder, { recursive: true, force: true });
});

/** As scripts/build.mjs does, once: compiled at each of the twelve starts it took 2 s of processor time a start. */
async function bundleMain(): Promise<void> {
  await build({
    absWorkingDir: findProjectRoot(),
    entryPoints: ['server/main.ts'],
    outfile: join(bundle, 'main.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    packages: 'external',
    external: ['*/handler.js'],
    tsconfig: 'tsconfig.node.json',
  });
}

/** Runs main as a process, from another folder, on the test's database. */
function run(variables: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, [join(bundle, 'main.js')], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], DATABASE_URL: database.url, DATA_DIR: dataDir, ...variables },
  });
  let output = '';
  let onOutput: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      output += data.toString();
      onOutput();
    });
  }
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const waitFor = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(output);
      if (match) return match;
      if (child.exitCode !== null) throw new Error(`It ended: ${output}`);
      await new Promise<void>((resolve) => {
        onOutput = resolve;
        void exit.then(() => resolve());
      });
    }
  };
  return { child, exit, waitFor, output: () => output };
}

describe('main', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('A8 ends within 5 s on %s with an open stream', async (signal) => {
    const main = run({ PORT: '0', DEMO: '1', DEMO_PASSWORD: TEST_PASSWORD });
    const [, url] = await main.waitFor(/running: (http:\/\/localhost:\d+)/);
    expect((await main.waitFor(/Their password[^\n]*/))[0]).not.toContain(TEST_PASSWORD);
    const device = createTestDevice(url ?? '');
    await device.signIn('resident-a@demo.undercroft.test');
    const stream = await device.openPokes();
    const began = Date.now();
    main.child.kill(signal);
    await stream.waitFor(/"code":"unavailable"/);
    await stream.ended;
    await expect(main.exit).resolves.toBe(0);
    expect(Date.now() - began).toBeLessThan(5000);
  });

  it('A8 says that the port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, resolve));
    const { port } = other.address() as AddressInfo;
    const main = run({ PORT: String(port) });
    await expect(main.exit).resolves.toBe(1);
    expect(main.output()).toContain(`Port ${port} is in use`);
    expect(main.output()).not.toContain('    at ');
    other.close();
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'A8 leaves no Postgres behind when %s comes while it starts',
    async (signal) => {
      const ownFolder = join(dataDir, signal);
      const main = run({ PORT: '0', DATABASE_URL: '', DATA_DIR: ownFolder });
      const file = join(ownFolder, 'postgres', 'postmaster.pid');
      // Postgres writes the file first and accepts connections later.
      while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 1));
      const pid = await vi.waitFor(async () => {
        const [line = ''] = (await readFile(file, 'utf8')).split('\n');
        expect(line).toMatch(/^\d+$/);
        return Number(line);
      });
      main.child.kill(signal);
      await expect(main.exit).resolves.toBe(0);
      expect(isProcessAlive(pid)).toBe(false);
      expect(existsSync(join(ownFolder, 'undercroft.lock'))).toBe(false);
    },
  );

  it('A8 is ready again after its Postgres was killed, and ends with a sentence when that does not start', async () => {
    const ownFolder = join(dataDir, 'killed');
    const main = run({ PORT: '0', DATABASE_URL: '', DATA_DIR: ownFolder });
    const [, url] = await main.waitFor(/running: (http:\/\/localhost:\d+)/);
    const readiness = async () => (await fetch(`${url}/health/ready`)).status;
    const killPostgres = async () => {
      const text = await readFile(join(ownFolder, 'postgres', 'postmaster.pid'), 'utf8');
      process.kill(Number(text.split('\n')[0]), 'SIGKILL');
    };
    await killPostgres();
    await vi.waitFor(async () => expect(await readiness()).toBe(503));
    await vi.waitFor(async () => expect(await readiness()).toBe(200), { timeout: 10_000 });
    await writeFile(join(ownFolder, 'postgres', 'postgresql.conf'), 'nonsense = 1');
    await killPostgres();
    await expect(main.exit).resolves.toBe(1);
    expect(main.output()).toMatch(/^Postgres ended by itself and could not be run again\./m);
  });

  describe('D3 a lost secret key', () => {
    const KEY = 'ab'.repeat(32);
    let sealed: TestDatabase;
    const keyCount = async () =>
      (await sealed.pool.query<{ count: number }>('select count(*) from signing_keys')).rows[0]!.count;

    beforeAll(async () => {
      sealed = await createTestDatabase();
      const main = run({
        PORT: '0',
        DEMO: '1',
        DATABASE_URL: sealed.url,
        SECRET_KEY: KEY,
        DATA_DIR: join(dataDir, 'sealing'),
      });
      await main.waitFor(/running: /);
      main.child.kill('SIGTERM');
      await main.exit;
    });

    afterAll(() => sealed.close());

    it.each([
      ['is another', { SECRET_KEY: 'cd'.repeat(32) }, /sealed with another SECRET_KEY.*DATA_DIR/],
      ['is not there', {}, /secret-key is not there.*backup, or give the key as SECRET_KEY/],
    ])('is said at the start when it %s, and nothing is made', async (_what, variables, sentence) => {
      const own = await mkdtemp(join(dataDir, 'lost-'));
      const before = await keyCount();
      expect(before).toBeGreaterThan(0);
      // Twice: the first start leaves nothing behind that would mend or mask it for the second.
      for (let start = 0; start < 2; start++) {
        const main = run({ PORT: '0', DEMO: '1', DATABASE_URL: sealed.url, DATA_DIR: own, ...variables });
        await expect(main.exit).resolves.toBe(1);
        expect(main.output()).toMatch(sentence);
        expect(main.output()).not.toContain('    at ');
        expect(await readdir(own)).toEqual([]);
      }
      expect(await keyCount()).toBe(before);
    });

    it('starts again with the right one', async () => {
      const main = run({
        PORT: '0',
        DEMO: '1',
        DATABASE_URL: sealed.url,
        SECRET_KEY: KEY,
        DATA_DIR: join(dataDir, 'sealing'),
      });
      await main.waitFor(/running: /);
      main.child.kill('SIGTERM');
      await expect(main.exit).resolves.toBe(0);
    });
  });

  it('A8 names a bad variable and does not start', async () => {
    const main = run({ PORT: 'http' });
    await expect(main.exit).resolves.toBe(1);
    expect(main.output()).toContain('PORT: must be a port number');
  });
});
