import { describe, expect, it } from 'vitest';
import type { LendingRule } from './entities';
import type { DomainArgs } from './intent';
import { MOST_RULES } from './lending-rule';
import { codeOf, decideAs, guard, manager, neighbour, NOW, resident, slot, stateOf } from './testing';

const times: Omit<DomainArgs['rule.set@1'], 'ruleId' | 'slotId'> = {
  weekdays: [1, 2, 3, 4, 5],
  from: 510,
  until: 1050,
  startsOn: '2026-03-02',
  endsOn: null,
  daysOff: [],
  paused: false,
};
const set = (fields: Partial<typeof times> = {}, ruleId = 'rule') => ({
  op: 'rule.set@1' as const,
  args: { ruleId, slotId: 's1', ...times, ...fields },
});
const remove = { op: 'rule.remove@1' as const, args: { ruleId: 'rule', slotId: 's1' } };
const stored = (id: string, fields: Partial<LendingRule> = {}): LendingRule => ({
  ...{ id, slotId: 's1', ...times, createdAt: NOW - 1, removedAt: null },
  ...fields,
});
const own = slot({ id: 's1', ownerId: resident.id });

describe('weekly rules', () => {
  it('C1 are made, changed, paused and ended by the owner, each a new revision for the slot to follow', () => {
    const state = stateOf({ slots: [own] });
    expect(codeOf(decideAs(state, resident, set()))).toBe('applied');
    expect(state.lendingRules.get('rule')).toMatchObject({ ...times, createdAt: NOW, removedAt: null });
    expect(codeOf(decideAs(state, resident, set({ paused: true }), NOW + 5))).toBe('applied');
    expect(state.lendingRules.get('rule')).toMatchObject({ paused: true, createdAt: NOW });
    expect(codeOf(decideAs(state, manager, remove, NOW + 9))).toBe('applied');
    expect(state.lendingRules.get('rule')!.removedAt).toBe(NOW + 9);
    expect(state.slots.get('s1')).toMatchObject({ rulesRevision: 3, followedRevision: 0, lent: [] });
    // Told twice it is done once; what has ended does not come back.
    expect(decideAs(state, resident, remove)).toMatchObject({ status: 'applied', changes: [] });
    expect(codeOf(decideAs(state, resident, set()))).toBe('rule_not_found');
  });

  it.each([
    ['C1 a neighbour’s slot', 'slot_forbidden', neighbour, set()],
    ['D1 a guard', 'role_forbidden', guard, set()],
    ['C1 an end before the start', 'rule_empty', resident, set({ endsOn: '2026-03-01' })],
    [
      'C1 no weekday of it between first and last day',
      'rule_empty',
      resident,
      set({ weekdays: [1], startsOn: '2026-03-03', endsOn: '2026-03-08' }),
    ],
    [
      'C1 nothing of one weekday in a week',
      'applied',
      resident,
      set({ weekdays: [1], startsOn: '2026-03-03', endsOn: '2026-03-09' }),
    ],
    [
      'C1 days off that end before they begin',
      'rule_empty',
      resident,
      set({ daysOff: [{ from: '2026-04-02', until: '2026-04-02' }] }),
    ],
    ['C1 a rule of another slot', 'rule_exists', resident, set({}, 'elsewhere')],
    ['C1 to end what is not there', 'rule_not_found', resident, remove],
    [
      'C1 to end another slot’s',
      'rule_not_found',
      resident,
      { ...remove, args: { ruleId: 'elsewhere', slotId: 's1' } },
    ],
  ] as const)('refuses %s: %s', (_name, code, actor, intent) => {
    const state = stateOf({ slots: [own], lendingRules: [stored('elsewhere', { slotId: 's2' })] });
    expect(codeOf(decideAs(state, actor, intent))).toBe(code);
  });

  it('C1 are twenty of a slot at most, those that have ended not counted', () => {
    const full = Array.from({ length: MOST_RULES }, (_, index) => stored(`rule-${index}`));
    const state = stateOf({ slots: [own], lendingRules: [...full, stored('over', { removedAt: NOW - 1 })] });
    expect(decideAs(state, resident, set())).toMatchObject({ code: 'too_many_rules', data: { limit: 20 } });
    expect(codeOf(decideAs(state, resident, set({ from: 0 }, 'rule-3')))).toBe('applied');
  });
});
