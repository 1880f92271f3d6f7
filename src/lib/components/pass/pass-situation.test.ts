import { expect, test } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { passSituation, situationWords, type PassSituation } from './pass-situation';

const device = { holderKey: 'key', removed: false };
const reservation = {
  id: 'r',
  start: 1_000_000,
  end: 2_000_000,
  state: 'confirmed',
  mark: 'confirmed',
  cancelWaiting: false,
  changeWaiting: false,
  booked: true,
  seq: null,
  agreed: null,
  passHere: true,
} as const;
const pass: Row<'pass'> = {
  id: 'p',
  reservationId: 'r',
  clientId: 'phone',
  holderKey: 'key',
  slotLabel: 'A-03',
  plate: '',
  kind: 0,
  notBefore: 1_000_000,
  expiresAt: 2_000_000,
  status: 'valid',
  code: 'K7QM4XRT',
  signed: '',
};
const during = 1_500_000;
const kindOf = (
  fields: Partial<Parameters<typeof passSituation>[0]>,
  passes: Row<'pass'>[],
  now = during,
): PassSituation['kind'] => passSituation({ ...reservation, ...fields }, passes, device, now).kind;

test('D3 every situation is told from the others', () => {
  expect(kindOf({}, [pass])).toBe('live');
  expect(kindOf({}, [{ ...pass, clientId: null, holderKey: null }])).toBe('static');
  expect(kindOf({}, [{ ...pass, clientId: 'tablet', holderKey: 'other' }])).toBe('elsewhere');
  expect(kindOf({}, [{ ...pass, clientId: 'before a new start' }])).toBe('live');
  expect(kindOf({ mark: 'waiting' }, [])).toBe('unconfirmed');
  expect(kindOf({}, [])).toBe('coming');
  expect(kindOf({}, [{ ...pass, status: 'suspended' }])).toBe('suspended');
  expect(kindOf({ state: 'cancelled' }, [{ ...pass, status: 'revoked' }])).toBe('cancelled');
  expect(kindOf({}, [{ ...pass, status: 'revoked' }])).toBe('lost');
  expect(kindOf({ state: 'cancelled', mark: 'refused' }, [])).toBe('refused');
  expect(kindOf({}, [pass], 2_000_000)).toBe('ended');
});

test('C3 while a cancellation only waits, the pass is still good and shown', () => {
  expect(kindOf({ state: 'cancelled', cancelWaiting: true }, [pass])).toBe('live');
});

test('X3 the pass of a lease is shown from the moment it is booked, not before', () => {
  expect(kindOf({ state: 'held' }, [pass])).toBe('kept');
  expect(kindOf({ state: 'held', mark: 'waiting', seq: 7 }, [])).toBe('unconfirmed');
  expect(kindOf({ state: 'held', seq: 7 }, [])).toBe('unconfirmed');
  expect(kindOf({ state: 'confirmed', mark: 'certain' }, [pass])).toBe('live');
  const returned = { state: 'cancelled', cancelWaiting: true, booked: false } as const;
  expect(kindOf(returned, [pass])).toBe('giving_back');
  expect(kindOf({ state: 'held', passHere: false }, [pass])).toBe('kept_elsewhere');
  expect(situationWords('kept').title).toBe('Book it first');
});

test('C3 an extended reservation outlives its old pass: the new one comes with the confirmation, if there is one', () => {
  const extended = { end: 3_000_000 };
  expect(kindOf({ ...extended, changeWaiting: true }, [pass])).toBe('live');
  expect(kindOf({ ...extended, changeWaiting: true }, [pass], 2_500_000)).toBe('unconfirmed');
  expect(kindOf(extended, [pass], 2_500_000)).toBe('outlived');
});

test('C3 a shortening that waits does not take the pass away: until it is decided, what was agreed holds', () => {
  const shortened = { end: 1_500_000, changeWaiting: true };
  const agreed = { start: 1_000_000, end: 2_000_000 };
  expect(kindOf({ ...shortened, agreed }, [pass], 1_800_000)).toBe('live');
  expect(kindOf({ ...shortened, agreed }, [pass], 2_000_000)).toBe('ended');
});

test('X1 a pass bound to a key that this device has lost is not this device’s', () => {
  expect(kindOf({}, [{ ...pass, holderKey: 'a key before' }])).toBe('elsewhere');
});

test('a pass that moved is shown in its new form, not the revoked one', () => {
  const situation = passSituation(
    reservation,
    [{ ...pass, id: 'old', status: 'revoked' }, pass],
    device,
    during,
  );
  expect(situation).toMatchObject({ kind: 'live', pass: { id: 'p' } });
});

test('a pass before its time is shown and said to be early', () => {
  expect(passSituation(reservation, [pass], device, 999_999)).toMatchObject({ kind: 'live', early: true });
  expect(passSituation(reservation, [pass], device, during)).toMatchObject({ kind: 'live', early: false });
});

test('words for what has no code', () => {
  expect(situationWords('elsewhere').text).toMatch(/move it here/i);
});

test('B5 a device that was removed shows no code, whatever passes there are', () => {
  const removed = { ...device, removed: true };
  for (const passes of [[pass], [{ ...pass, clientId: null, holderKey: null }], []]) {
    expect(passSituation(reservation, passes, removed, during).kind).toBe('removed');
  }
  expect(passSituation({ ...reservation, end: 1_200_000 }, [pass], removed, during).kind).toBe('ended');
  expect(situationWords('removed').text).toMatch(/sign out/);
});
