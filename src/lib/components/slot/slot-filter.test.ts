import { expect, test } from 'vitest';
import { filterChoices, filterSlots, levelsOf } from './slot-filter';

const slots = [
  { id: 'a', level: '−2', kind: 'car' },
  { id: 'b', level: '−1', kind: 'charger' },
  { id: 'c', level: '−1', kind: 'car' },
  { id: 'd', level: 'Yard', kind: 'motorcycle' },
] as const;

test('C4 slots by level and kind', () => {
  const ids = (level: string | null, kind: 'car' | 'charger' | null): string[] =>
    filterSlots(slots, { level, kind }).map(({ id }) => id);
  expect(ids(null, null)).toEqual(['a', 'b', 'c', 'd']);
  expect(ids('−1', null)).toEqual(['b', 'c']);
  expect(ids(null, 'car')).toEqual(['a', 'c']);
  expect(ids('−1', 'charger')).toEqual(['b']);
  expect(ids('Yard', 'charger')).toEqual([]);
});

test('C4 what there is to choose from', () => {
  expect(filterChoices(slots)).toEqual({
    levels: ['−1', '−2', 'Yard'],
    kinds: ['car', 'charger', 'motorcycle'],
  });
  expect(levelsOf(['B10', 'B2', '0', '-1', '1'].map((level) => ({ level })))).toEqual([
    '1',
    '0',
    '-1',
    'B2',
    'B10',
  ]);
});
