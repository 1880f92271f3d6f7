import { describe, expect, it } from 'vitest';
import { decide } from './decide';
import type { Actor, NoticeRow, SlotClaim, Topup, WaitlistEntry } from './entities';
import type { Decision, Intent } from './intent';
import { askedAt, noticesOf, WAITED } from './notices-of';
import type { Change, State } from './state';
import {
  HOUR,
  manager,
  neighbour,
  NOW,
  reservation,
  resident,
  SITE_ID,
  slot,
  stateOf,
  system,
} from './testing';

const owner = neighbour;
const lentAllDay = [{ start: NOW - HOUR, end: NOW + 24 * HOUR }];
const hers = slot({ id: 'A-1', ownerId: owner.id, ownerName: owner.name, lent: lentAllDay });
const create: Intent = {
  op: 'reservation.create@1',
  args: { reservationId: 'r', slotId: 'A-1', start: NOW + HOUR, end: NOW + 2 * HOUR },
};
const booked = reservation({ id: 'r', slotId: 'A-1', receiverAccountId: owner.id });
const told = { reservationId: 'r', slotId: 'A-1', slotLabel: 'A-1', start: NOW + HOUR, end: NOW + 2 * HOUR };

/** What is told when `actor` asks for it, `waited` ms before it is decided. */
function asked(state: State, actor: Actor, intent: Intent, { waited = 0, decision }: Options = {}) {
  let count = 0;
  const context = {
    ...{ now: NOW, actor, clientId: 'client', verifiedAt: NOW },
    newId: () => `n-${String(count++)}`,
  };
  const decided = decision ?? decide(state, intent, context);
  const changes = noticesOf(
    state,
    { intent, intentId: 'wish', deviceTime: NOW - waited, decision: decided },
    context,
  );
  return changes.flatMap(({ table, row }) => (table === 'notices' ? [row] : []));
}
interface Options {
  waited?: number;
  decision?: Decision;
}

const short = (rows: readonly NoticeRow[]) =>
  rows.map(({ kind, memberId }) => `${kind} → ${memberId}`).toSorted();
const applied = (...changes: Change[]): Decision => ({ status: 'applied', changes, data: {} });
/** What the op is does not matter to what follows from the rows. */
const anything: Intent = { op: 'notice.set_preferences@1', args: {} as never };

describe('how long a wish has waited', () => {
  it.each([-600_000, -120_000, 0, 120_000, 600_000])(
    'B4 does not depend on the phone’s clock, wrong by %i ms',
    (wrong) => {
      const phone = NOW + wrong;
      const at = (waited: number) => askedAt(phone - waited, { now: NOW, sentAt: phone });
      expect(at(1000)).toBe(NOW - 1000);
      expect(at(WAITED + 1)).toBe(NOW - WAITED - 1);
    },
  );

  it('B4 is not negative where the phone’s clock was set back, and as the phone says where an older build sends', () => {
    expect(askedAt(NOW + HOUR, { now: NOW, sentAt: NOW })).toBe(NOW);
    expect(askedAt(NOW - HOUR, { now: NOW, sentAt: undefined })).toBe(NOW - HOUR);
  });
});

