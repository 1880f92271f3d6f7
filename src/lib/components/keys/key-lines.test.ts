import { describe, expect, it } from 'vitest';
import { timeFormat } from '../time/format';
import { keyLines } from './key-lines';

const NOW = Date.UTC(2026, 2, 2, 10);
const DAY = 86_400;
const format = timeFormat('UTC', 'en-GB');
const second = (days: number) => NOW / 1000 + days * DAY;
const key = (id: string, usedDays: number, fields: { retired?: boolean; until?: number } = {}) => ({
  ...{ id, from: second(usedDays - 3), usedFrom: second(usedDays), until: second(400), retired: false },
  ...fields,
});

describe('D3 the keys on the manager’s screen', () => {
  it('one key: since when it signs', () => {
    expect(keyLines([key('a', -10)], NOW, format)).toEqual([
      {
        ...{ id: 'a', state: 'in_use', title: 'Key in use' },
        detail: 'Signs all new passes since 20 Feb 2026, 10:00.',
      },
    ]);
  });

  it('the next, the one in use and earlier ones, newest first, whatever order they come in', () => {
    const rows = [
      key('old', -100, { retired: true, until: second(5) }),
      key('next', 2),
      key('now', -10),
      key('not yet told', -99),
    ];
    const lines = keyLines(rows, NOW, format);
    expect(lines.map(({ id, state }) => [id, state])).toEqual([
      ['next', 'next'],
      ['now', 'in_use'],
      ['not yet told', 'earlier'],
      ['old', 'earlier'],
    ]);
    expect(lines[0]?.detail).toContain('signs from 4 Mar 2026, 10:00');
    expect(lines[3]?.detail).toContain('the last begins by 7 Mar 2026, 10:00');
  });

  it('the next key becomes the one in use at its moment', () => {
    const stateAt = (now: number) => keyLines([key('a', -90), key('b', 2)], now, format)[0]?.state;
    expect(stateAt(NOW + 2 * DAY * 1000 - 1)).toBe('next');
    expect(stateAt(NOW + 2 * DAY * 1000)).toBe('in_use');
  });

  it('a row of a server from before rotation says since when it is valid', () => {
    const [line] = keyLines([{ ...key('a', 0), usedFrom: 0 }], NOW, format);
    expect(line?.detail).toContain('27 Feb 2026');
  });
});
