import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '#shared/domain/policy';
import { fromWall, toWall } from './site-clock';
import { eveningAfter, eveningIsToday, windowOf } from './window-choice';

const zone = 'Europe/Warsaw';
const at = (wall: string): number => fromWall(wall, zone)!;
const now = at('2026-11-21T14:02') + 37_000;

describe('from now on', () => {
  test('begins with the running minute and lasts the hours', () => {
    const { range } = windowOf({ kind: 'hours', hours: 2 }, now, zone, defaultPolicy);
    expect(range).toEqual({ start: at('2026-11-21T14:02'), end: at('2026-11-21T16:02') });
  });

  test('until evening is today, later on tomorrow', () => {
    expect(eveningAfter(now, zone)).toBe(at('2026-11-21T20:00'));
    expect(eveningIsToday(now, zone)).toBe(true);
    expect(eveningAfter(at('2026-11-21T19:30'), zone)).toBe(at('2026-11-22T20:00'));
    expect(eveningIsToday(at('2026-11-21T19:30'), zone)).toBe(false);
  });

  test('is a valid window at any moment', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (moment) => {
        const { range } = windowOf({ kind: 'evening' }, moment, zone, null);
        expect(range!.start).toBeLessThanOrEqual(moment);
        expect(range!.end - moment).toBeGreaterThanOrEqual(3_600_000);
        expect(toWall(range!.end, zone).slice(11)).toBe('20:00');
      }),
    );
  });
});

describe('exact', () => {
  const exact = (start: string, end: string) =>
    windowOf({ kind: 'exact', start, end }, now, zone, defaultPolicy);

  test('C1 is read off the clock of the site, right across a change of the clocks', () => {
    const night = windowOf(
      { kind: 'exact', start: '2026-10-24T22:00', end: '2026-10-25T06:00' },
      at('2026-10-24T12:00'),
      zone,
      defaultPolicy,
    );
    expect(night.range).toEqual({
      start: Date.parse('2026-10-24T20:00Z'),
      end: Date.parse('2026-10-25T05:00Z'),
    });
  });

  test.each([
    ['', '2026-11-21T16:00', 'incomplete'],
    ['2026-11-21T16:00', '', 'incomplete'],
    ['2026-11-21T16:00', '2026-11-21T16:00', 'end_before_start'],
    ['2026-11-21T17:00', '2026-11-21T16:00', 'end_before_start'],
    ['2026-11-21T10:00', '2026-11-21T12:00', 'past'],
    ['2026-11-22T10:00', '2026-11-23T10:01', 'too_long'],
    ['2026-12-22T10:00', '2026-12-22T12:00', 'too_far'],
  ])('%s to %s is %s', (start, end, problem) => {
    expect(exact(start, end)).toEqual({ range: null, problem });
  });

  test('C3 the longest window allowed is allowed', () => {
    expect(exact('2026-11-22T10:00', '2026-11-23T10:00').problem).toBeNull();
  });

  test('without limits any length goes', () => {
    const choice = { kind: 'exact', start: '2026-11-22T10:00', end: '2027-11-01T10:00' } as const;
    expect(windowOf(choice, now, zone, null).problem).toBeNull();
  });
});
