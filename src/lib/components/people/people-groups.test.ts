import { describe, expect, it } from 'vitest';
import type { PersonView } from '$lib/state/person-views';
import { peopleGroups, personDetail } from './people-groups';

const person = (fields: Partial<PersonView> & { id: string }): PersonView => ({
  ...{ name: fields.id, role: 'resident', flat: '', email: `${fields.id}@example.test`, joinedAt: 0 },
  ...{ slotLabels: [], waiting: false, leaving: false },
  ...fields,
});

const people = [
  person({ id: 'Ana', flat: '3b', slotLabels: ['B1-07'] }),
  person({ id: 'Büşra', role: 'guard' }),
  person({ id: 'Cy', role: 'manager', email: null }),
  person({ id: 'Dana', flat: '3b' }),
];
const idsOf = (search: string, limit = 10) =>
  peopleGroups(people, search, limit).map(({ role, people: own }) => [role, own.map(({ id }) => id)]);

describe('the people of a building', () => {
  it('B6 stand by role, managers first, and empty roles not at all', () => {
    expect(idsOf('')).toEqual([
      ['manager', ['Cy']],
      ['guard', ['Büşra']],
      ['resident', ['Ana', 'Dana']],
    ]);
    expect(idsOf('3b')).toEqual([['resident', ['Ana', 'Dana']]]);
  });

  it('B6 are found by name without accents, flat, e-mail and slot, every word counting', () => {
    expect(idsOf('BUSRA')).toEqual([['guard', ['Büşra']]]);
    expect(idsOf('3b dana@')).toEqual([['resident', ['Dana']]]);
    expect(idsOf('b1-07')).toEqual([['resident', ['Ana']]]);
    expect(idsOf('nobody')).toEqual([]);
  });

  it('B6 a long list is cut and says how long it is', () => {
    expect(peopleGroups(people, '', 1)).toMatchObject([{}, {}, { count: 2, people: [{ id: 'Ana' }] }]);
  });

  it('B6 have a line that leaves out what is not known', () => {
    expect(people.map(personDetail)).toEqual([
      ...['3b · slot B1-07 · Ana@example.test', 'Büşra@example.test'],
      ...['no account any more', '3b · Dana@example.test'],
    ]);
  });
});
