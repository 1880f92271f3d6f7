import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ownFigures, type OwnRows } from './own-figures';

const HOUR = 3_600_000;
const BERLIN = 'Europe/Berlin';
/** Noon in Berlin, the 15th. */
const NOW = Date.UTC(2026, 3, 15, 10);
const nothing: OwnRows = { reservations: [], visits: [], movements: [] };

const reserved = (start: number, hours: number, state: OwnRows['visits'][number]['state'] = 'completed') => ({
  ...{ start, end: start + hours * HOUR, state },
});

describe('B9 one’s own figures', () => {
  test('B9 who has done nothing yet sees three empty months', () => {
    const figures = ownFigures(nothing, BERLIN, NOW);
    expect(figures.map(({ month }) => month)).toEqual(['2026-02', '2026-03', '2026-04']);
    expect(
      figures.every(
        ({ parked, spent, earned, othersParked }) => parked + spent + earned + othersParked === 0,
      ),
    ).toBe(true);
  });

  test('B9 a reservation over midnight of the first belongs to both months by the site’s clock, and counts where it began', () => {
    // 31 March 22:00 to 1 April 04:00 in Berlin, which is at +02:00.
    const reservations = [reserved(Date.UTC(2026, 2, 31, 20), 6)];
    const [, march, april] = ownFigures({ ...nothing, reservations }, BERLIN, NOW);
    expect(march).toMatchObject({ month: '2026-03', reservations: 1, parked: 2 * HOUR });
    expect(april).toMatchObject({ month: '2026-04', reservations: 0, parked: 4 * HOUR });
  });

  test('B9 what is ahead is not counted, and of what runs only what has passed', () => {
    const reservations = [reserved(NOW - HOUR, 3, 'confirmed'), reserved(NOW + HOUR, 3, 'confirmed')];
    expect(ownFigures({ ...nothing, reservations }, BERLIN, NOW).at(-1)).toMatchObject({
      reservations: 1,
      parked: HOUR,
    });
  });

  test('B9 what was cancelled, expired or only kept was never had; what nobody came for was', () => {
    const states = ['cancelled', 'expired', 'held', 'no_show'] as const;
    const visits = states.map((state) => reserved(NOW - 5 * HOUR, 2, state));
    expect(ownFigures({ ...nothing, visits }, BERLIN, NOW).at(-1)).toMatchObject({
      visits: 1,
      othersParked: 2 * HOUR,
    });
  });

  test('B9 a refund takes back what it refunds, in the month of the payment; given and bought credits are not earned', () => {
    const at = (month: number) => Date.UTC(2026, month, 10);
    const movement = (amount: number, reservationId: string | null, createdAt: number) => ({
      ...{ amount, reservationId, createdAt },
    });
    const movements = [
      ...[movement(50, null, at(1)), movement(20, null, at(2))],
      ...[movement(-3, 'a', at(2)), movement(3, 'a', at(3))],
      ...[movement(-4, 'b', at(2)), movement(1, 'b', at(3)), movement(5, 'c', at(3))],
    ];
    const [, march, april] = ownFigures({ ...nothing, movements }, BERLIN, NOW);
    expect([march?.spent, march?.earned, april?.spent, april?.earned]).toEqual([3, 0, 0, 5]);
  });

  test('B9 shows a year at most, and no month is left out or counted twice', () => {
    const begin = fc.integer({ min: Date.UTC(2025, 4, 2), max: NOW - 1 });
    fc.assert(
      fc.property(
        fc.constantFrom(BERLIN, 'Australia/Lord_Howe', 'America/New_York'),
        fc.array(fc.tuple(begin, fc.integer({ min: 1, max: 100 }))),
        (zone, windows) => {
          const reservations = windows.map(([start, hours]) => reserved(start, hours));
          const figures = ownFigures({ ...nothing, reservations }, zone, NOW);
          expect(figures.length).toBeLessThanOrEqual(12);
          for (const [index, { end }] of figures.slice(0, -1).entries())
            expect(figures[index + 1]?.start).toBe(end);
          const parked = windows.reduce(
            (sum, [start, hours]) => sum + Math.min(NOW, start + hours * HOUR) - start,
            0,
          );
          expect(figures.reduce((sum, month) => sum + month.parked, 0)).toBe(parked);
          expect(figures.reduce((sum, month) => sum + month.reservations, 0)).toBe(windows.length);
        },
      ),
    );
  });
});