describe('who has reserved', () => {
  it('B4 is told of a booking that had waited, and not of one that was looked at', () => {
    const state = () => stateOf({ slots: [slot({ id: 'A-1' })] });
    expect(asked(state(), resident, create, { waited: WAITED })).toEqual([]);
    const [notice] = asked(state(), resident, create, { waited: WAITED + 1 });
    expect(notice).toEqual({
      id: expect.any(String) as string,
      memberId: resident.id,
      kind: 'confirmed',
      data: { ...told, cost: 3 },
      toldKey: 'confirmed:wish',
      createdAt: NOW,
      readAt: null,
    });
  });

  it('B4 is told of a refusal that had waited, with what was wanted', () => {
    const taken = reservation({ id: 'other', slotId: 'A-1', memberId: manager.id });
    const state = stateOf({ slots: [slot({ id: 'A-1' })], reservations: [taken] });
    expect(asked(state, resident, create)).toEqual([]);
    expect(asked(state, resident, create, { waited: HOUR })).toMatchObject([
      {
        kind: 'refused',
        toldKey: 'refused:wish',
        data: {
          op: 'reservation.create@1',
          code: 'slot_taken',
          slotLabel: 'A-1',
          start: NOW + HOUR,
          intentId: 'wish',
        },
      },
    ]);
  });

  it('B4 a refusal says nothing of somebody else’s reservation', () => {
    const state = stateOf({ slots: [slot({ id: 'A-1' })], reservations: [{ ...booked, memberId: 'else' }] });
    const cancel: Intent = { op: 'reservation.cancel@1', args: { reservationId: 'r' } };
    const [notice] = asked(state, resident, cancel, { waited: HOUR });
    expect(notice).toMatchObject({ data: { code: 'reservation_forbidden', slotLabel: null, start: null } });
  });

  it.each<Intent>([
    { op: 'reservation.cancel@1', args: { reservationId: 'made up' } },
    { op: 'reservation.confirm@1', args: { reservationId: 'made up' } },
    { op: 'reservation.create@1', args: { ...create.args, slotId: 'made up' } },
    { op: 'share.close_free@1', args: { slotId: 'made up', start: NOW, end: NOW + HOUR } },
    { op: 'waitlist.accept@1', args: { entryId: 'made up' } },
  ])('B4 a refusal of what is not there is told to nobody: $op', (intent) => {
    const state = stateOf({ slots: [slot({ id: 'A-1' })], reservations: [booked] });
    expect(asked(state, resident, intent, { waited: HOUR })).toEqual([]);
  });

  it('B4 is told when a manager cancels, with what comes back, and the owner that the slot is free', () => {
    const state = stateOf({ slots: [hers], reservations: [booked] });
    const cancel: Intent = { op: 'reservation.cancel@1', args: { reservationId: 'r' } };
    const rows = asked(state, manager, cancel);
    expect(short(rows)).toEqual([`changed → ${resident.id}`, `slot_freed → ${owner.id}`]);
    expect(rows.find(({ kind }) => kind === 'changed')?.data).toEqual({
      ...{ ...told, change: 'cancelled', by: 'manager', refund: 3 },
      ...{ formerLabel: 'A-1', formerStart: told.start, formerEnd: told.end },
    });
  });

  it('B4 is asked to move by the owner, each time anew', () => {
    const state = stateOf({ slots: [hers], reservations: [{ ...booked, askedToMoveAt: NOW - HOUR }] });
    const row = { ...booked, askedToMoveAt: NOW };
    const rows = asked(state, owner, anything, { decision: applied({ table: 'reservations', row }) });
    expect(rows).toMatchObject([
      { kind: 'asked_to_move', memberId: resident.id, toldKey: `asked_to_move:r:${String(NOW)}` },
    ]);
  });

  it('B4 a member who leaves is told nothing', () => {
    const state = stateOf({ slots: [hers], reservations: [booked] });
    const remove: Intent = { op: 'member.remove@1', args: { memberId: resident.id } };
    expect(short(asked(state, manager, remove))).toEqual([`slot_freed → ${owner.id}`]);
  });
});

describe('an owner', () => {
  it('B4 is told who comes and who does not, without a name', () => {
    const state = stateOf({ slots: [hers] });
    const [notice] = asked(state, resident, create);
    expect(notice).toMatchObject({
      kind: 'slot_reserved',
      memberId: owner.id,
      data: { ...told, credits: 3 },
    });
    expect(JSON.stringify(notice)).not.toContain(resident.name);
    const cancel: Intent = { op: 'reservation.cancel@1', args: { reservationId: 'r' } };
    const after = stateOf({ slots: [hers], reservations: [booked] });
    expect(asked(after, resident, cancel)).toMatchObject([
      { kind: 'slot_freed', memberId: owner.id, data: { ...told, credits: 0 } },
    ]);
  });

  it('B4 of each slot is told when a reservation moves', () => {
    const other = slot({ id: 'B-1', ownerId: manager.id, lent: lentAllDay });
    const state = stateOf({ slots: [hers, other], reservations: [booked] });
    const change: Intent = {
      op: 'reservation.change@1',
      args: { reservationId: 'r', slotId: 'B-1', start: told.start, end: told.end },
    };
    expect(short(asked(state, resident, change))).toEqual([
      `slot_freed → ${owner.id}`,
      `slot_reserved → ${manager.id}`,
    ]);
  });

  it('B4 E8 is not told of an offer before it is accepted, nor of what ends in its time', () => {
    const offered = { ...booked, state: 'held', offered: true, holdExpiresAt: NOW + HOUR } as const;
    const offer = applied({ table: 'reservations', row: offered });
    expect(asked(stateOf({ slots: [hers] }), system, anything, { decision: offer })).toMatchObject([]);
    const accepted = applied({ table: 'reservations', row: booked });
    const before = stateOf({ slots: [hers], reservations: [offered] });
    expect(short(asked(before, resident, anything, { decision: accepted }))).toEqual([
      `slot_reserved → ${owner.id}`,
    ]);
    const past = { ...booked, start: NOW - 2 * HOUR, end: NOW - HOUR };
    const settled = applied({ table: 'reservations', row: { ...past, state: 'completed' } });
    const running = stateOf({ slots: [hers], reservations: [past] });
    expect(asked(running, system, anything, { decision: settled })).toEqual([]);
  });
});

