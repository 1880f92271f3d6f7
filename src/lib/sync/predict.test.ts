import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Intent } from '#shared/domain/intent';
import { HOUR, NOW } from '#shared/domain/testing';
import { defaultPolicy } from '#shared/domain/policy';
import type { OutboxRow, StoredRow } from '$lib/client-db/database';
import { predict } from './predict';
import { baseOf, type Base } from './pulled-rows';

const ME = 'me';
const predictor = { clientId: 'client', now: NOW };

const stored = fc
  .record({
    lent: fc.boolean(),
    taken: fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
    mine: fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
    balance: fc.nat(60),
    limit: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ lent, taken, mine, balance, limit }): StoredRow[] => {
    const policy = { ...defaultPolicy, reservationsAtATime: limit };
    const slot = {
      ...{ level: '', kind: 'car', ownerName: null, opened: [], closed: [], position: null },
      ...{ rulesRevision: 0, followedRevision: 0, followedUntil: null },
    } as const;
    const at = (start: number) => ({ start: NOW + start * HOUR, end: NOW + (start + 2) * HOUR });
    const site = (entity: string, row: { id: string; [key: string]: unknown }) =>
      ({ scope: 'site:s', entity, id: row.id, row }) as StoredRow;
    const member = (entity: string, row: { id: string; [key: string]: unknown }) =>
      ({ scope: 'member:me', entity, id: row.id, row }) as StoredRow;
    return [
      site('site', { id: 's', name: 's', timeZone: 'UTC', policy, issuanceAccountId: 'i' }),
      site('slot', { id: 'own', label: 'A', ...slot, ownerId: ME, lent: lent ? [at(0)] : [] }),
      site('slot', { id: 'site', label: 'B', ...slot, ownerId: null, lent: [] }),
      member('member', { id: ME, siteId: 's', role: 'resident', name: 'Me', flat: '', email: '' }),
      member('account', { id: ME, balance }),
      ...(taken === null ? [] : [site('occupancy', { id: 'theirs', slotId: 'site', ...at(taken) })]),
      ...(mine === null
        ? []
        : [
            site('occupancy', { id: 'r-0', slotId: 'site', ...at(mine) }),
            member('reservation', {
              ...{
                id: 'r-0',
                slotId: 'site',
                memberId: ME,
                ...at(mine),
                state: 'confirmed',
                holdExpiresAt: null,
              },
              ...{ cost: 3, receiverAccountId: 's', createdAt: NOW, endedAt: null },
              ...{ offered: false, askedToMoveAt: null },
            }),
          ]),
    ];
  });

const window = fc
  .tuple(fc.integer({ min: -3, max: 20 }), fc.integer({ min: 1, max: 6 }))
  .map(([start, length]) => ({ start: NOW + start * HOUR, end: NOW + (start + length) * HOUR }));
const slotId = fc.constantFrom('own', 'site', 'none');
const reservationId = fc.constantFrom('r-0', 'r-1', 'r-2', 'r-3');
const wish: fc.Arbitrary<Intent> = fc.oneof(
  fc.tuple(reservationId, slotId, window).map(([id, slot, range]): Intent => ({
    op: 'reservation.create@1',
    args: { reservationId: id, slotId: slot, ...range },
  })),
  reservationId.map((id): Intent => ({ op: 'reservation.cancel@1', args: { reservationId: id } })),
  fc
    .tuple(slotId, window)
    .map(([slot, range]): Intent => ({ op: 'share.open@1', args: { slotId: slot, ...range } })),
  fc
    .tuple(slotId, window)
    .map(([slot, range]): Intent => ({ op: 'share.close@1', args: { slotId: slot, ...range } })),
);

function queue(wishes: readonly Intent[]): OutboxRow[] {
  return wishes.map((intent, index) => ({
    ...intent,
    ...{ seq: index + 1, id: `intent-${String(index)}`, deviceTime: NOW, expiresAt: null },
    ...{ status: 'waiting', outcome: null, dismissed: false },
  }));
}

