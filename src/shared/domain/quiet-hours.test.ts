import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuiet, minuteOfDay, quietUntil } from './quiet-hours';

const berlin = (text: string) => Date.parse(text);

describe('isQuiet', () => {
  it.each([
    ['22:00 itself', '2026-06-01T22:00:00+02:00', true],
    ['a second before', '2026-06-01T21:59:59+02:00', false],
    ['after midnight', '2026-06-02T03:00:00+02:00', true],
    ['06:00 itself', '2026-06-02T06:00:00+02:00', false],
    ['the hour that a night in autumn has twice, first', '2026-10-25T02:30:00+02:00', true],
    ['and second', '2026-10-25T02:30:00+01:00', true],
    ['06:00 after the clock went back', '2026-10-25T06:00:00+01:00', false],
    ['05:59 after the clock went forward', '2026-03-29T05:59:00+02:00', true],
  ])('C3 from 22:00 until 06:00 in Berlin: %s', (_name, at, quiet) => {
    expect(isQuiet({ from: 22 * 60, until: 6 * 60 }, berlin(at), 'Europe/Berlin')).toBe(quiet);
  });

  it('C3 within one day', () => {
    const siesta = { from: 13 * 60, until: 15 * 60 };
    expect(isQuiet(siesta, berlin('2026-06-01T14:00:00+02:00'), 'Europe/Berlin')).toBe(true);
    expect(isQuiet(siesta, berlin('2026-06-01T15:00:00+02:00'), 'Europe/Berlin')).toBe(false);
  });

  it('C3 the complement of quiet hours is not quiet', () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    const moment = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
    fc.assert(
      fc.property(minute, minute, moment, (from, until, at) => {
        fc.pre(from !== until);
        const quiet = isQuiet({ from, until }, at, 'Australia/Lord_Howe');
        expect(isQuiet({ from: until, until: from }, at, 'Australia/Lord_Howe')).toBe(!quiet);
        expect(minuteOfDay(at, 'UTC')).toBe(Math.floor(at / 60_000) % 1440);
      }),
    );
  });
});

describe('quietUntil', () => {
  const night = { from: 22 * 60, until: 7 * 60 };
  it.each([
    ['in the evening', night, '2026-03-02T23:10:30+01:00', '2026-03-03T07:00:00+01:00'],
    ['after midnight', night, '2026-03-03T06:59:59+01:00', '2026-03-03T07:00:00+01:00'],
    ['at their end it is the moment itself', night, '2026-03-03T07:00:00+01:00', '2026-03-03T07:00:00+01:00'],
    ['the night an hour is lost', night, '2026-03-28T23:00:00+01:00', '2026-03-29T07:00:00+02:00'],
    ['the night an hour is won', night, '2026-10-24T23:00:00+02:00', '2026-10-25T07:00:00+01:00'],
    [
      'when the clock leaps over their end',
      { from: 22 * 60, until: 150 },
      '2026-03-28T23:00:00+01:00',
      '2026-03-29T03:00:00+02:00',
    ],
  ])('E8 %s', (_name, hours, at, until) => {
    expect(quietUntil(hours, berlin(at), 'Europe/Berlin')).toBe(berlin(until));
  });
});
