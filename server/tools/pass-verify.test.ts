import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const tool = fileURLToPath(new URL('./pass-verify.ts', import.meta.url));
const vectors = fileURLToPath(new URL('../../src/shared/pass/pass-vectors.json', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pass-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', tool, ...args], { encoding: 'utf8' });
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('D3 pass:verify', () => {
  const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as {
    cases: { name: string; result: string }[];
  };

  it('prints one JSON line a case and nothing else', () => {
    const { status, stdout } = run(vectors);
    const expected = cases.map(({ name, result }) => `${JSON.stringify({ name, result })}\n`);
    expect(stdout).toBe(expected.join(''));
    expect(status).toBe(0);
  });

  it('a broken case does not stop the others', () => {
    const broken = JSON.stringify({ cases: [{ name: 'broken' }, null, cases[0]] });
    const { status, stdout, stderr } = run(file('broken.json', broken));
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { name: 'broken', result: 'invalid_case' },
      { name: 'case 1', result: 'invalid_case' },
      { name: cases[0]!.name, result: cases[0]!.result },
    ]);
    expect(stderr).toContain('case 0 (broken)');
    expect(status).toBe(1);
  });

  it.each([
    ['no file named', []],
    ['no such file', [join(folder, 'missing.json')]],
    ['not JSON', [file('text.json', 'hello')]],
    ['no cases', [file('empty.json', '{}')]],
    ['cases no array', [file('object.json', '{"cases":{}}')]],
    ['another format', [file('format.json', '{"format":"UC2","cases":[]}')]],
  ])('%s: said on stderr, exit code 2', (_what, args) => {
    const { status, stdout, stderr } = run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });
});
