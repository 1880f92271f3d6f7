import { describe, expect, test } from 'vitest';
import { defaultPolicy, type SitePolicy } from '#shared/domain/policy';
import { policyChangesSchema } from '#shared/protocol/policy';
import {
  changedRules,
  countLimits,
  durationOptions,
  problemsIn,
  quietHoursFrom,
  type CountRule,
  type DurationRule,
} from './rule-form';

const HOUR = 3_600_000;
const durationRules: readonly DurationRule[] = [
  'maximumLength',
  'horizon',
  'leadTime',
  'coolingOff',
  'cancelCutOff',
  'leaseTime',
];

test('C3 every choice that the form offers is one that the wire takes', () => {
  for (const rule of durationRules) {
    for (const { value } of durationOptions(rule, defaultPolicy[rule])) {
      expect(policyChangesSchema.safeParse({ [rule]: value }).success, `${rule} ${value}`).toBe(true);
    }
  }
  for (const [rule, { min, max }] of Object.entries(countLimits) as [
    CountRule,
    { min: number; max: number },
  ][]) {
    expect(policyChangesSchema.safeParse({ [rule]: min }).success, rule).toBe(true);
    expect(policyChangesSchema.safeParse({ [rule]: max }).success, rule).toBe(true);
    expect(problemsIn({ ...defaultPolicy, [rule]: max + 1 })[rule], rule).toMatch(/whole number/);
    expect(problemsIn({ ...defaultPolicy, [rule]: min - 1 })[rule], rule).toMatch(/whole number/);
  }
});

test('an unusual length that the site has already is among the choices, in its place', () => {
  const options = durationOptions('leadTime', 45 * 60_000);
  expect(options.map(({ label }) => label).slice(0, 5)).toEqual([
    'At any time until it ends',
    '15 minutes before the start',
    '30 minutes before the start',
    '45 minutes before the start',
    '1 hour before the start',
  ]);
});

describe('C3 what was entered wrong is said in words', () => {
  test('nothing is wrong with the rules a site begins with', () => {
    expect(problemsIn(defaultPolicy)).toEqual({});
  });

  test.each([
    [{ price: Number.NaN }, 'price'],
    [{ price: 1.5 }, 'price'],
    [{ quietHours: { from: 60, until: 60 } }, 'quietHours'],
    [{ horizon: 12 * HOUR, leadTime: 12 * HOUR }, 'leadTime'],
    [{ maximumLength: 25 * HOUR }, 'maximumLength'],
    [{ visitorPassesPerWeek: Number.NaN }, 'visitorPassesPerWeek'],
    [{ currency: 'euro' }, 'currency'],
  ] as const)('%j', (changes, rule) => {
    const problems = problemsIn({ ...defaultPolicy, ...changes } as SitePolicy);
    expect(Object.keys(problems)).toEqual([rule]);
  });
});

test('C3 saving sends what differs and nothing else', () => {
  const quiet = { ...defaultPolicy, quietHours: { from: 1320, until: 360 } };
  expect(changedRules(defaultPolicy, { ...defaultPolicy })).toEqual({});
  expect(changedRules(quiet, { ...quiet, quietHours: { from: 1320, until: 360 } })).toEqual({});
  expect(changedRules(defaultPolicy, { ...quiet, price: 4 })).toEqual({
    price: 4,
    quietHours: quiet.quietHours,
  });
  expect(changedRules(quiet, { ...quiet, quietHours: null })).toEqual({ quietHours: null });
});

test('quiet hours are read as a clock shows them', () => {
  expect(quietHoursFrom('22:00', '06:00')).toEqual({ from: 1320, until: 360 });
  expect(quietHoursFrom('22:00', '')).toBeNull();
});
