import { expect, it } from 'vitest';
import { codeOf, decideAs, guard, resident, stateOf, system } from './testing';

it.each([
  ['  b-uc  1234 ', 'B-UC 1234'],
  ['wgt\u0000 12', 'WGT 12'],
  ['straße ß 123456', 'STRASSE SS 12345'],
  ['', ''],
])('A5 keeps the plate %j as %j', (text, plate) => {
  const state = stateOf({});
  expect(codeOf(decideAs(state, resident, { op: 'member.set_plate@1', args: { plate: text } }))).toBe(
    'applied',
  );
  expect(state.members.get(resident.id)).toEqual({ ...resident, plate });
});

it('D1 a guard has no car here, and the site none at all', () => {
  const wish = { op: 'member.set_plate@1', args: { plate: 'B 1' } } as const;
  expect(codeOf(decideAs(stateOf({}), guard, wish))).toBe('role_forbidden');
  expect(codeOf(decideAs(stateOf({}), system, wish))).toBe('role_forbidden');
});
