import { describe, expect, it } from 'vitest';
import {
  clockDoubt,
  heardFromPass,
  heardFromServer,
  JUMP,
  lookAtClock,
  newClockWatch,
  SKEW_LASTS,
  type ClockWatch,
} from './guard-clock';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 2, 2, 10);
const look = (watch: ClockWatch, wall: number, running: number, mayHaveSlept = false): ClockWatch =>
  lookAtClock(watch, { wall, running, mayHaveSlept });
const started = look(newClockWatch, NOW, 1000);

/** Passes with these skews, one each, read one second apart from `at` on. */
function withSkews(seconds: readonly number[], watch = started, at = 2000): ClockWatch {
  return seconds.reduce(
    (known, skew, index) =>
      heardFromPass(known, { passId: `p${index}`, seconds: skew, at: at + index * 1000 }),
    watch,
  );
}

describe('D4 X1 the guard’s own clock: jumps', () => {
  it('a clock that runs with the device is not doubted, also when it is slewed a little', () => {
    const watch = look(look(started, NOW + MINUTE, 61_000), NOW + 2 * MINUTE + JUMP, 121_000);
    expect(clockDoubt(watch, { now: NOW + 2 * MINUTE, running: 121_000 })).toBeNull();
  });

  it.each([10 * MINUTE, -10 * MINUTE, JUMP + 1])('set by %d ms it is', (by) => {
    const watch = look(started, NOW + 1000 + by, 2000);
    expect(clockDoubt(watch, { now: NOW, running: 2000 })).toEqual({ kind: 'jumped', by });
  });

  it('small steps add up', () => {
    const watch = [1, 2, 3].reduce(
      (known, step) => look(known, NOW + step * (1000 + 2000), 1000 + step * 1000),
      started,
    );
    expect(clockDoubt(watch, { now: NOW, running: 4000 })).toEqual({ kind: 'jumped', by: 6000 });
  });

  it('set back again it is right again', () => {
    const watch = look(look(started, NOW + 10 * MINUTE, 2000), NOW + 2000, 3000);
    expect(clockDoubt(watch, { now: NOW, running: 3000 })).toBeNull();
  });

  it('a device that slept has a clock that gained on its running time, and that is no jump', () => {
    const slept = look(started, NOW + 30 * MINUTE, 2000, true);
    expect(clockDoubt(slept, { now: NOW, running: 2000 })).toBeNull();
    // Later jumps are found all the same.
    const set = look(slept, NOW + 40 * MINUTE, 3000);
    expect(clockDoubt(set, { now: NOW, running: 3000 })).toEqual({ kind: 'jumped', by: 10 * MINUTE - 1000 });
  });

  it('no sleep sets a clock back', () => {
    const watch = look(started, NOW - MINUTE, 2000, true);
    expect(clockDoubt(watch, { now: NOW, running: 2000 })).toMatchObject({ kind: 'jumped', by: -61_000 });
  });

  it('the server’s next answer ends the doubt', () => {
    const first = heardFromServer(started, { asOf: NOW, offset: 0 });
    const set = look(first, NOW + 10 * MINUTE, 2000);
    const heard = heardFromServer(set, { asOf: NOW + 2000, offset: -10 * MINUTE });
    expect(clockDoubt(heard, { now: NOW + 2000, running: 2000 })).toBeNull();
  });

  it('an answer that was under way when the clock was set does not, but the next one does', () => {
    const first = heardFromServer(started, { asOf: NOW, offset: 0 });
    const set = look(first, NOW + 10 * MINUTE, 2000);
    const late = heardFromServer(set, { asOf: NOW + 900, offset: 0 });
    expect(clockDoubt(late, { now: NOW, running: 2000 })).toMatchObject({ kind: 'jumped' });
    const later = look(late, NOW + 11 * MINUTE, 62_000);
    const heard = heardFromServer(later, { asOf: NOW + MINUTE, offset: 0 });
    expect(clockDoubt(heard, { now: NOW + MINUTE, running: 62_000 })).toBeNull();
  });

  it('the same answer once more ends nothing', () => {
    const contact = { asOf: NOW, offset: 0 };
    const set = look(heardFromServer(started, contact), NOW + 10 * MINUTE, 2000);
    expect(clockDoubt(heardFromServer(set, contact), { now: NOW, running: 2000 })?.kind).toBe('jumped');
  });
});

describe('D4 X1 the guard’s own clock: the server’s time at the last contact', () => {
  const watch = heardFromServer(started, { asOf: NOW, offset: 0 });

  it('is never ahead of a clock that is right', () => {
    expect(clockDoubt(watch, { now: NOW - JUMP, running: 1000 })).toBeNull();
    expect(clockDoubt(watch, { now: NOW + 24 * 60 * MINUTE, running: 1000 })).toBeNull();
  });

  it('finds a device that lost its clock in a reboot', () => {
    expect(clockDoubt(watch, { now: NOW - 3 * MINUTE, running: 1000 })).toEqual({
      kind: 'before_contact',
      by: -3 * MINUTE,
    });
  });
});

describe('D4 X1 the guard’s own clock: the phones at the gate', () => {
  const doubt = (watch: ClockWatch, running = 10_000) => clockDoubt(watch, { now: NOW, running });

  it('five phones that agree against it are enough, four are not', () => {
    expect(doubt(withSkews([-120, -120, -120, -120]))).toBeNull();
    expect(doubt(withSkews([-120, -118, -125, -130, -110]))).toEqual({
      kind: 'phones_differ',
      by: 120_000,
      passes: 5,
    });
  });

  it.each([
    ['to the limit', [60, 60, 60, 60, 60]],
    ['two screenshots among five', [-3600, -7200, -10, -5, -15]],
    ['an even number, by the middle of two', [-200, -200, -200, 90, 90, 90]],
  ])('%s is no doubt', (_what, skews) => expect(doubt(withSkews(skews))).toBeNull());

  it('a clock that is behind is told by phones that are ahead', () => {
    expect(doubt(withSkews([61, 62, 63, 64, 65]))).toMatchObject({ by: -63_000 });
  });

  it('one pass read often is one pass', () => {
    const watch = [1, 2, 3, 4, 5, 6].reduce(
      (known, at) => heardFromPass(known, { passId: 'p', seconds: -300, at }),
      started,
    );
    expect(doubt(watch)).toBeNull();
  });

  it('what is older than two hours says nothing', () => {
    const watch = withSkews([-120, -120, -120, -120, -120]);
    expect(doubt(watch, 2000 + SKEW_LASTS - 1)).not.toBeNull();
    expect(doubt(watch, 2000 + SKEW_LASTS)).toBeNull();
  });

  it('says nothing either once the server has corrected the clock, but stays when it changed nothing', () => {
    const first = heardFromServer(started, { asOf: NOW, offset: 0 });
    const skewed = withSkews([-120, -120, -120, -120, -120], first);
    expect(doubt(heardFromServer(skewed, { asOf: NOW + 1, offset: 100 }))).not.toBeNull();
    expect(doubt(heardFromServer(skewed, { asOf: NOW + 1, offset: -120_000 }))).toBeNull();
  });
});
