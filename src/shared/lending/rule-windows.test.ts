import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockChanges, windowsByDay, windowsOfRules, type RuleTimes } from '#shared/domain/rule-windows';
import { normalize, subtract, type TimeRange } from '#shared/domain/time-range';
import { zoneStretches } from './zone-stretches';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const everyDay = [1, 2, 3, 4, 5, 6, 7];
function rule(from: string, until: string, fields: Partial<RuleTimes> = {}): RuleTimes {
  const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
  return {
    weekdays: everyDay,
    from: minutes(from),
    until: minutes(until),
    startsOn: '2020-01-01',
    endsOn: null,
    daysOff: [],
    paused: false,
    ...fields,
  };
}

function windows(rules: RuleTimes[], timeZone: string, range: TimeRange): TimeRange[] {
  return windowsOfRules(rules, zoneStretches(timeZone, range), range);
}

/** A window as its ends in UTC. */
const utc = (ranges: readonly TimeRange[]) =>
  ranges.map(({ start, end }) => [start, end].map((at) => new Date(at).toISOString().slice(5, 16)).join(' '));

const around = (day: string, days = 1): TimeRange => ({
  start: Date.parse(`${day}T00:00:00Z`) - DAY,
  end: Date.parse(`${day}T00:00:00Z`) + days * DAY,
});

describe('weekly rules on days on which clocks change', () => {
  it('C1 Berlin forward: ends at the wall’s time, and what the clocks leave out is not lent', () => {
    const range = { start: Date.UTC(2026, 2, 28, 12), end: Date.UTC(2026, 2, 29, 12) };
    expect(utc(windows([rule('22:00', '07:00')], 'Europe/Berlin', range))).toEqual([
      '03-28T21:00 03-29T05:00',
    ]);
    expect(utc(windows([rule('01:30', '02:30')], 'Europe/Berlin', range))).toEqual([
      '03-29T00:30 03-29T01:00',
    ]);
    expect(utc(windows([rule('02:30', '04:00')], 'Europe/Berlin', range))).toEqual([
      '03-29T01:00 03-29T02:00',
    ]);
    expect(windows([rule('02:10', '02:50')], 'Europe/Berlin', range)).toEqual([]);
  });

  it('C1 Berlin back: a time that comes twice is lent twice', () => {
    const range = { start: Date.UTC(2026, 9, 24, 12), end: Date.UTC(2026, 9, 25, 12) };
    expect(utc(windows([rule('22:00', '07:00')], 'Europe/Berlin', range))).toEqual([
      '10-24T20:00 10-25T06:00',
    ]);
    expect(utc(windows([rule('02:15', '02:45')], 'Europe/Berlin', range))).toEqual([
      '10-25T00:15 10-25T00:45',
      '10-25T01:15 10-25T01:45',
    ]);
    expect(utc(windows([rule('08:30', '17:30')], 'Europe/Berlin', range))).toEqual([
      '10-24T06:30 10-24T15:30',
      '10-25T07:30 10-25T16:30',
    ]);
  });

  it('C1 Lord Howe: half an hour, in the southern spring and autumn', () => {
    const forward = { start: Date.UTC(2026, 9, 3, 4), end: Date.UTC(2026, 9, 4, 4) };
    expect(utc(windows([rule('01:00', '03:00')], 'Australia/Lord_Howe', forward))).toEqual([
      '10-03T14:30 10-03T16:00',
    ]);
    const back = { start: Date.UTC(2026, 3, 4, 4), end: Date.UTC(2026, 3, 5, 4) };
    expect(utc(windows([rule('01:00', '03:00')], 'Australia/Lord_Howe', back))).toEqual([
      '04-04T14:00 04-04T16:30',
    ]);
    expect(utc(windows([rule('01:40', '01:50')], 'Australia/Lord_Howe', back))).toEqual([
      '04-04T14:40 04-04T14:50',
      '04-04T15:10 04-04T15:20',
    ]);
    expect(clockChanges(zoneStretches('Australia/Lord_Howe', back))).toEqual([
      { day: '2026-04-05', shift: -30 * MINUTE },
    ]);
  });

  it('C1 Auckland: forward in September, back in April', () => {
    const forward = { start: Date.UTC(2026, 8, 25, 14), end: Date.UTC(2026, 8, 26, 20) };
    expect(utc(windows([rule('01:00', '04:00')], 'Pacific/Auckland', forward))).toEqual([
      '09-25T13:00 09-25T16:00',
      '09-26T13:00 09-26T15:00',
    ]);
    const back = { start: Date.UTC(2026, 3, 4, 11), end: Date.UTC(2026, 3, 5, 11) };
    expect(utc(windows([rule('01:00', '04:00')], 'Pacific/Auckland', back))).toEqual([
      '04-04T12:00 04-04T16:00',
    ]);
  });

  it('C1 says on which days the clocks change, and by how much', () => {
    const year = { start: Date.UTC(2026, 0, 1), end: Date.UTC(2027, 0, 1) };
    expect(clockChanges(zoneStretches('Europe/Berlin', year))).toEqual([
      { day: '2026-03-29', shift: HOUR },
      { day: '2026-10-25', shift: -HOUR },
    ]);
    expect(clockChanges(zoneStretches('America/New_York', year)).map(({ day }) => day)).toEqual([
      '2026-03-08',
      '2026-11-01',
    ]);
    expect(clockChanges(zoneStretches('Asia/Kolkata', year))).toEqual([]);
    expect(() => zoneStretches('Europe/Atlantis', year)).toThrow(RangeError);
  });
});

