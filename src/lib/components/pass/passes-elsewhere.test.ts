import { expect, it } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { passesElsewhere } from './passes-elsewhere';

const NOW = 1_500_000;
const here = { holderKey: 'key', removed: false };
type Known = Parameters<typeof passesElsewhere>[0][number];
const reservation = (id: string, fields: Partial<Known> = {}): Known => ({
  ...{ id, start: 1_000_000, end: 2_000_000, state: 'confirmed', mark: 'confirmed', cancelWaiting: false },
  ...{ changeWaiting: false, booked: true, seq: null, agreed: null, passHere: false, ...fields },
});
const pass = (reservationId: string, holderKey: string | null): Row<'pass'> => ({
  ...{
    id: `pass-${reservationId}`,
    reservationId,
    clientId: null,
    holderKey,
    slotLabel: 'A',
    plate: '',
    kind: 0,
  },
  ...{ notBefore: 1_000_000, expiresAt: 2_000_000, status: 'valid', code: 'K7QM4XRT', signed: '' },
});

it('X1 tells whether all passes are on another device', () => {
  const both = [reservation('a'), reservation('b')];
  const away = [pass('a', 'other'), pass('b', 'other')];
  expect(passesElsewhere(both, away, here, NOW)).toEqual({ ids: ['a', 'b'], all: true });
  expect(passesElsewhere(both, [pass('a', 'key'), pass('b', 'other')], here, NOW)).toEqual({
    ids: ['b'],
    all: false,
  });
  expect(passesElsewhere(both, [pass('a', null), pass('b', 'other')], here, NOW).all).toBe(false);
  expect(passesElsewhere([], [], here, NOW)).toEqual({ ids: [], all: false });
});

it('X1 what is over, cancelled or without a pass is not moved, and stands in nobody’s way', () => {
  const rows = [
    reservation('a'),
    reservation('over', { end: 1_400_000 }),
    reservation('gone', { state: 'cancelled' }),
    reservation('coming'),
  ];
  const away = [pass('a', 'other'), pass('over', 'other'), pass('gone', 'other')];
  expect(passesElsewhere(rows, away, here, NOW)).toEqual({ ids: ['a'], all: true });
});

it('B5 a removed device is offered nothing', () => {
  const removed = { ...here, removed: true };
  expect(passesElsewhere([reservation('a')], [pass('a', 'other')], removed, NOW).all).toBe(false);
});
