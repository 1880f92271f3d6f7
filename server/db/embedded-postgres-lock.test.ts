import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acquireOwnerLock, birthMarkOf, findLivingOwner } from './embedded-postgres-lock';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'undercroft-lock-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

const putLock = (text: string) => writeFile(join(dataDir, 'undercroft.lock'), text);

describe('acquireOwnerLock', () => {
  it('lets one of many in, and the next after its release', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => acquireOwnerLock(dataDir, 0)));
    const locks = attempts.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
    expect(locks).toHaveLength(1);
    expect(await findLivingOwner(dataDir)).toBe(process.pid);
    await locks[0]?.release();
    expect(await readdir(dataDir)).toEqual([]);
    await (await acquireOwnerLock(dataDir, 0)).release();
  });

  it('waits for an owner that ends within its patience', async () => {
    const first = await acquireOwnerLock(dataDir, 0);
    const second = acquireOwnerLock(dataDir, 10_000);
    await first.release();
    await (await second).release();
  });

  it.each([
    ['nothing', ''],
    ['half a lock', '{"pid":'],
    ['a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, birthMark: 'x/1' })],
    [
      'a process id that is in use again',
      JSON.stringify({ pid: process.pid, birthMark: 'an earlier boot/1' }),
    ],
  ])('takes over from %s', async (_, text) => {
    await putLock(text);
    const lock = await acquireOwnerLock(dataDir, 0);
    expect(await readFile(join(dataDir, 'undercroft.lock'), 'utf8')).toContain(String(process.pid));
    await lock.release();
  });

  it.runIf(process.platform === 'linux')('takes over from a zombie', async () => {
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60']);
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(chunk.toString());
    await putLock(JSON.stringify({ pid, birthMark: birthMarkOf(pid) }));
    await expect(acquireOwnerLock(dataDir, 0)).rejects.toMatchObject({ code: 'in_use' });
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(birthMarkOf(pid)).toBe(''));
    expect(() => process.kill(pid, 0)).not.toThrow();
    await (await acquireOwnerLock(dataDir, 0)).release();
    parent.kill('SIGKILL');
  });
});
