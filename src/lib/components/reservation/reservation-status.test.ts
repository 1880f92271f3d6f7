import { describe, expect, test } from 'vitest';
import { timeFormat } from '../time/format';
import { fromWall } from '../time/site-clock';
import {
  canCancel,
  canChange,
  foremost,
  isAhead,
  isKept,
  markWords,
  shownMark,
  stageOf,
  stageWords,
  type Standing,
} from './reservation-status';

const zone = 'Europe/Warsaw';
const format = timeFormat(zone, 'en-GB');
const at = (wall: string): number => fromWall(`2026-11-${wall}`, zone)!;
const now = at('21T14:00');

function standing(start: string, end: string, fields: Partial<Standing> = {}): Standing {
  return {
    start: at(start),
    end: at(end),
    state: 'confirmed',
    mark: 'confirmed',
    cancelWaiting: false,
    changeWaiting: false,
    seq: null,
    agreed: null,
    passHere: true,
    ...fields,
  };
}
const current = standing('21T13:00', '21T15:05');
const upcoming = standing('21T16:00', '21T18:00');
const tomorrow = standing('22T09:00', '22T10:00');
const refused = standing('21T16:00', '21T18:00', { state: 'cancelled', mark: 'refused' });

test.each([
  ['current', current, /^1 hr 5 mins? left$/],
  ['upcoming', upcoming, /^Starts in 2 hrs?$/],
  ['upcoming', tomorrow, /^Starts tomorrow 09:00$/],
  ['upcoming', standing('21T16:00', '21T18:00', { state: 'held' }), /^Starts in 2 hrs?$/],
  ['ended', standing('21T10:00', '21T14:00'), /^Ended$/],
  ['ended', standing('21T13:00', '21T15:00', { state: 'completed' }), /^Ended$/],
  ['ended', standing('21T10:00', '21T11:00', { state: 'no_show' }), /^Ended, not used$/],
  ['cancelled', standing('21T16:00', '21T18:00', { state: 'cancelled' }), /^Cancelled$/],
  ['cancelled', standing('21T16:00', '21T18:00', { state: 'expired' }), /^Not booked in time$/],
  ['refused', refused, /^Not reserved$/],
  [
    'upcoming',
    standing('21T16:00', '21T18:00', { state: 'cancelled', cancelWaiting: true }),
    /^Starts in 2 hrs?$/,
  ],
])('%s in words', (stage, reservation, words) => {
  expect(stageOf(reservation, now)).toBe(stage);
  expect(stageWords(reservation, now, format)).toMatch(words);
});

describe('the one that matters first', () => {
  test('is what runs now, then what comes next, never what is over or refused', () => {
    expect(foremost([current, upcoming], now)).toBe(current);
    expect(foremost([refused, upcoming, tomorrow], now)).toBe(upcoming);
    const leaving = standing('21T15:30', '21T16:00', { state: 'cancelled', cancelWaiting: true });
    expect(foremost([leaving, upcoming], now)).toBe(upcoming);
    expect(foremost([leaving], now)).toBe(leaving);
    expect(foremost([refused, standing('21T10:00', '21T14:00')], now)).toBeNull();
    expect(isAhead(current, current.end)).toBe(false);
  });
});

test('C3 cancelling is offered before the start only, and once', () => {
  expect(canCancel(upcoming, now)).toBe(true);
  expect(canCancel(current, now)).toBe(false);
  expect(canCancel(upcoming, upcoming.start)).toBe(false);
  expect(canCancel({ ...upcoming, cancelWaiting: true }, now)).toBe(false);
});

test('K3 a waiting reservation does not read like a confirmed one', () => {
  expect(markWords({ ...upcoming, mark: 'waiting' })).toMatch(/waiting to be sent/i);
  expect(markWords(upcoming)).toMatch(/^Confirmed/);
  expect(markWords({ ...upcoming, cancelWaiting: true })).toMatch(/cancellation is waiting/);
});

describe('X3 a slot that is kept', () => {
  const lease = standing('21T13:00', '21T15:05', { state: 'held' });

  test('is told from a reservation, by its mark and in words, until it is booked', () => {
    expect(shownMark(lease)).toEqual({ mark: 'confirmed', label: 'Kept for you' });
    expect(markWords(lease)).toMatch(/not booked yet/);
    expect(isKept(lease, now)).toBe(true);
    for (const underway of [{ ...lease, mark: 'waiting', seq: 7 } as const, { ...lease, seq: 7 }]) {
      expect(isKept(underway, now)).toBe(false);
      expect(shownMark(underway)).toEqual({ mark: 'waiting' });
      expect(markWords(underway)).toMatch(/once its pass is on this device/);
    }
    expect(isKept(lease, lease.end)).toBe(false);
    expect(shownMark({ ...lease, state: 'confirmed', mark: 'certain' })).toEqual({ mark: 'certain' });
  });

  test('can be given back until its end, not changed', () => {
    expect(canCancel(lease, now)).toBe(true);
    expect(canCancel(lease, lease.end)).toBe(false);
    expect(canCancel({ ...lease, cancelWaiting: true }, now)).toBe(false);
    expect(canChange(lease, now)).toBe(false);
  });
});

test('C3 what is confirmed or certain can be changed until its end, and says when a change waits', () => {
  expect(canChange(current, now)).toBe(true);
  expect(canChange({ ...upcoming, mark: 'certain' }, now)).toBe(true);
  expect(canChange({ ...upcoming, mark: 'waiting' }, now)).toBe(false);
  expect(canChange({ ...upcoming, cancelWaiting: true }, now)).toBe(false);
  expect(canChange(current, current.end)).toBe(false);
  const waiting = { ...upcoming, changeWaiting: true };
  expect(shownMark(waiting)).toEqual({ mark: 'waiting', label: 'Waiting to change' });
  expect(shownMark({ ...waiting, cancelWaiting: true }).label).toBe('Waiting to cancel');
  expect(markWords(waiting)).toMatch(/what was agreed before holds/);
});

describe('a lease on another device', () => {
  const lease = standing('21T13:00', '21T15:05', { state: 'held', passHere: false });

  test('X3 is not booked or given back here: that device may be booking it without signal', () => {
    expect([isKept(lease, now), canCancel(lease, now)]).toEqual([false, false]);
    expect(shownMark(lease)).toEqual({ mark: 'confirmed', label: 'Kept on another device' });
    expect(markWords(lease)).toMatch(/another of your devices/);
  });
});
