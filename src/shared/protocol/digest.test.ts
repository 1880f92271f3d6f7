import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, sumOf, type DigestedRow } from './digest';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

const slot = fc.record({
  id: fc.uuid(),
  label: fc.string(),
  ownerName: fc.option(fc.string()),
  lent: fc.array(fc.record({ start: fc.nat(), end: fc.nat() }), { maxLength: 3 }),
});
const rows = fc
  .uniqueArray(slot, { selector: ({ id }) => id, minLength: 1, maxLength: 20 })
  .map((list) => list.map((row): DigestedRow => ({ entity: 'slot', row })));

const reversedKeys = (row: object): object =>
  Object.fromEntries(
    Object.entries(row)
      .reverse()
      .map(([key, value]: [string, unknown]) => [
        key,
        Array.isArray(value) ? value.map((one) => reversedKeys(one as object)) : value,
      ]),
  );

describe('a digest', () => {
  it('K4 is the same in any order, of rows and of keys, and in parts', () => {
    fc.assert(
      fc.property(rows, fc.nat(20), (list, cut) => {
        const turned = list
          .toReversed()
          .map(({ entity, row }) => ({ entity, row: reversedKeys(row) }) as DigestedRow);
        const whole = digestOf(list, NOW);
        expect(digestOf(turned, NOW)).toEqual(whole);
        expect(sumOf([digestOf(list.slice(0, cut), NOW), digestOf(list.slice(cut), NOW)])).toEqual(whole);
      }),
    );
  });

  it('K4 is another when a row is missing, stands twice, or differs in one field', () => {
    fc.assert(
      fc.property(rows, fc.nat(), (list, at) => {
        const whole = digestOf(list, NOW).hash;
        const n = at % list.length;
        const row = list[n]?.row as { label: string; id: string };
        const changed = list.with(n, {
          entity: 'slot',
          row: { ...row, label: `${row.label}!` } as { id: string },
        });
        expect(digestOf(list.toSpliced(n, 1), NOW).hash).not.toBe(whole);
        expect(digestOf([...list, { entity: 'slot', row }], NOW).hash).not.toBe(whole);
        expect(digestOf(changed, NOW).hash).not.toBe(whole);
        expect(digestOf(list.with(n, { entity: 'member', row }), NOW).hash).not.toBe(whole);
      }),
    );
  });

  it('K4 leaves out what time alone brings and takes away', () => {
    const id = '01900000-0000-7000-8000-000000000001';
    const counts = (digested: object) => digestOf([digested as DigestedRow], NOW).count;
    expect(counts({ entity: 'occupancy', row: { id, end: NOW } })).toBe(0);
    expect(counts({ entity: 'occupancy', row: { id, end: NOW + 1 } })).toBe(1);
    expect(
      counts({ entity: 'gate_pass', row: { id, notBefore: NOW + 25 * HOUR, expiresAt: NOW + 26 * HOUR } }),
    ).toBe(0);
    expect(counts({ entity: 'gate_pass', row: { id, notBefore: NOW, expiresAt: NOW } })).toBe(0);
    expect(counts({ entity: 'gate_pass', row: { id, notBefore: NOW, expiresAt: NOW + 1 } })).toBe(1);
    expect(counts({ entity: 'scan', row: { id, recordedAt: NOW - 12 * HOUR } })).toBe(0);
    expect(counts({ entity: 'scan', row: { id, recordedAt: NOW } })).toBe(1);
    expect(counts({ entity: 'topup', row: { id, createdAt: NOW - 364 * 24 * HOUR } })).toBe(0);
    expect(counts({ entity: 'topup', row: { id, createdAt: NOW - 363 * 24 * HOUR } })).toBe(1);
  });
});