describe('weekly rules', () => {
  it('C1 lends on 29 February in a leap year, and goes over to 1 March in others', () => {
    const leap = rule('08:00', '09:00', { startsOn: '2028-02-28', endsOn: '2028-03-01' });
    expect(utc(windows([leap], 'Europe/Berlin', around('2028-02-28', 5)))).toEqual([
      '02-28T07:00 02-28T08:00',
      '02-29T07:00 02-29T08:00',
      '03-01T07:00 03-01T08:00',
    ]);
    const common = rule('22:00', '06:00', { startsOn: '2027-02-28', endsOn: '2027-02-28' });
    expect(utc(windows([common], 'Europe/Berlin', around('2027-02-28', 5)))).toEqual([
      '02-28T21:00 03-01T05:00',
    ]);
  });

  it('C1 keeps weekdays, first and last day and days off, all of the day on which a window begins', () => {
    const weekdays = rule('08:30', '17:30', {
      weekdays: [1, 2, 3, 4, 5],
      startsOn: '2026-12-22',
      endsOn: '2027-01-05',
      daysOff: [{ from: '2026-12-24', until: '2027-01-02' }],
    });
    const range = { start: Date.UTC(2026, 11, 1), end: Date.UTC(2027, 1, 1) };
    const days = windowsByDay(weekdays, zoneStretches('Europe/Berlin', range), range).map(({ day }) => day);
    expect(days).toEqual(['2026-12-22', '2026-12-23', '2027-01-04', '2027-01-05']);
    const night = {
      ...weekdays,
      from: 22 * 60,
      until: 6 * 60,
      weekdays: everyDay,
      daysOff: [{ from: '2026-12-24', until: '2026-12-25' }],
    };
    const nights = windowsByDay(night, zoneStretches('Europe/Berlin', range), range).map(({ day }) => day);
    expect(nights).toContain('2026-12-23');
    expect(nights).not.toContain('2026-12-24');
    expect(windows([{ ...weekdays, paused: true }], 'Europe/Berlin', range)).toEqual([]);
  });

  it('C1 keeps whole what has begun, leaves out what is over and what begins later', () => {
    const range = { start: Date.UTC(2026, 5, 2, 8), end: Date.UTC(2026, 5, 3, 6) };
    expect(utc(windows([rule('08:00', '12:00')], 'UTC', range))).toEqual(['06-02T08:00 06-02T12:00']);
    expect(utc(windows([rule('22:00', '09:00')], 'UTC', range))).toEqual([
      '06-01T22:00 06-02T09:00',
      '06-02T22:00 06-03T09:00',
    ]);
    // From and until alike: all day, every day, is one window.
    expect(windows([rule('00:00', '00:00')], 'UTC', range)).toEqual([
      { start: Date.UTC(2026, 5, 2), end: Date.UTC(2026, 5, 4) },
    ]);
  });

  it('C1 a zone that leaves out a whole day lends nothing of it', () => {
    // Samoa went over the date line: 30 December 2011 was not.
    const range = { start: Date.UTC(2011, 11, 28), end: Date.UTC(2012, 0, 2) };
    const days = windowsByDay(
      rule('08:00', '09:00', { startsOn: '2011-12-28' }),
      zoneStretches('Pacific/Apia', range),
      range,
    );
    expect(days.map(({ day }) => day)).toEqual([
      '2011-12-28',
      '2011-12-29',
      '2011-12-31',
      '2012-01-01',
      '2012-01-02',
    ]);
  });
});

