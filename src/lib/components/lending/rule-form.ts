import { dayAfter, isCalendarDay } from '#shared/domain/calendar-day';
import type { RuleDraft } from '$lib/state/lending-state.svelte';
import { minuteText, parseMinute } from '../time/clock-text';
import { dayBefore } from './rule-words';

/** What is typed: days off name their last day, times are `HH:MM`, an empty date is none. */
export interface RuleFields {
  weekdays: number[];
  from: string;
  until: string;
  startsOn: string;
  endsOn: string;
  daysOff: { from: string; last: string }[];
  paused: boolean;
}

/** Fields for a new rule: working hours of working days from `today` (`YYYY-MM-DD`) on. */
export function newFields(today: string): RuleFields {
  return {
    ...{ weekdays: [1, 2, 3, 4, 5], from: '08:30', until: '17:30', startsOn: today, endsOn: '' },
    ...{ daysOff: [], paused: false },
  };
}

/** The fields that a rule fills. */
export function fieldsOf(rule: RuleDraft): RuleFields {
  return {
    weekdays: [...rule.weekdays],
    from: minuteText(rule.from),
    until: minuteText(rule.until),
    startsOn: rule.startsOn,
    endsOn: rule.endsOn ?? '',
    daysOff: rule.daysOff.map(({ from, until }) => ({ from, last: dayBefore(until) })),
    paused: rule.paused,
  };
}

/** What is wrong, by field; empty when nothing is. */
export interface RuleProblems {
  weekdays?: string;
  times?: string;
  endsOn?: string;
  startsOn?: string;
  daysOff?: string;
}

/** The rule that the fields say, or why they say none. */
export function readFields(fields: RuleFields): { draft: RuleDraft | null; problems: RuleProblems } {
  const problems: RuleProblems = {};
  const [from, until] = [parseMinute(fields.from), parseMinute(fields.until)];
  if (fields.weekdays.length === 0) problems.weekdays = 'Pick at least one day.';
  if (from === null || until === null) problems.times = 'Give both times.';
  if (!isCalendarDay(fields.startsOn)) problems.startsOn = 'Give the first day.';
  if (fields.endsOn !== '' && !isCalendarDay(fields.endsOn)) problems.endsOn = 'This is no day.';
  else if (fields.endsOn !== '' && fields.endsOn < fields.startsOn)
    problems.endsOn = 'The last day is before the first.';
  const isWrong = ({ from: first, last }: { from: string; last: string }) =>
    !isCalendarDay(first) || !isCalendarDay(last) || last < first;
  if (fields.daysOff.some(isWrong)) problems.daysOff = 'Give the first and the last day off.';
  if (Object.keys(problems).length > 0 || from === null || until === null) return { draft: null, problems };
  const draft: RuleDraft = {
    ...{ from, until, startsOn: fields.startsOn, endsOn: fields.endsOn || null, paused: fields.paused },
    weekdays: fields.weekdays.toSorted((a, b) => a - b),
    daysOff: fields.daysOff.map(({ from: first, last }) => ({ from: first, until: dayAfter(last) })),
  };
  return { draft, problems };
}
