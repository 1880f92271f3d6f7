import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { runPassCase } from './conformance-case';

interface Vector {
  name: string;
  result: string;
}
const text = readFileSync(new URL('./pass-vectors.json', import.meta.url), 'utf8');
const vectors = (JSON.parse(text) as { cases: Vector[] }).cases;

const tools = {
  subtle: webcrypto.subtle,
  inflate: (bytes: Uint8Array, maxOutputLength: number) => inflateSync(bytes, { maxOutputLength }),
};

describe('D3 conformance vectors of UC1', () => {
  it('there are 40', () => expect(vectors).toHaveLength(40));

  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', async (name, vector) => {
    const { result, ...withoutAnswer } = vector;
    const ran = await runPassCase(tools, withoutAnswer, 0);
    expect(ran).toEqual({ line: { name, result }, problem: null });
  });

  it('a case that is no case is said to be one, and does not throw', async () => {
    for (const broken of [null, 7, {}, { name: 'x' }, { ...vectors[0], qr: 7 }]) {
      const { line, problem } = await runPassCase(tools, broken, 3);
      expect(line.result).toBe('invalid_case');
      expect(problem).not.toBeNull();
    }
  });

  it('a status list that is not hex is one that cannot be verified', async () => {
    const { line } = await runPassCase(tools, { ...vectors[0], statusList: 'zz' }, 0);
    expect(line.result).toBe('valid_provisional');
  });
});
