import { weekdayOf, daysBetween } from './calendar-day';
import type { LendingRule } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import { ownerProblem } from './share';
import { rulesOf } from './slot-owner';
import type { State } from './state';

/** C1: how many weekly rules a slot can have. */
export const MOST_RULES = 20;

/**
 * C1: makes a weekly rule of a slot, or changes one. What the slot lends follows in a moment: the site's job makes windows of its rules
 * and asks for `share.follow_rules`; until then the slot's revision of them is ahead of the one that it follows.
 */
export function decideSetRule(
  state: State,
  { ruleId, slotId, ...wanted }: DomainArgs['rule.set@1'],
  context: DecisionContext,
): Decision {
  const slot = state.slots.get(slotId);
  const problem = ownerProblem(slot, context);
  if (problem || !slot) return problem ?? refused('slot_not_found', {});
  const before = state.lendingRules.get(ruleId);
  if (before && before.slotId !== slotId) return refused('rule_exists', {});
  if (before && before.removedAt !== null) return refused('rule_not_found', {});
  if (isEmpty(wanted)) return refused('rule_empty', {});
  if (!before && rulesOf(state, slotId).length >= MOST_RULES) {
    return refused('too_many_rules', { limit: MOST_RULES });
  }
  const row: LendingRule = {
    id: ruleId,
    slotId,
    ...wanted,
    createdAt: before?.createdAt ?? context.now,
    removedAt: null,
  };
  return {
    status: 'applied',
    changes: [
      { table: 'lendingRules', row },
      { table: 'slots', row: { ...slot, rulesRevision: slot.rulesRevision + 1 } },
    ],
    data: {},
  };
}

/** C1: ends a weekly rule. What it has lent is taken back in a moment, except what is reserved. */
export function decideRemoveRule(
  state: State,
  { ruleId, slotId }: DomainArgs['rule.remove@1'],
  context: DecisionContext,
): Decision {
  const slot = state.slots.get(slotId);
  const problem = ownerProblem(slot, context);
  if (problem || !slot) return problem ?? refused('slot_not_found', {});
  const rule = state.lendingRules.get(ruleId);
  if (rule?.slotId !== slotId) return refused('rule_not_found', {});
  if (rule.removedAt !== null) return { status: 'applied', changes: [], data: {} };
  return {
    status: 'applied',
    changes: [
      { table: 'lendingRules', row: { ...rule, removedAt: context.now } },
      { table: 'slots', row: { ...slot, rulesRevision: slot.rulesRevision + 1 } },
    ],
    data: {},
  };
}

/** Whether a rule lends on no day at all: no day of its weekdays between its first and its last, or days off that end before they begin. */
function isEmpty({ weekdays, startsOn, endsOn, daysOff }: RuleDays): boolean {
  if (daysOff.some(({ from, until }) => until <= from)) return true;
  if (endsOn === null) return false;
  if (endsOn < startsOn) return true;
  const first = weekdayOf(startsOn);
  const days = Math.min(daysBetween(startsOn, endsOn), 6);
  return !weekdays.some((weekday) => (weekday - first + 7) % 7 <= days);
}

type RuleDays = Pick<LendingRule, 'weekdays' | 'startsOn' | 'endsOn' | 'daysOff'>;
