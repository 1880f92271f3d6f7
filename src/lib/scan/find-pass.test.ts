import { describe, expect, it } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { findPasses, indexPasses } from './find-pass';

const HOUR = 3_600_000;
const NOW = 10 * HOUR;
const day = { start: 0, end: 24 * HOUR };
const pass = (id: string, fields: Partial<Row<'gate_pass'>> = {}): Row<'gate_pass'> => ({
  ...{ id, slotLabel: 'A-01', plate: 'KR 1O0-IB', personName: 'Luka Babić', kind: 0, status: 'valid' },
  ...{ notBefore: 9 * HOUR, expiresAt: 12 * HOUR, code: 'ABCD2345', bound: true },
  ...{ visitorPassId: null, hostName: 'Željka Horvat' },
  ...fields,
});
const find = (passes: Row<'gate_pass'>[], words: string, limit = 30) =>
  findPasses(indexPasses(passes), words, { day, now: NOW, limit }).map(({ id }) => id);

describe('K8 a pass found by plate, name or slot', () => {
  it.each([
    ...['KR 1O0-IB', 'kr10', 'kr 1oo-1b', 'KRIOOIB', '00-i'],
    ...['a01', 'A-01', 'luka', 'BABIC', 'zeljka', 'abcd 2345', 'abcd-2345'],
  ])('%j finds it', (words) => expect(find([pass('p')], words)).toEqual(['p']));

  it.each(['KR 2', 'b01', 'ana', 'KR100IBX'])('%j does not', (words) => {
    expect(find([pass('p')], words)).toEqual([]);
  });

  it('letters that look like digits are alike on plates only', () => {
    expect(find([pass('p', { plate: '', personName: 'Ivo' })], '1vo')).toEqual([]);
  });

  it('today’s come first, then the better fit, then the nearer', () => {
    const passes = [
      pass('tomorrow', { plate: 'W 12', notBefore: 30 * HOUR, expiresAt: 31 * HOUR }),
      pass('holds', { plate: 'AW 123' }),
      pass('begins', { plate: 'W 123' }),
      pass('later', { plate: 'W 124', notBefore: 20 * HOUR, expiresAt: 22 * HOUR }),
      pass('same', { plate: 'W-12' }),
    ];
    expect(find(passes, 'w12')).toEqual(['same', 'begins', 'later', 'holds', 'tomorrow']);
    expect(find(passes, 'w12', 2)).toEqual(['same', 'begins']);
  });

  it('what was revoked or put on hold comes after all that stands, however well it fits', () => {
    const passes = [
      pass('revoked', { plate: 'W 12', status: 'revoked' }),
      pass('suspended', { plate: 'W 123', status: 'suspended' }),
      pass('tomorrow', { plate: 'AW 123', notBefore: 30 * HOUR, expiresAt: 31 * HOUR }),
      pass('stands', { plate: 'AW 1234' }),
    ];
    expect(find(passes, 'w12')).toEqual(['stands', 'tomorrow', 'revoked', 'suspended']);
    expect(find([pass('a', { status: 'revoked' }), pass('b')], '')).toEqual(['b', 'a']);
  });

  it('without words it lists today’s', () => {
    expect(find([pass('t'), pass('y', { notBefore: -5 * HOUR, expiresAt: -HOUR })], ' - ')).toEqual(['t']);
  });
});
