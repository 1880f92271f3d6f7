import fc from 'fast-check';
import { create } from 'qrcode';
import { describe, expect, it } from 'vitest';
import { copyBytes } from './bytes';
import { encodeBase45 } from './base45';
import {
  formatStatusList,
  isStatusListCode,
  parseStatusListPart,
  StatusListCollector,
  type ListProgress,
} from './status-list-code';

const { subtle } = crypto;
const list = (maxLength = 6000) => fc.uint8Array({ minLength: 1, maxLength }).map(copyBytes);

async function codesOf(signed: Uint8Array): Promise<string[]> {
  const codes = await formatStatusList(subtle, copyBytes(signed));
  if (!codes) throw new Error('the list is too long');
  return codes;
}

/** Shows the codes to a collector; what became complete, and the last word. */
async function show(codes: readonly string[], collector = new StatusListCollector(subtle)) {
  const complete: Uint8Array[] = [];
  let last: ListProgress | null = null;
  for (const code of codes) {
    const read = parseStatusListPart(code);
    if (!read.ok) throw new Error(read.detail);
    last = await collector.add(read.value);
    if (last.kind === 'complete') complete.push(last.signed);
  }
  return { complete, last };
}

describe('K8 a status list as QR codes', () => {
  it('each code fits version 20 at level L, the fullest just so', async () => {
    const codes = await codesOf(new Uint8Array(20_000).fill(255));
    const versions = codes.map((data) => {
      return create([{ data, mode: 'alphanumeric' }], { errorCorrectionLevel: 'L' }).version;
    });
    expect(Math.max(...versions)).toBe(20);
    expect(codes).toHaveLength(25);
  });

  it('comes back whole in any order, with duplicates, and together with another list', async () => {
    await fc.assert(
      fc.asyncProperty(list(), list(), fc.infiniteStream(fc.nat()), async (one, other, numbers) => {
        fc.pre(Buffer.compare(one, other) !== 0);
        const codes = [...(await codesOf(one)), ...(await codesOf(other))];
        const shown = codes
          .flatMap((code) => [code, code].slice(0, 1 + (numbers.next().value % 2)))
          .map((code) => ({ code, place: numbers.next().value }))
          .sort((a, b) => a.place - b.place)
          .map(({ code }) => code);
        const { complete } = await show(shown);
        const texts = new Set(complete.map((bytes) => Buffer.from(bytes).toString('hex')));
        expect(texts).toEqual(new Set([one, other].map((bytes) => Buffer.from(bytes).toString('hex'))));
      }),
      { numRuns: 50 },
    );
  });

  it('says how many parts it has', async () => {
    const codes = await codesOf(new Uint8Array(3000).fill(7));
    expect((await show(codes.slice(0, 2))).last).toEqual({
      kind: 'collecting',
      have: 2,
      parts: codes.length,
    });
    expect((await show([codes[0]!, codes[0]!])).last).toMatchObject({ have: 1 });
  });

  it('a part with other content is found, and the list can be shown again', async () => {
    const codes = await codesOf(new Uint8Array(1500).fill(7));
    const read = parseStatusListPart(codes[1]!);
    if (!read.ok) throw new Error(read.detail);
    const collector = new StatusListCollector(subtle);
    await collector.add({ ...read.value, bytes: new Uint8Array(3) });
    expect((await show([codes[0]!], collector)).last).toEqual({ kind: 'damaged' });
    expect((await show(codes, collector)).complete).toHaveLength(1);
  });

  it('keeps the parts of four lists, not of any number', async () => {
    const collector = new StatusListCollector(subtle);
    const lists = await Promise.all(
      Array.from({ length: 5 }, (_, index) => codesOf(new Uint8Array(1500).fill(index))),
    );
    for (const codes of lists) await show([codes[0]!], collector);
    expect((await show([lists[1]![1]!], collector)).complete).toHaveLength(1);
    expect((await show([lists[0]![1]!], collector)).complete).toHaveLength(0);
  });

  it('is not made of a list that nobody would hold two phones together for', async () => {
    expect(await formatStatusList(subtle, new Uint8Array(60_000))).toBeNull();
  });

  it('reads anything without throwing', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.uint8Array({ maxLength: 900 }).map((bytes) => `UC1S:${encodeBase45(bytes)}`),
      fc.string().map((text) => `UC1S:${text}`),
    );
    fc.assert(fc.property(texts, (text) => typeof parseStatusListPart(text).ok === 'boolean'));
  });

  it('every change of one character is refused, or is another part of no harm', async () => {
    const [code] = await codesOf(new Uint8Array(40).fill(9));
    await fc.assert(
      fc.asyncProperty(fc.nat(code!.length - 1), fc.constantFrom(...'0AZ9:%'), async (place, other) => {
        const changed = code!.slice(0, place) + other + code!.slice(place + 1);
        fc.pre(changed !== code);
        const read = parseStatusListPart(changed);
        if (!read.ok) return;
        expect((await new StatusListCollector(subtle).add(read.value)).kind).not.toBe('complete');
      }),
    );
  });

  it('knows its codes from others', () => {
    expect(['UC1S:AB', 'UC1:AB', 'UC1C:AB', ''].map(isStatusListCode)).toEqual([true, false, false, false]);
  });
});
