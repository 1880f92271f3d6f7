import { expect, test } from 'vitest';
import { LENDING_HORIZON } from '#shared/domain/share';
import type { Row } from '#shared/protocol/rows';
import { fromWall, toWall } from '../time/site-clock';
import {
  lendEnds,
  lentAhead,
  lentNow,
  lentOn,
  remainderOf,
  takeableParts,
  takeEnds,
  visitsAhead,
  wayBack,
} from './lend-choices';

const HOUR = 3_600_000;
const zone = 'Europe/Warsaw';
const at = (wall: string): number => fromWall(`2026-11-${wall}`, zone)!;
const range = (start: string, end: string) => ({ start: at(start), end: at(end) });
const now = at('21T14:25');
const walls = (ends: number[]): string[] => ends.map((end) => toWall(end, zone).slice(8));

test('C1 now-until offers round times ahead, each once', () => {
  expect(walls(lendEnds(now, zone, null))).toEqual([
    '21T17:00',
    '21T19:00',
    '21T20:00',
    '21T23:00',
    '22T08:00',
    '22T20:00',
  ]);
  // At noon, eight hours on is the evening.
  expect(walls(lendEnds(at('21T12:00'), zone, null))).toEqual([
    '21T14:00',
    '21T16:00',
    '21T20:00',
    '22T08:00',
    '22T20:00',
  ]);
});

test('C1 what is lent already is only made longer', () => {
  expect(walls(lendEnds(now, zone, at('21T20:00')))).toEqual(['21T23:00', '22T08:00', '22T20:00']);
});

test('C1 what is lent beyond that is made longer from its end on, as far ahead as can be lent', () => {
  expect(walls(lendEnds(now, zone, at('28T18:00')))).toEqual(['29T00:00', '29T18:00', '05T18:00']);
  expect(walls(lendEnds(now, zone, at('28T23:30')))).toEqual(['29T23:30', '05T23:30']);
  expect(walls(lendEnds(now, zone, at('29T00:00')))).toEqual(['30T00:00', '06T00:00']);
  expect(walls(lendEnds(now, zone, at('22T20:00')))).toEqual(['23T00:00', '23T20:00', '29T20:00']);
  // Over the night in which the clocks change: the same time by the clock.
  const before = fromWall('2027-03-27T18:00', zone)!;
  const wallsThere = lendEnds(now, zone, before).map((end) => toWall(end, zone).slice(5));
  expect(wallsThere).toEqual(['03-28T00:00', '03-28T18:00', '04-03T18:00']);
  expect(lendEnds(now, zone, now + LENDING_HORIZON - 24 * HOUR).at(-1)).toBe(now + LENDING_HORIZON);
  expect(lendEnds(now, zone, now + LENDING_HORIZON)).toEqual([]);
});

test('C1 “until” adds what is not lent yet, so that it does not outlast the rules that lend the rest', () => {
  const lent = [range('20T08:00', '22T20:00')];
  expect(lentOn(lent, now, at('23T08:00'))).toEqual(range('22T20:00', '23T08:00'));
  expect(lentOn([], now, at('23T08:00'))).toEqual(range('21T14:25', '23T08:00'));
  // Made longer elsewhere meanwhile.
  expect(lentOn(lent, now, at('22T08:00'))).toEqual(range('21T14:25', '22T08:00'));
});

test('C1 the night the clocks change, tomorrow morning is still eight by the clock', () => {
  const evening = fromWall('2026-10-24T22:00', zone)!;
  expect(lendEnds(evening, zone, null).map((end) => toWall(end, zone))).toContain('2026-10-25T08:00');
});

test.each([
  ['Asia/Kolkata', '2026-11-21T14:25', ['17:00', '19:00', '20:00', '23:00', '08:00', '20:00']],
  // Half an hour is repeated in the night of the 5th of April; its clocks are half an hour off UTC in winter.
  ['Australia/Lord_Howe', '2026-07-01T14:25', ['17:00', '19:00', '20:00', '23:00', '08:00', '20:00']],
  ['Australia/Lord_Howe', '2026-04-05T00:40', ['03:00', '05:00', '09:00', '20:00', '08:00', '20:00']],
])('C1 full hours are those of the clock in %s, from %s', (timeZone, wall, times) => {
  const ends = lendEnds(fromWall(wall, timeZone)!, timeZone, null);
  expect(ends.map((end) => toWall(end, timeZone).slice(11))).toEqual(times);
});

test('lent windows: now, ahead, and what is left of one', () => {
  const lent = [range('20T08:00', '20T18:00'), range('21T08:00', '21T18:00'), range('22T08:00', '22T18:00')];
  expect(lentAhead(lent, now)).toEqual(lent.slice(1));
  expect(lentNow(lent, now)).toBe(lent[1]);
  expect(lentNow(lent, at('21T18:00'))).toBeNull();
  expect(remainderOf(lent[1]!, now)).toEqual(range('21T14:25', '21T18:00'));
  expect(remainderOf(lent[2]!, now)).toEqual(lent[2]);
});

test('C2 names the reservations in the way and what is left to take back', () => {
  const visit = (id: string, fields: Partial<Row<'visit'>>): Row<'visit'> => ({
    id,
    slotId: 's',
    ...range('21T15:00', '21T16:00'),
    state: 'confirmed',
    askedToMoveAt: null,
    cost: 3,
    ...fields,
  });
  const visits = [
    visit('later', range('22T10:00', '22T11:00')),
    visit('now', {}),
    visit('cancelled', { state: 'cancelled' }),
    visit('over', range('21T10:00', '21T14:00')),
    visit('other slot', { slotId: 't' }),
  ];
  expect(visitsAhead(visits, 's', now).map((one) => one.id)).toEqual(['now', 'later']);
  const window = range('21T14:25', '21T18:00');
  const inTheWay = visitsAhead(visits, 's', now, window);
  expect(inTheWay.map((one) => one.id)).toEqual(['now']);
  expect([wayBack(window, inTheWay), wayBack(window, []), wayBack(inTheWay[0]!, inTheWay)]).toEqual([
    'free',
    'all',
    'none',
  ]);
  expect(takeableParts(window, inTheWay)).toEqual([
    range('21T14:25', '21T15:00'),
    range('21T16:00', '21T18:00'),
  ]);
});

test('C1 what is free comes back until the end of today first, and only for ends with something free', () => {
  const long = range('21T14:25', '28T08:00');
  expect(walls(takeEnds(long, [], zone))).toEqual(['22T00:00', '28T08:00']);
  expect(walls(takeEnds(range('21T14:25', '21T22:00'), [], zone))).toEqual(['21T22:00']);
  expect(walls(takeEnds(long, [range('21T14:00', '22T09:00')], zone))).toEqual(['28T08:00']);
  expect(takeEnds(long, [long], zone)).toEqual([]);
});
