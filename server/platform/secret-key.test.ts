import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSecretKey, open, seal } from './secret-key';

const KEY = new Uint8Array(32).fill(7);
const bytes = fc.uint8Array({ maxLength: 300 });

describe('seal and open', () => {
  it('opens what was sealed', () => {
    fc.assert(
      fc.property(bytes, fc.string(), (plaintext, purpose) => {
        expect(open(KEY, seal(KEY, plaintext, purpose), purpose)).toEqual(plaintext);
      }),
    );
  });

  it('refuses any altered bit', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 0, max: 7 }), (plaintext, place, bit) => {
        const sealed = seal(KEY, plaintext, 'p');
        const index = place % sealed.length;
        sealed[index] = (sealed[index] ?? 0) ^ (1 << bit);
        expect(() => open(KEY, sealed, 'p')).toThrow(expect.objectContaining({ code: 'wrong_key' }));
      }),
    );
  });

  it.each([
    ['another key', () => open(new Uint8Array(32).fill(8), seal(KEY, KEY, 'p'), 'p')],
    ['another purpose', () => open(KEY, seal(KEY, KEY, 'p'), 'q')],
    ['too few bytes', () => open(KEY, Uint8Array.of(1, 2, 3), 'p')],
    ['no bytes', () => open(KEY, new Uint8Array(0), 'p')],
  ])('refuses %s', (_, attempt) => {
    expect(attempt).toThrow(expect.objectContaining({ code: 'wrong_key' }));
  });

  it('never seals the same way twice', () => {
    expect(seal(KEY, KEY, 'p')).not.toEqual(seal(KEY, KEY, 'p'));
  });
});

describe('loadSecretKey', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'undercroft-secret-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));
  const options = { fromEnvironment: undefined, isAnythingSealed: () => Promise.resolve(false) };

  it('makes one key for all that start at once, and keeps it for its owner alone', async () => {
    const load = () => loadSecretKey({ ...options, dataDir: join(dataDir, 'new') });
    const keys = await Promise.all([load(), load(), load()]);
    expect(keys[0]).toHaveLength(32);
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
    expect(await load()).toEqual(keys[0]);
    expect((await stat(join(dataDir, 'new', 'secret-key'))).mode & 0o777).toBe(0o600);
  });

  it('prefers the key of the environment', async () => {
    expect(await loadSecretKey({ ...options, fromEnvironment: KEY, dataDir })).toEqual(KEY);
  });

  it('D3 makes none in the place of one that is lost, and leaves nothing behind', async () => {
    const isAnythingSealed = () => Promise.resolve(true);
    const own = join(dataDir, 'lost');
    const loading = loadSecretKey({ fromEnvironment: undefined, dataDir: own, isAnythingSealed });
    await expect(loading).rejects.toMatchObject({
      code: 'missing_key',
      message: expect.stringContaining(own),
    });
    expect(await readdir(dataDir)).toEqual([]);
    expect(await loadSecretKey({ fromEnvironment: KEY, dataDir: own, isAnythingSealed })).toEqual(KEY);
  });

  it('refuses a file that holds no key, and leaves it alone', async () => {
    await writeFile(join(dataDir, 'secret-key'), 'gone wrong');
    const loading = loadSecretKey({ ...options, dataDir });
    await expect(loading).rejects.toMatchObject({ code: 'bad_key_file' });
  });
});
