import { describe, expect, it } from 'vitest';
import { fieldsOf, newFields, readFields, type RuleFields } from './rule-form';

const today = '2026-11-22';
const typed = (fields: Partial<RuleFields> = {}): RuleFields => ({ ...newFields(today), ...fields });
const problemsOf = (fields: Partial<RuleFields>) => Object.keys(readFields(typed(fields)).problems);

describe('the form of a weekly rule', () => {
  it('C1 begins with the hours of working days from today on', () => {
    expect(readFields(typed())).toEqual({
      problems: {},
      draft: {
        ...{ weekdays: [1, 2, 3, 4, 5], from: 510, until: 1050, startsOn: today, endsOn: null },
        ...{ daysOff: [], paused: false },
      },
    });
  });

  it('C1 says the last day off, and keeps the first that is lent again', () => {
    const { draft } = readFields(typed({ daysOff: [{ from: '2026-12-24', last: '2026-12-31' }] }));
    expect(draft?.daysOff).toEqual([{ from: '2026-12-24', until: '2027-01-01' }]);
    expect(fieldsOf(draft!).daysOff).toEqual([{ from: '2026-12-24', last: '2026-12-31' }]);
  });

  it('C1 gives back what it was given, weekdays in order', () => {
    const { draft } = readFields(
      typed({ weekdays: [7, 2], from: '22:00', until: '07:05', endsOn: '2027-02-28', paused: true }),
    );
    expect(draft).toMatchObject({
      weekdays: [2, 7],
      from: 1320,
      until: 425,
      endsOn: '2027-02-28',
      paused: true,
    });
    expect(readFields(fieldsOf(draft!)).draft).toEqual(draft);
  });

  it.each<[string, Partial<RuleFields>]>([
    ['weekdays', { weekdays: [] }],
    ['times', { from: '' }],
    ['times', { until: '7:5' }],
    ['startsOn', { startsOn: '' }],
    ['startsOn', { startsOn: '2026-02-30' }],
    ['endsOn', { endsOn: '2026-11-21' }],
    ['endsOn', { endsOn: '2027-02-29' }],
    ['daysOff', { daysOff: [{ from: '2026-12-24', last: '' }] }],
    ['daysOff', { daysOff: [{ from: '2026-12-24', last: '2026-12-23' }] }],
  ])('C1 says which field is wrong: %s %#', (field, fields) => {
    expect(problemsOf(fields)).toEqual([field]);
    expect(readFields(typed(fields)).draft).toBeNull();
  });
});
