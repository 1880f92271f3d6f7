import { describe, expect, it } from 'vitest';
import type { LendingRule } from './entities';
import {
  codeOf,
  decideAs,
  HOUR,
  manager,
  neighbour,
  NOW,
  reservation,
  resident,
  slot,
  stateOf,
} from './testing';

const set = (fields: { slotId?: string; label?: string; ownerId?: string | null } = {}) => ({
  op: 'slot.set@1' as const,
  args: { slotId: 's1', label: 'A', level: 'B2', kind: 'charger' as const, ownerId: null, ...fields },
});
const remove = { op: 'slot.remove@1' as const, args: { slotId: 's1' } };
const rule: LendingRule = {
  ...{ id: 'rule', slotId: 's1', weekdays: [1], from: 0, until: 60, startsOn: '2026-01-01', endsOn: null },
  ...{ daysOff: [], paused: false, createdAt: 0, removedAt: null },
};
const lent = [{ start: NOW, end: NOW + 9 * HOUR }];
const owned = slot({ id: 's1', label: 'A', ownerId: resident.id, ownerName: 'Mara', lent, rulesRevision: 1 });
const taken = reservation({ id: 'r1', slotId: 's1', memberId: neighbour.id });

describe('slot.set@1', () => {
  it('C1 makes a slot, and changes one without touching what is lent', () => {
    const state = stateOf({ slots: [owned], reservations: [taken] });
    expect(codeOf(decideAs(state, manager, set({ ownerId: resident.id })))).toBe('applied');
    expect(state.slots.get('s1')).toEqual({ ...owned, level: 'B2', kind: 'charger' });
    expect(codeOf(decideAs(state, manager, set({ slotId: 's2', label: 'B', ownerId: neighbour.id })))).toBe(
      'applied',
    );
    expect(state.slots.get('s2')).toMatchObject({
      label: 'B',
      ownerId: neighbour.id,
      ownerName: 'Ivo',
      lent: [],
    });
  });

  it('C1 ends the former owner’s rules and windows', () => {
    const state = stateOf({ slots: [owned], lendingRules: [rule] });
    expect(codeOf(decideAs(state, manager, set({ ownerId: neighbour.id })))).toBe('applied');
    expect(state.slots.get('s1')).toMatchObject({
      ownerId: neighbour.id,
      lent: [],
      opened: [],
      rulesRevision: 2,
      followedRevision: 2,
    });
    expect(state.lendingRules.get('rule')!.removedAt).toBe(NOW);
  });

  it.each([
    ['C1 another slot’s label', 'slot_label_taken', set({ slotId: 's2' })],
    ['C1 an owner who is no member', 'member_not_found', set({ ownerId: 'nobody' })],
    ['C1 another label while it is reserved', 'slot_reserved', set({ label: 'B', ownerId: resident.id })],
    ['C1 another owner while it is reserved', 'slot_reserved', set({ ownerId: neighbour.id })],
    ['C1 to remove it while it is reserved', 'slot_reserved', remove],
  ] as const)('refuses %s: %s', (_name, code, intent) => {
    const state = stateOf({ slots: [owned], reservations: [taken] });
    expect(codeOf(decideAs(state, manager, intent))).toBe(code);
    expect(codeOf(decideAs(state, resident, intent))).toBe('role_forbidden');
  });
});

describe('slot.remove@1', () => {
  it('C1 is gone for every rule, its label free, and comes back as the building’s when it is set again', () => {
    const over = { ...taken, start: NOW - 2 * HOUR, end: NOW };
    const state = stateOf({ slots: [owned], reservations: [over], lendingRules: [rule] });
    const removed = decideAs(state, manager, remove);
    expect(removed).toMatchObject({
      changes: [{ row: { id: 'rule', removedAt: NOW } }, { row: { id: 's1', removedAt: NOW } }],
    });
    expect(state.slots.has('s1')).toBe(false);
    expect(codeOf(decideAs(state, manager, remove))).toBe('slot_not_found');
    expect(codeOf(decideAs(state, manager, set({ slotId: 's2' })))).toBe('applied');
    expect(codeOf(decideAs(state, manager, set({ label: 'C' })))).toBe('applied');
    expect(state.slots.get('s1')).toMatchObject({ label: 'C', lent: [], ownerId: null });
  });
});
