import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isActive, type Actor } from './entities';
import type { Intent } from './intent';
import type { State } from './state';
import {
  decideAs,
  guard,
  HOUR,
  manager,
  neighbour,
  NOW,
  resident,
  SITE_ID,
  slot,
  stateOf,
  system,
} from './testing';
import { covers, overlaps } from './time-range';

/*
 * docs/invariants.md I1 to I4 and I10 by the rules alone: whatever is asked for, by whom, when and in what order.
 */

const slotIds = ['own', 'lent', 'other'];
const reservationIds = Array.from({ length: 8 }, (_, index) => `r${String(index)}`);

/** Whose op it is, most of the time; anybody may try. */
function actorOf({ op }: Intent, choice: number): Actor {
  if (choice === 0) return [guard, manager, system, resident][op.length % 4]!;
  if (op === 'reservation.settle@1') return system;
  if (op === 'scan.record@1') return guard;
  if (op === 'site.set_policy@1') return manager;
  return choice % 3 === 0 ? neighbour : resident;
}

const slotId = fc.constantFrom(...slotIds);
const reservationId = fc.constantFrom(...reservationIds);
const window = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 8 }))
  .map(([start, length]) => ({ start: NOW + (start * HOUR) / 2, end: NOW + ((start + length) * HOUR) / 2 }));
const placed = fc
  .tuple(reservationId, slotId, window)
  .map(([id, wanted, range]) => ({ reservationId: id, slotId: wanted, ...range }));

/** What is wished for, once the state and a fresh id are known. */
type Wish = (state: State, scanId: string) => Intent;

const intent = fc.oneof(
  placed.map((args): Wish => () => ({ op: 'reservation.create@1', args })),
  placed.map((args): Wish => () => ({ op: 'reservation.lease@1', args })),
  placed.map((args): Wish => () => ({ op: 'reservation.change@1', args })),
  reservationId.map((id): Wish => () => ({ op: 'reservation.cancel@1', args: { reservationId: id } })),
  reservationId.map((id): Wish => () => ({ op: 'reservation.confirm@1', args: { reservationId: id } })),
  reservationId.map((id): Wish => () => ({ op: 'reservation.settle@1', args: { reservationId: id } })),
  fc
    .tuple(slotId, window)
    .map(([id, range]): Wish => () => ({ op: 'share.open@1', args: { slotId: id, ...range } })),
  fc
    .tuple(slotId, window)
    .map(([id, range]): Wish => () => ({ op: 'share.close@1', args: { slotId: id, ...range } })),
  fc
    .constantFrom(null, ...reservationIds)
    .map((id): Wish => () => ({ op: 'pass.bind@1', args: { holderKey: 'key', reservationId: id } })),
  fc.nat(20).map((which): Wish => (state, scanId) => ({
    op: 'scan.record@1',
    args: {
      scanId,
      passId: [...state.passes.keys()][which % Math.max(1, state.passes.size)] ?? null,
      gate: 1,
      scannedAt: NOW,
      result: 'valid',
      reason: '',
      code: '',
    },
  })),
  fc
    .record({
      price: fc.nat(8),
      lateCancelCharge: fc.nat(8),
      noShowCharge: fc.nat(60),
      leasePrice: fc.nat(8),
      cancelCutOff: fc.nat(2 * HOUR),
    })
    .map((changes): Wish => () => ({ op: 'site.set_policy@1', args: { changes } })),
);

const step = fc.record({ choice: fc.nat(12), intent, pause: fc.nat(HOUR / 2) });

function startState(): State {
  const state = stateOf({
    policy: {
      reservationsAtATime: 3,
      leasesAtATime: 2,
      tracksNoShows: true,
      noShowCharge: 2,
      leasePrice: 1,
      lateCancelCharge: 2,
      cancelCutOff: HOUR,
    },
    slots: [
      slot({ id: 'own' }),
      slot({ id: 'lent', ownerId: neighbour.id, lent: [{ start: NOW - HOUR, end: NOW + 40 * HOUR }] }),
      slot({ id: 'other', ownerId: resident.id }),
    ],
    accounts: [
      ...[resident, neighbour, manager].map(({ id }) => ({ id, balance: 9 })),
      { id: SITE_ID, balance: 0 },
      { id: 'issuance', balance: -27 },
    ],
  });
  return state;
}

/** What must hold after every step, each by its id in docs/invariants.md. */
function check(state: State, now: number): void {
  const active = [...state.reservations.values()].filter(isActive);
  for (const [index, one] of active.entries()) {
    const same = active.slice(index + 1).filter((other) => other.slotId === one.slotId);
    expect(
      same.filter((other) => overlaps(one, other)),
      'I1 no overlap',
    ).toEqual([]);
    const place = state.slots.get(one.slotId)!;
    if (place.ownerId !== null && one.end > now)
      expect(covers(place.lent, one), 'I2 inside lent windows').toBe(true);
  }
  const balances = [...state.accounts.values()];
  expect(
    balances.reduce((sum, { balance }) => sum + balance, 0),
    'I3 the ledger sums to zero',
  ).toBe(0);
  const negative = balances.filter(({ id, balance }) => id !== 'issuance' && balance < 0);
  expect(negative, 'I4 no balance below zero').toEqual([]);
  const valid = [...state.passes.values()].filter(({ status }) => status === 'valid');
  for (const pass of valid) {
    const reservation = state.reservations.get(pass.reservationId ?? '');
    expect(reservation?.state, 'I10 no valid pass of a cancelled reservation').not.toBe('cancelled');
    expect(
      valid.filter(({ reservationId: id }) => id === pass.reservationId),
      'I10 one valid pass',
    ).toHaveLength(1);
  }
}

describe('the rules', () => {
  it('K5 C3 C5 D3 keep the invariants through any history', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }), (steps) => {
        const state = startState();
        let now = NOW;
        for (const [index, { choice, intent: make, pause }] of steps.entries()) {
          now += pause;
          const wish = make(state, `scan-${String(index)}`);
          decideAs(state, actorOf(wish, choice), wish, now);
          check(state, now);
        }
      }),
      { numRuns: 250 },
    );
  });
});
