import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timeZoneDefinition } from './time-zone-definition';
import { zoneOffset } from './zone-offset';

const range = { start: Date.UTC(2026, 5), end: Date.UTC(2028, 5) };

/** What RFC 5545 §3.6.5 has a reader do: the observance with the latest onset at or before the moment gives the offset. */
function offsetBy(lines: readonly string[], at: number): number {
  let from = 0;
  let to = 0;
  let date = '';
  let latest = { at: -Infinity, offset: NaN };
  for (const line of lines) {
    const [name = '', value = ''] = line.split(/:(.*)/s);
    if (name === 'DTSTART') date = value;
    else if (name === 'TZOFFSETFROM') from = milliseconds(value);
    else if (name === 'TZOFFSETTO') to = milliseconds(value);
    else if (name === 'END' && value !== 'VTIMEZONE') {
      const utc = date.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/, '$1-$2-$3T$4:$5:$6Z');
      const onset = Date.parse(utc) - from;
      if (onset <= at && onset > latest.at) latest = { at: onset, offset: to };
    }
  }
  return latest.offset;
}

function milliseconds(offset: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(offset)!;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

test.each([
  ...['Europe/Berlin', 'Europe/Dublin', 'Australia/Lord_Howe', 'America/New_York', 'America/Sao_Paulo'],
  ...['Pacific/Auckland', 'Asia/Kolkata', 'Africa/Cairo', 'Africa/Casablanca', 'Pacific/Chatham', 'UTC'],
])('A5 the definition of %s gives the offset of every moment of its years', (timeZone) => {
  const lines = timeZoneDefinition(timeZone, range);
  const minute = fc.integer({ min: Date.UTC(2026, 0) / 60_000, max: Date.UTC(2029, 0) / 60_000 - 1 });
  fc.assert(
    fc.property(minute, (at) => {
      expect(offsetBy(lines, at * 60_000)).toBe(zoneOffset(at * 60_000, timeZone));
    }),
    { numRuns: 200 },
  );
});

test('A5 the definition names each change once, by the clock that is set', () => {
  const lines = timeZoneDefinition('Europe/Berlin', { start: Date.UTC(2027, 4), end: Date.UTC(2028, 0) });
  expect(lines).toEqual([
    ...['BEGIN:VTIMEZONE', 'TZID:Europe/Berlin'],
    ...[
      'BEGIN:STANDARD',
      'DTSTART:20270101T010000',
      'TZOFFSETFROM:+0100',
      'TZOFFSETTO:+0100',
      'END:STANDARD',
    ],
    ...[
      'BEGIN:DAYLIGHT',
      'DTSTART:20270328T020000',
      'TZOFFSETFROM:+0100',
      'TZOFFSETTO:+0200',
      'END:DAYLIGHT',
    ],
    ...[
      'BEGIN:STANDARD',
      'DTSTART:20271031T030000',
      'TZOFFSETFROM:+0200',
      'TZOFFSETTO:+0100',
      'END:STANDARD',
    ],
    'END:VTIMEZONE',
  ]);
});
