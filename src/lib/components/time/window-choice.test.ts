import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '#shared/domain/policy';
import { fromWall, toWall } from './site-clock';
import {
  defaultChoice,
  earliestStart,
  eveningAfter,
  eveningIsToday,
  exactChoice,
  problemOf,
  quickChoice,
  windowOf,
} from './window-choice';

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

  test('C4 a window in the hour that the clocks repeat stays where it was picked', () => {
    const berlin = 'Europe/Berlin';
    // 02:15 to 02:45 by the clock, the second time that night.
    const second = { start: Date.parse('2026-10-25T01:15Z'), end: Date.parse('2026-10-25T01:45Z') };
    const evening = Date.parse('2026-10-24T18:00Z');
    const meant = (choice: Parameters<typeof windowOf>[0]) => windowOf(choice, evening, berlin, null).range;
    expect(meant(quickChoice(second, berlin))).toEqual(second);
    const open = exactChoice(second, berlin);
    expect(meant(open)).toEqual(second);
    // One field is changed: the other keeps its moment.
    expect(meant({ ...open, end: '2026-10-25T04:00', endAt: undefined })).toEqual({
      start: second.start,
      end: Date.parse('2026-10-25T03:00Z'),
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

describe('C3 what the site’s rules forbid is known before it is asked for', () => {
  const limits = { ...defaultPolicy, leadTime: 30 * 60_000, quietHours: { from: 22 * 60, until: 6 * 60 } };

  test('with a lead time "from now" begins when it may, with minutes to spare for reading', () => {
    const { range } = windowOf({ kind: 'hours', hours: 2 }, now, zone, limits);
    expect(range).toEqual({ start: at('2026-11-21T14:40'), end: at('2026-11-21T16:40') });
    expect(earliestStart(now, zone, defaultPolicy)).toBe(at('2026-11-21T14:02'));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e8 }), (moment, leadTime) => {
        const asked = { ...defaultPolicy, leadTime };
        const spare = earliestStart(moment, zone, asked) - moment - leadTime;
        expect(spare).toBeGreaterThanOrEqual(180_000);
        expect(spare).toBeLessThan(480_000);
      }),
    );
  });

  test.each([
    ['2026-11-21T14:20', '2026-11-21T16:00', 'too_soon'],
    ['2026-11-21T20:00', '2026-11-21T23:00', 'quiet'],
    ['2026-11-21T23:00', '2026-11-22T08:00', 'quiet'],
    ['2026-11-21T20:00', '2026-11-22T08:00', null],
    ['2026-11-21T20:00', '2026-11-22T06:00', null],
    ['2026-11-21T20:00', '2026-11-21T22:00', null],
    ['2026-11-21T20:00', '2026-11-21T22:01', 'quiet'],
  ])('%s to %s: %s', (start, end, problem) => {
    expect(windowOf({ kind: 'exact', start, end }, now, zone, limits).problem).toBe(problem);
  });

  test('in the evening what is offered first ends when the quiet hours do, in them it begins then', () => {
    const evening = at('2026-11-21T20:50');
    expect(defaultChoice(evening, zone, limits)).toEqual({ kind: 'quiet_end' });
    expect(windowOf({ kind: 'quiet_end' }, evening, zone, limits).range).toEqual({
      start: at('2026-11-21T21:25'),
      end: at('2026-11-22T06:00'),
    });
    const night = at('2026-11-21T23:00');
    expect(defaultChoice(night, zone, limits)).toEqual({ kind: 'hours', hours: 2 });
    expect(windowOf({ kind: 'hours', hours: 2 }, night, zone, limits).range).toEqual({
      start: at('2026-11-22T06:00'),
      end: at('2026-11-22T08:00'),
    });
    expect(defaultChoice(now, zone, defaultPolicy)).toEqual({ kind: 'hours', hours: 2 });
    const short = { ...defaultPolicy, maximumLength: 30 * 60_000 };
    expect(defaultChoice(now, zone, short)).toEqual({ kind: 'hours', hours: 0.5 });
    expect(defaultChoice(now, zone, null)).toEqual({ kind: 'hours', hours: 2 });
  });

  test('of a reservation that is changed only what moves is asked about', () => {
    const before = { start: at('2026-11-21T14:05'), end: at('2026-11-21T23:00') + 20_000 };
    const moved = (start: number, end: number) => problemOf({ start, end }, now, zone, { ...limits, before });
    expect(moved(before.start, at('2026-11-21T21:00'))).toBeNull();
    expect(moved(at('2026-11-21T15:00'), at('2026-11-21T23:00'))).toBeNull();
    expect(moved(before.start, at('2026-11-21T23:30'))).toBe('quiet');
    expect(moved(at('2026-11-21T14:06'), before.end)).toBe('too_soon');
  });
});
