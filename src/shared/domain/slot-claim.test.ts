import { describe, expect, it } from 'vitest';
import type { SlotClaim } from './entities';
import { CLAIMS_COUNTED_FOR, MOST_CLAIMS, MOST_CLAIMS_A_DAY } from './slot-claim';
import {
  codeOf,
  decideAs,
  guard,
  HOUR,
  manager,
  neighbour,
  NOW,
  reservation,
  resident,
  slot,
  stateOf,
} from './testing';

const wanted = { label: 'B-12', level: 'B', kind: 'car' as const, note: 'since 2019', photo: 'AAAA' };
const claim = (claimId = 'c1', fields: Partial<typeof wanted> = {}) => ({
  op: 'slot.claim@1' as const,
  args: { claimId, ...wanted, ...fields },
});
const stored = (id: string, fields: Partial<SlotClaim> = {}): SlotClaim => ({
  ...{ id, memberId: resident.id, ...wanted, state: 'waiting', slotId: null },
  ...{ createdAt: NOW - 1, decidedAt: null, decidedBy: null, reason: '' },
  ...fields,
});
const decideClaim = (fields: { approve?: boolean; slotId?: string } = {}) => ({
  op: 'slot.decide_claim@1' as const,
  args: { claimId: 'c1', approve: true, slotId: 'new', reason: '', ...fields },
});
const withdraw = { op: 'slot.withdraw_claim@1' as const, args: { claimId: 'c1' } };

describe('slot.claim@1', () => {
  it('C1 waits for the manager, three at a time, each label once', () => {
    const state = stateOf({});
    expect(codeOf(decideAs(state, resident, claim()))).toBe('applied');
    expect(state.slotClaims.get('c1')).toMatchObject({ ...wanted, memberId: resident.id, state: 'waiting' });
    expect(codeOf(decideAs(state, resident, claim()))).toBe('claim_exists');
    expect(codeOf(decideAs(state, resident, claim('c2')))).toBe('claim_exists');
    for (let count = 1; count < MOST_CLAIMS; count++)
      expect(codeOf(decideAs(state, resident, claim(`more-${count}`, { label: `B-${count}` })))).toBe(
        'applied',
      );
    expect(codeOf(decideAs(state, resident, claim('c9', { label: 'B-99' })))).toBe('too_many_claims');
    expect(codeOf(decideAs(state, neighbour, claim('c9')))).toBe('applied');
  });

  it('C1 is taken ten times a day, also from who withdraws in between', () => {
    const state = stateOf({});
    const turn = (id: string, now: number) => [
      codeOf(decideAs(state, resident, claim(id), now)),
      codeOf(decideAs(state, resident, { ...withdraw, args: { claimId: id } }, now)),
    ];
    for (let count = 0; count < MOST_CLAIMS_A_DAY; count++)
      expect(turn(`c-${count}`, NOW)).toEqual(['applied', 'applied']);
    expect(codeOf(decideAs(state, resident, claim('more')))).toBe('too_many_claims');
    expect(codeOf(decideAs(state, neighbour, claim('other')))).toBe('applied');
    expect(turn('tomorrow', NOW + CLAIMS_COUNTED_FOR)).toEqual(['applied', 'applied']);
  });

  it('C1 is of a slot without an owner, or of none that is there yet', () => {
    const state = stateOf({
      slots: [slot({ id: 's1', label: 'B-12', ownerId: neighbour.id }), slot({ id: 's2', label: 'B-13' })],
    });
    expect(codeOf(decideAs(state, resident, claim()))).toBe('slot_label_taken');
    expect(codeOf(decideAs(state, resident, claim('c1', { label: 'B-13' })))).toBe('applied');
    expect(codeOf(decideAs(state, guard, claim('c2')))).toBe('role_forbidden');
  });

  it('C1 is withdrawn by who made it, once and before it is decided', () => {
    const state = stateOf({ slotClaims: [stored('c1')] });
    expect(codeOf(decideAs(state, neighbour, withdraw))).toBe('claim_not_found');
    expect(codeOf(decideAs(state, resident, withdraw))).toBe('applied');
    expect(state.slotClaims.get('c1')).toMatchObject({ state: 'withdrawn', photo: null });
    expect(decideAs(state, resident, withdraw)).toMatchObject({ status: 'applied', changes: [] });
    expect(codeOf(decideAs(state, manager, decideClaim()))).toBe('claim_decided');
  });
});

describe('slot.decide_claim@1', () => {
  it('C1 approved, makes the slot that was described and gives it to who asked', () => {
    const state = stateOf({ slotClaims: [stored('c1')] });
    expect(codeOf(decideAs(state, manager, decideClaim()))).toBe('applied');
    expect(state.slots.get('new')).toMatchObject({
      label: 'B-12',
      level: 'B',
      ownerId: resident.id,
      ownerName: 'Mara',
      lent: [],
    });
    expect(state.slotClaims.get('c1')).toMatchObject({
      state: 'approved',
      slotId: 'new',
      photo: null,
      decidedBy: manager.id,
    });
    expect(codeOf(decideAs(state, manager, decideClaim()))).toBe('claim_decided');
  });

  it('C1 approved, gives a slot of the building, and who has reserved it keeps that', () => {
    const taken = reservation({ id: 'r1', slotId: 's1', memberId: neighbour.id });
    const over = reservation({
      id: 'r2',
      slotId: 's1',
      memberId: neighbour.id,
      start: NOW - 2 * HOUR,
      end: NOW - HOUR,
    });
    const state = stateOf({
      slotClaims: [stored('c1')],
      slots: [slot({ id: 's1', label: 'B-12' })],
      reservations: [taken, over],
    });
    expect(codeOf(decideAs(state, manager, decideClaim({ slotId: 's1' })))).toBe('applied');
    expect(state.slots.get('s1')).toMatchObject({
      ownerId: resident.id,
      lent: [{ start: taken.start, end: taken.end }],
    });
  });

  it.each([
    ['slot_label_taken', decideClaim(), {}],
    ['slot_label_taken', decideClaim({ slotId: 'owned' }), {}],
    ['applied', decideClaim({ slotId: 'other' }), {}],
    ['member_not_found', decideClaim({ slotId: 's1' }), { memberId: 'nobody' }],
    ['claim_not_found', { ...decideClaim(), args: { ...decideClaim().args, claimId: 'none' } }, {}],
  ] as const)('C1 says %s %#', (code, intent, fields) => {
    const slots = [
      slot({ id: 's1', label: 'B-12' }),
      slot({ id: 'owned', label: 'X', ownerId: neighbour.id }),
      slot({ id: 'other', label: 'B 12' }),
    ];
    const state = stateOf({ slotClaims: [stored('c1', fields)], slots });
    expect(codeOf(decideAs(state, manager, intent))).toBe(code);
    expect(codeOf(decideAs(state, resident, intent))).toBe('role_forbidden');
  });

  it('C1 refused, says why', () => {
    const state = stateOf({ slotClaims: [stored('c1')] });
    decideAs(state, manager, {
      ...decideClaim(),
      args: { ...decideClaim().args, approve: false, reason: 'It is Ivo’s.' },
    });
    expect(state.slotClaims.get('c1')).toMatchObject({
      state: 'refused',
      reason: 'It is Ivo’s.',
      slotId: null,
    });
    expect(state.slots.size).toBe(0);
  });
});