describe('credits', () => {
  const account = (balance: number) => [
    { id: resident.id, balance },
    { id: SITE_ID, balance: 0 },
  ];
  it.each([
    [9, []],
    [8, [`credits_low → ${resident.id}`]],
    [5, []],
  ])('B4 are low once they fall below two reservations: from %d', (balance, expected) => {
    const state = stateOf({ slots: [slot({ id: 'A-1' })], accounts: account(balance) });
    expect(short(asked(state, resident, create))).toEqual(expected);
  });

  const topup: Topup = {
    ...{ id: 't', memberId: resident.id, credits: 10, amount: 1000, currency: 'EUR', method: 'online' },
    ...{ provider: 'local', providerReference: 'p', reference: '', state: 'paid', receiptNumber: 7 },
    ...{ createdBy: resident.id, createdAt: NOW, paidAt: NOW, endedAt: null },
  };
  it('B4 B8 that were bought or given back are told to whose they are, once', () => {
    const decision = applied({ table: 'topups', row: topup });
    const before = stateOf({ topups: [{ ...topup, state: 'pending' }] });
    expect(asked(before, system, anything, { decision })).toMatchObject([
      { kind: 'topup_paid', memberId: resident.id, data: { topupId: 't', credits: 10, receiptNumber: 7 } },
    ]);
    expect(asked(stateOf({ topups: [topup] }), system, anything, { decision })).toEqual([]);
    const refunded = applied({ table: 'topups', row: { ...topup, state: 'refunded' } });
    expect(short(asked(before, system, anything, { decision: refunded }))).toEqual([
      `topup_refunded → ${resident.id}`,
    ]);
  });
});

describe('waiting in line', () => {
  const entry: WaitlistEntry = {
    ...{ id: 'e', memberId: resident.id, start: told.start, end: told.end, kinds: [], levels: [] },
    ...{ maxPrice: null, takeForMe: false, createdAt: NOW, state: 'waiting', reservationId: null },
    ...{ offerExpiresAt: null, restsUntil: null, endedAt: null },
  };
  const offered = { ...booked, state: 'held', offered: true, cost: 0 } as const;
  const state = () => stateOf({ slots: [hers], waitlistEntries: [entry] });
  const become = (fields: Partial<WaitlistEntry>, row?: typeof booked) =>
    applied(
      { table: 'waitlistEntries', row: { ...entry, ...fields } },
      ...(row ? [{ table: 'reservations', row } as const] : []),
    );

  it('E8 B4 an offer says until when, and once only', () => {
    const decision = become({ state: 'offered', reservationId: 'r', offerExpiresAt: NOW + 900_000 }, offered);
    expect(asked(state(), system, anything, { decision })).toMatchObject([
      { kind: 'waitlist_offer', data: { ...told, entryId: 'e', price: 3, until: NOW + 900_000 } },
    ]);
  });

  it('E8 B4 what is taken for somebody is told to them and the owner; one’s own acceptance is no news', () => {
    const taken = become({ state: 'taken', reservationId: 'r' }, booked);
    expect(short(asked(state(), system, anything, { decision: taken }))).toEqual([
      `slot_reserved → ${owner.id}`,
      `waitlist_taken → ${resident.id}`,
    ]);
    expect(short(asked(state(), resident, anything, { decision: taken }))).toEqual([
      `slot_reserved → ${owner.id}`,
    ]);
  });

  it('E8 B4 an offer that lapses is told once, with its entry', () => {
    const before = stateOf({ slots: [hers], waitlistEntries: [entry], reservations: [offered] });
    const lapsed = become({ state: 'lapsed', reservationId: 'r' }, { ...offered, state: 'cancelled' });
    expect(asked(before, system, anything, { decision: lapsed })).toMatchObject([
      { kind: 'waitlist_over', data: { entryId: 'e', reason: 'lapsed' } },
    ]);
  });
});

describe('claims', () => {
  const claim: SlotClaim = {
    ...{ id: 'c', memberId: resident.id, label: 'B2-7', level: 'B2', kind: 'car', note: '', photo: null },
    ...{ state: 'waiting', slotId: null, createdAt: NOW, decidedAt: null, decidedBy: null, reason: '' },
  };
  it('C1 B4 go to every manager but who claims, and the answer to who claimed', () => {
    const made = applied({ table: 'slotClaims', row: claim });
    expect(short(asked(stateOf({}), resident, anything, { decision: made }))).toEqual([
      `claim_waiting → ${manager.id}`,
    ]);
    expect(asked(stateOf({}), manager, anything, { decision: made })).toEqual([]);
    const refused = applied({
      table: 'slotClaims',
      row: { ...claim, state: 'refused', reason: 'Not yours' },
    });
    expect(asked(stateOf({ slotClaims: [claim] }), manager, anything, { decision: refused })).toMatchObject([
      { kind: 'claim_decided', memberId: resident.id, data: { approved: false, reason: 'Not yours' } },
    ]);
  });
});