/** What clocks on walls show, by the platform's own tables: nothing of the code under test. */
function wallOf(timeZone: string): (at: number) => { day: string; before: string; minute: number } {
  const format = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit' },
  });
  return (at) => {
    const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const day = `${part['year']}-${part['month']}-${part['day']}`;
    const before = new Date(Date.parse(`${day}T00:00:00Z`) - DAY).toISOString().slice(0, 10);
    return { day, before, minute: Number(part['hour']) * 60 + Number(part['minute']) };
  };
}

/** Minute by minute: lent is when the wall shows a time of the rule. */
function naive(rules: readonly RuleTimes[], timeZone: string, range: TimeRange): TimeRange[] {
  const wall = wallOf(timeZone);
  const begins = (one: RuleTimes, day: string) =>
    !one.paused &&
    one.weekdays.includes(new Date(`${day}T12:00:00Z`).getUTCDay() || 7) &&
    day >= one.startsOn &&
    (one.endsOn === null || day <= one.endsOn) &&
    !one.daysOff.some(({ from, until }) => day >= from && day < until);
  const lent: TimeRange[] = [];
  for (let at = range.start; at < range.end; at += MINUTE) {
    const { day, before, minute } = wall(at);
    const isLent = rules.some((one) =>
      one.until > one.from
        ? begins(one, day) && minute >= one.from && minute < one.until
        : (begins(one, day) && minute >= one.from) || (begins(one, before) && minute < one.until),
    );
    if (isLent) lent.push({ start: at, end: at + MINUTE });
  }
  return normalize(lent);
}

describe('against a naive model', () => {
  const zones = [
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'America/New_York',
    'Pacific/Auckland',
    'Asia/Kolkata',
  ];
  // Two days each around changes of the clocks of those zones, a leap day and a turn of the year.
  const starts = [
    ...['2026-03-28', '2026-10-24', '2026-04-04', '2026-10-03', '2026-03-07', '2026-10-31', '2026-09-26'],
    ...['2028-02-28', '2026-12-31', '2026-06-15'],
  ].map((day) => Date.parse(`${day}T00:00:00Z`));
  const minute = fc.integer({ min: 0, max: 1439 });
  const rules = fc.array(
    fc.record({
      weekdays: fc.subarray(everyDay, { minLength: 1 }),
      from: fc.oneof(minute, fc.integer({ min: 60, max: 240 })),
      until: fc.oneof(minute, fc.integer({ min: 60, max: 240 })),
      startsOn: fc.constantFrom('2020-01-01', '2026-03-29', '2026-10-04'),
      endsOn: fc.constantFrom(null, null, '2026-10-25', '2028-02-29'),
      daysOff: fc.constantFrom([], [{ from: '2026-03-28', until: '2026-03-29' }]),
      paused: fc.constant(false),
    }),
    { minLength: 1, maxLength: 3 },
  );

  it('C1 lends exactly the minutes at which the wall shows a time of a rule', () => {
    fc.assert(
      fc.property(rules, fc.constantFrom(...zones), fc.constantFrom(...starts), (list, zone, start) => {
        const range = { start, end: start + 2 * DAY };
        const found = windows(list, zone, range);
        const inRange = subtract(subtract(found, { start: 0, end: range.start }), {
          start: range.end,
          end: range.end + 9 * DAY,
        });
        expect(inRange).toEqual(naive(list, zone, range));
      }),
      { numRuns: 150 },
    );
  });
});
