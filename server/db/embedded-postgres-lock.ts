import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../platform/error-code';
import { EmbeddedPostgresError } from './embedded-postgres-error';

/**
 * One Undercroft process owns a data folder at a time: `<dataDir>/undercroft.lock` names it. Node has no flock, and
 * Postgres' own postmaster.pid says nothing about who started it, so this is a file that appears whole (written
 * aside, then linked) and counts only while the process in it lives. A process id is reused sooner or later (at once
 * in a container), hence the birth mark beside it.
 */
interface Owner {
  pid: number;
  birthMark: string;
}

export interface OwnerLock {
  release(): Promise<void>;
}

const POLL_INTERVAL = 50;

/**
 * Takes the lock, waiting up to `patience` milliseconds for an owner that is about to end.
 * @throws EmbeddedPostgresError `in_use`
 */
export async function acquireOwnerLock(dataDir: string, patience: number): Promise<OwnerLock> {
  const path = join(dataDir, 'undercroft.lock');
  const mine = JSON.stringify({ pid: process.pid, birthMark: birthMarkOf(process.pid) } satisfies Owner);
  const deadline = Date.now() + patience;
  while (!(await tryToLink(path, mine))) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const owner = parseOwner(text);
    if (!owner || !isAlive(owner)) {
      await removeStale(path, text);
    } else if (Date.now() >= deadline) {
      throw new EmbeddedPostgresError(
        'in_use',
        `Another Undercroft (process ${owner.pid}) is running on ${dataDir}. Stop it first, or give this one a folder of its own with DATA_DIR.`,
      );
    } else {
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
    }
  }
  return {
    release: async () => {
      if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true });
    },
  };
}

/** The id of the living process that owns this folder, if there is one. */
export async function findLivingOwner(dataDir: string): Promise<number | undefined> {
  const owner = parseOwner(await readFile(join(dataDir, 'undercroft.lock'), 'utf8').catch(() => ''));
  return owner && isAlive(owner) ? owner.pid : undefined;
}

async function tryToLink(path: string, content: string): Promise<boolean> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(aside, content, { mode: 0o600, flag: 'wx' });
  try {
    await link(aside, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** Renaming is what only one of several can do; one that catches a fresh lock instead of the stale one puts it back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== stale) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function parseOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, birthMark } = value as Partial<Record<keyof Owner, unknown>>;
    return typeof pid === 'number' && typeof birthMark === 'string' ? { pid, birthMark } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(owner: Owner): boolean {
  return isProcessAlive(owner.pid) && birthMarkOf(owner.pid) === owner.birthMark;
}

/** Whether a process with this id exists, be it another user's. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Boot id and start time of a process, which no other process with the same id shares; empty for none and where there is no /proc. */
export function birthMarkOf(pid: number): string {
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // From field 3 on: after the name in parentheses, which may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A dead process stays as a zombie while its parent does not ask for it, as many a container's first process never does.
    return fields[0] === 'Z' ? '' : `${bootId}/${fields[19]}`;
  } catch {
    return '';
  }
}