/** The base that a server would send after it agreed with everything. */
function pulled(base: Base, state: NonNullable<ReturnType<typeof predict>>): Base {
  const own = [...state.reservations.values()].filter(({ memberId }) => memberId === ME);
  return {
    ...base,
    slot: [...state.slots.values()].map(({ position, ...slot }) => ({
      ...slot,
      lent: [...slot.lent],
      ...(position && { position }),
    })),
    slot_lending: [...state.slots.values()].map((slot) => ({
      ...slot,
      opened: [...slot.opened],
      closed: [...slot.closed],
    })),
    reservation: own.map(({ askedToMoveAt, ...row }) => ({
      ...row,
      memberId: ME,
      ...(askedToMoveAt !== null && { askedToMoveAt }),
    })),
    account: [...state.accounts.values()],
  };
}

const shown = (state: ReturnType<typeof predict>) => ({
  slots: state?.slots,
  reservations: state?.reservations,
  accounts: state?.accounts,
});

describe('predict', () => {
  it('K3 shows the pulled rows as they are when nothing waits', () => {
    fc.assert(
      fc.property(stored, (rows) => {
        const base = baseOf(rows);
        const state = predict(base, [], predictor);
        expect([...(state?.slots.values() ?? [])]).toEqual(base.slot);
        expect([...(state?.accounts.values() ?? [])]).toEqual(base.account);
        expect(state?.reservations.get('r-0')).toEqual(base.reservation[0]);
        expect(state?.reservations.size).toBe(base.occupancy.length);
      }),
    );
  });

  it('K3 is the same at every replay and changes neither rows nor outbox', () => {
    fc.assert(
      fc.property(stored, fc.array(wish, { maxLength: 8 }), (rows, wishes) => {
        const base = baseOf(rows);
        const outbox = queue(wishes);
        const copy = structuredClone({ base, outbox });
        const first = predict(base, outbox, predictor);
        expect(predict(base, outbox.toReversed(), predictor)).toEqual(first);
        expect({ base, outbox }).toEqual(copy);
      }),
    );
  });

  it('K3 changes nothing more when the rows come before the outbox is emptied', () => {
    fc.assert(
      fc.property(stored, fc.array(wish, { maxLength: 8 }), (rows, wishes) => {
        const base = baseOf(rows);
        // Only what the rules agree to: a wish refused now may be agreed to after the others have come true.
        const agreed = queue(wishes).reduce<OutboxRow[]>((kept, row) => {
          const before = predict(base, kept, predictor);
          const after = predict(base, [...kept, row], predictor);
          const changed = JSON.stringify(asLists(before)) !== JSON.stringify(asLists(after));
          return changed ? [...kept, row] : kept;
        }, []);
        const predicted = predict(base, agreed, predictor);
        expect(predicted).not.toBeNull();
        const again = predict(pulled(base, predicted!), agreed, predictor);
        expect(shown(again)).toEqual(shown(predicted));
      }),
    );
  });

  it('K3 replays what is waiting, sent or applied, not what was refused', () => {
    const base = baseOf(
      fc.sample(
        stored.filter((rows) => rows.length === 5),
        { numRuns: 1, seed: 1 },
      )[0]!,
    );
    const [row] = queue([
      { op: 'share.open@1', args: { slotId: 'own', start: NOW + 30 * HOUR, end: NOW + 31 * HOUR } },
    ]);
    const lentIn = (status: OutboxRow['status']) =>
      predict(base, [{ ...row!, status }], predictor)
        ?.slots.get('own')
        ?.lent.some(({ start }) => start === NOW + 30 * HOUR);
    expect(['waiting', 'sent', 'applied'].map((status) => lentIn(status as 'waiting'))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['refused', 'expired', 'quarantined'].map((status) => lentIn(status as 'refused'))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('K3 leaves out what another build has wished and this one has no rule for', () => {
    fc.assert(
      fc.property(stored, fc.array(wish, { maxLength: 3 }), (rows, wishes) => {
        const base = baseOf(rows);
        const foreign = { op: 'slot.paint@3', args: { colour: 'green' } } as unknown as Intent;
        const [first = foreign, ...others] = wishes;
        const predicted = predict(base, queue([foreign, first, foreign, ...others]), predictor);
        const without = queue([foreign, first, foreign, ...others]).filter(({ op }) => op !== foreign.op);
        expect(shown(predicted)).toEqual(shown(predict(base, without, predictor)));
      }),
    );
  });

  it('predicts nothing before the first pull', () => {
    expect(predict(baseOf([]), [], predictor)).toBeNull();
  });
});

function asLists(state: ReturnType<typeof predict>) {
  return [state?.slots, state?.reservations, state?.accounts].map((rows) => [...(rows?.values() ?? [])]);
}
