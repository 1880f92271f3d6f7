import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from './error-code';

/**
 * The text of a small file that only the process's own user may read, made with `make()` when it is missing; when that
 * rejects, nothing is made. Two processes that start at once get the same text: the file appears whole (written aside, then
 * linked), and the one that comes second reads the first one's.
 */
export async function readOrCreateKeptFile(
  path: string,
  make: () => string | Promise<string>,
): Promise<string> {
  const existing = await readIfPresent(path);
  if (existing !== undefined) return existing;
  const made = await make();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(aside, made, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(aside, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
  return await readFile(path, 'utf8');
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
