import fc from 'fast-check';
import ical, { type VEvent } from 'node-ical';
import { describe, expect, test } from 'vitest';
import { entryOfReservation, entryOfVisit, isInCalendar, type CalendarEntry } from './calendar-entry';
import { calendarText } from './calendar-text';
import { zonedProperty } from './calendar-times';
import { zoneOffset } from './zone-offset';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 2, 2, 10);
const house = { slotLabel: 'A-03', level: '-1', siteName: 'Linden Court', origin: 'https://parking.test' };
const zones = [
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'America/New_York',
  'Pacific/Auckland',
  'Asia/Kolkata',
];

function entry(id: string, start: number, end = start + 2 * HOUR): CalendarEntry {
  return entryOfReservation({ id, start, end, isKept: false }, house);
}

function write(entries: readonly CalendarEntry[], timeZone = 'Europe/Berlin', name = 'Parking'): string {
  return calendarText({ name, timeZone, now: NOW, entries, refreshAfter: null });
}

/** As an independent parser reads it. */
function read(text: string): Map<string, VEvent> {
  const events = Object.values(ical.sync.parseICS(text)).filter((part) => part?.type === 'VEVENT');
  return new Map(events.map((event) => [event.uid, event]));
}

/** node-ical 0.22.1 reads those hours wrongly on Node 20, whose Intl calls midnight 24 o'clock: 91 % of 00:00 to 00:59. */
function isAroundMidnight(at: number, zone: string): boolean {
  const hour = new Date(at + zoneOffset(at, zone)).getUTCHours();
  return hour === 23 || hour === 0;
}

/** It also reads the hour before the clocks go forward as after that: 01:30 on 26 March 2028 in Berlin as 01:00 UTC. */
function isBeforeSpring(at: number, zone: string): boolean {
  return zoneOffset(at + HOUR, zone) > zoneOffset(at, zone);
}

describe('A5 iCalendar', () => {
  test('A5 says where and when, and nothing of who', () => {
    const text = write([entry('one', NOW), entryOfVisit({ id: 'one', start: NOW, end: NOW + HOUR }, house)]);
    const events = read(text);
    expect(events.get('one')).toMatchObject({
      summary: 'Parking A-03',
      location: 'Linden Court, level -1, slot A-03',
      url: 'https://parking.test/reservations/one',
      status: 'CONFIRMED',
    });
    expect(events.get('lent-one')).toMatchObject({
      summary: 'A-03 is lent',
      url: 'https://parking.test/slots',
    });
    // RFC 5545 §3.8.7.2: in UTC.
    expect(text).toContain('DTSTAMP:20260302T100000Z\r\n');
  });

  test('A5 what is kept and not booked is tentative; offers and what was given back are not in it', () => {
    const kept = entryOfReservation({ id: 'kept', start: NOW, end: NOW + HOUR, isKept: true }, house);
    expect(read(write([kept])).get('kept')?.status).toBe('TENTATIVE');
    const shown = (['held', 'confirmed', 'cancelled', 'completed', 'expired', 'no_show'] as const).filter(
      (state) => isInCalendar({ state, offered: false }),
    );
    expect(shown).toEqual(['held', 'confirmed', 'completed']);
    expect(isInCalendar({ state: 'held', offered: true })).toBe(false);
  });

  test('A5 every moment reads back as itself, in zones with daylight saving time, half an hour of it, southern, and none', () => {
    const moment = fc.integer({ min: Date.UTC(2025, 0) / 60_000, max: Date.UTC(2031, 0) / 60_000 });
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        moment,
        fc.integer({ min: 1, max: 4_000 }),
        (zone, minute, length) => {
          const [start, end] = [minute * 60_000, (minute + length) * 60_000];
          fc.pre(![start, end].some((at) => isAroundMidnight(at, zone) || isBeforeSpring(at, zone)));
          const event = read(write([entry('one', start, end)], zone)).get('one')!;
          expect([event.start.getTime(), event.end!.getTime()]).toEqual([start, end]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('A5 the hour that the clocks show twice is not read as the other one', () => {
    // 25 October 2026, 03:00 back to 02:00 in Berlin.
    const change = Date.UTC(2026, 9, 25, 1);
    for (const minutes of [-61, -60, -30, -1, 0, 30, 59, 60]) {
      const start = change + minutes * 60_000;
      expect(
        read(write([entry('one', start)]))
          .get('one')
          ?.start.getTime(),
        `${minutes} min`,
      ).toBe(start);
    }
    const written = (at: number) => zonedProperty('DTSTART', at, 'Europe/Berlin');
    expect(written(change - 61 * 60_000)).toBe('DTSTART;TZID=Europe/Berlin:20261025T015900');
    expect(written(change - HOUR)).toBe('DTSTART:20261025T000000Z');
    expect(written(change + HOUR - 60_000)).toBe('DTSTART:20261025T015900Z');
    expect(written(change + HOUR)).toBe('DTSTART;TZID=Europe/Berlin:20261025T030000');
    // The hour before the clocks go forward, which the parser here misreads.
    expect(written(Date.UTC(2028, 2, 26, 0, 30))).toBe('DTSTART;TZID=Europe/Berlin:20280326T013000');
  });

  test('A5 no text breaks out of its property, and all of it comes back', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'é', '漢', '🚗', ',', ';', '\\', '"', ':', '\n', ' '),
    });
    fc.assert(
      fc.property(text, text, (label, site) => {
        const written = write(
          [{ ...entry('one', NOW), title: `x${label}x`, place: `x${site}x` }],
          'UTC',
          `x${site}x`,
        );
        const events = read(written);
        expect(events.size).toBe(1);
        expect(events.get('one')).toMatchObject({ summary: `x${label}x`, location: `x${site}x` });
        for (const line of written.split('\r\n'))
          expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
        expect(written.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
      }),
    );
  });

  test('A5 an empty calendar is one', () => {
    expect(read(write([])).size).toBe(0);
    expect(write([])).toMatch(/^BEGIN:VCALENDAR\r\n[^]*END:VCALENDAR\r\n$/);
  });
});
