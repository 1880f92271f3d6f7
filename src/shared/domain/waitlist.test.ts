import { describe, expect, it } from 'vitest';
import type { DomainArgs, RefusalCode } from './intent';
import { defaultNoticePreferences } from './notice-kinds';
import { defaultPolicy } from './policy';
import { minuteOfDay } from './quiet-hours';
import type { State } from './state';
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
  SITE_ID,
  slot,
  stateOf,
  system,
} from './testing';
import { ENTRIES_AT_A_TIME, isTakenAtOnce, isWanted, waitsUntil } from './waitlist-rules';

const MINUTE = 60_000;
const window = { start: NOW + 2 * HOUR, end: NOW + 4 * HOUR };
const minuteOf = (at: number) => minuteOfDay(at, stateOf({}).site.timeZone);
const OFFER_ENDS = NOW + defaultPolicy.offerTime;

const join = (over: Partial<DomainArgs['waitlist.join@1']> = {}) => ({
  op: 'waitlist.join@1' as const,
  args: { entryId: 'e1', ...window, kinds: [], levels: [], maxPrice: null, takeForMe: false, ...over },
});
const offer = (over: Partial<DomainArgs['waitlist.offer@1']> = {}) => ({
  op: 'waitlist.offer@1' as const,
  args: { entryId: 'e1', slotId: 's1', reservationId: 'r1', ...window, ...over },
});
const about = (
  op: 'waitlist.leave@1' | 'waitlist.accept@1' | 'waitlist.decline@1' | 'waitlist.lapse@1',
  entryId = 'e1',
) => ({ op, args: { entryId } });

type Rows = Parameters<typeof stateOf>[0];
/** The window, so many hours later. */
const shifted = (hours: number) => ({ start: window.start + hours * HOUR, end: window.end + hours * HOUR });
const slots = [slot({ id: 's1' }), slot({ id: 's2', level: '-1', kind: 'charger' })];

function joined(over: Partial<DomainArgs['waitlist.join@1']> = {}, rows: Rows = {}): State {
  const state = stateOf({ slots, ...rows });
  expect(codeOf(decideAs(state, resident, join(over)))).toBe('applied');
  return state;
}
function offered(over: Partial<DomainArgs['waitlist.join@1']> = {}, rows: Rows = {}): State {
  const state = joined(over, rows);
  expect(codeOf(decideAs(state, system, offer()))).toBe('applied');
  return state;
}
const entryOf = (state: State) => state.waitlistEntries.get('e1');
const holdOf = (state: State) => state.reservations.get('r1');
const balanceOf = (state: State, id = resident.id) => state.accounts.get(id)?.balance;

describe('waitlist.join@1', () => {
  it('E8 puts a place in line down, as of the server’s clock', () => {
    const state = joined({ levels: ['-1'], maxPrice: 3 });
    expect(entryOf(state)).toEqual({
      ...{ id: 'e1', memberId: resident.id, ...window, kinds: [], levels: ['-1'], maxPrice: 3 },
      ...{ takeForMe: false, createdAt: NOW, state: 'waiting' },
      ...{ reservationId: null, offerExpiresAt: null, restsUntil: null, endedAt: null },
    });
    expect(balanceOf(state)).toBe(50);
  });

  const refusals: [string, RefusalCode, Rows, Partial<DomainArgs['waitlist.join@1']>][] = [
    ['a window upside down', 'window_invalid', {}, { start: window.end, end: window.start }],
    ['one that is over', 'window_past', {}, { start: NOW - 2 * HOUR, end: NOW }],
    ['one of which too little is left', 'window_past', {}, { start: NOW - HOUR, end: NOW + 15 * MINUTE }],
    ['one further ahead than the site allows', 'window_too_far', { policy: { horizon: 4 * HOUR - 1 } }, {}],
    ['one that is asked for too late', 'window_too_soon', { policy: { leadTime: 2 * HOUR + 1 } }, {}],
  ];
  it.each(refusals)('E8 refuses %s', (_what, code, rows, over) => {
    expect(codeOf(decideAs(stateOf({ slots, ...rows }), resident, join(over)))).toBe(code);
  });

  it('E8 is once for a time, and a few at a time; what is over does not count', () => {
    const state = joined();
    expect(codeOf(decideAs(state, resident, join()))).toBe('waitlist_exists');
    // One minute later is the same wait, and says which.
    const later = { entryId: 'again', start: window.start + MINUTE, end: window.end + MINUTE };
    expect(decideAs(state, resident, join(later))).toMatchObject({ code: 'waitlist_exists', data: window });
    expect(codeOf(decideAs(state, neighbour, join({ entryId: 'theirs' })))).toBe('applied');
    for (let more = 1; more < ENTRIES_AT_A_TIME; more++) {
      const next = join({ entryId: `m${String(more)}`, ...shifted(2 * more) });
      expect(codeOf(decideAs(state, resident, next))).toBe('applied');
    }
    const last = join({ entryId: 'last', ...shifted(2 * ENTRIES_AT_A_TIME) });
    expect(decideAs(state, resident, last)).toMatchObject({ code: 'waitlist_full' });
    decideAs(state, resident, about('waitlist.leave@1'));
    expect(codeOf(decideAs(state, resident, last))).toBe('applied');
  });

  it.each(['waitlist.leave@1', 'waitlist.decline@1'] as const)(
    'E8 again after an offer that was not taken (%s): nothing is offered for that time for an hour',
    (op) => {
      const state = offered();
      decideAs(state, resident, about(op));
      expect(codeOf(decideAs(state, resident, join({ entryId: 'e2' })))).toBe('applied');
      expect(state.waitlistEntries.get('e2')).toMatchObject({ state: 'waiting', restsUntil: NOW + HOUR });
      const again = offer({ entryId: 'e2', reservationId: 'r2' });
      expect(codeOf(decideAs(state, system, again))).toBe('waitlist_unwanted');
      // Nobody else, for no other time, and no longer.
      decideAs(state, neighbour, join({ entryId: 'theirs' }));
      decideAs(state, resident, join({ entryId: 'e3', ...shifted(2) }));
      expect(state.waitlistEntries.get('theirs')).toMatchObject({ restsUntil: null });
      expect(state.waitlistEntries.get('e3')).toMatchObject({ restsUntil: null });
      expect(codeOf(decideAs(state, system, again, NOW + HOUR))).toBe('applied');
    },
  );

  it('D1 no guard waits, and no member makes an offer or ends one', () => {
    const state = joined();
    expect(codeOf(decideAs(state, guard, join({ entryId: 'e2' })))).toBe('role_forbidden');
    expect(codeOf(decideAs(state, manager, offer()))).toBe('role_forbidden');
    expect(codeOf(decideAs(state, resident, about('waitlist.lapse@1')))).toBe('role_forbidden');
  });
});

describe('waitlist.offer@1', () => {
  it('E8 keeps the slot for the offer’s time: nothing is paid, no pass is made, nobody else gets it', () => {
    const state = offered();
    expect(holdOf(state)).toMatchObject({
      ...{
        state: 'held',
        offered: true,
        cost: 0,
        price: 3,
        holdExpiresAt: OFFER_ENDS,
        memberId: resident.id,
      },
    });
    expect(entryOf(state)).toMatchObject({
      state: 'offered',
      reservationId: 'r1',
      offerExpiresAt: OFFER_ENDS,
    });
    expect(balanceOf(state)).toBe(50);
    expect(state.passes.size).toBe(0);
    const create = { reservationId: 'r2', slotId: 's1', ...window };
    expect(codeOf(decideAs(state, neighbour, { op: 'reservation.create@1', args: create }))).toBe(
      'slot_taken',
    );
  });

  it('E8 the hold ends before the window does, however long offers stand', () => {
    const state = offered({}, { policy: { offerTime: 24 * HOUR } });
    expect(entryOf(state)?.offerExpiresAt).toBe(window.end - 1);
  });

  it('E8 takes it at once for who agreed to that: paid, with a pass of no device yet', () => {
    const state = offered({ takeForMe: true });
    expect(holdOf(state)).toMatchObject({ state: 'confirmed', offered: false, cost: 3, holdExpiresAt: null });
    expect(entryOf(state)).toMatchObject({ state: 'taken', reservationId: 'r1', endedAt: NOW });
    expect([balanceOf(state), balanceOf(state, SITE_ID)]).toEqual([47, 3]);
    expect([...state.passes.values()]).toMatchObject([
      { memberId: resident.id, reservationId: 'r1', holderKey: null, clientId: null, status: 'valid' },
    ]);
  });

  it('E8 asks first once less than half of the window is left', () => {
    const half = { start: NOW - HOUR, end: NOW + HOUR - 1 };
    const state = joined({ ...half, takeForMe: true });
    expect(codeOf(decideAs(state, system, offer(half)))).toBe('applied');
    expect(entryOf(state)?.state).toBe('offered');
  });

  const left = { ...resident, leftAt: NOW };
  const poor = { accounts: [{ id: resident.id, balance: 2 }] };
  const own = [slot({ id: 's1', ownerId: resident.id, lent: [window] })];
  const other = reservation({ id: 'other', slotId: 's2', ...window, memberId: resident.id });
  const busy = reservation({ id: 'busy', slotId: 's1', ...window, memberId: neighbour.id });
  const hold = { ...other, start: NOW + 10 * HOUR, end: NOW + 12 * HOUR, offered: true } as const;
  const held = { ...hold, state: 'held', holdExpiresAt: NOW + 1 } as const;
  const table: [string, RefusalCode, Rows, Partial<DomainArgs['waitlist.offer@1']>][] = [
    ['another window', 'waitlist_unwanted', {}, { end: window.end + 1 }],
    ['a slot that is taken', 'slot_taken', { reservations: [busy] }, {}],
    ['a slot that is not there', 'slot_not_found', {}, { slotId: 's9' }],
    ['their own slot', 'own_slot', { slots: own }, {}],
    ['more than they can pay', 'credits_short', poor, {}],
    ['somebody who has left', 'member_left', { members: [left] }, {}],
    ['a reservation too many', 'too_many_reservations', { reservations: [{ ...other, ...later(8) }] }, {}],
    [
      'a time for which they have a slot',
      'waitlist_unwanted',
      { policy: { reservationsAtATime: 9 }, reservations: [other] },
      {},
    ],
    ['a second offer at a time', 'waitlist_unwanted', { reservations: [held] }, {}],
  ];
  it.each(table)('E8 passes over: %s', (_what, code, rows, over) => {
    // What came meanwhile: who has left, and what was booked.
    const { members = [], reservations = [], ...others } = rows;
    const state = joined({}, others);
    for (const member of members) state.members.set(member.id, member);
    for (const row of reservations) state.reservations.set(row.id, row);
    expect(codeOf(decideAs(state, system, offer(over)))).toBe(code);
    expect(entryOf(state)?.state).toBe('waiting');
    expect(balanceOf(state)).toBe(rows.accounts ? 2 : 50);
  });

  it('E8 by the conditions: level, kind and at most so many credits', () => {
    const level = joined({ levels: ['-1'], kinds: ['charger'] });
    expect(codeOf(decideAs(level, system, offer()))).toBe('waitlist_unwanted');
    expect(codeOf(decideAs(level, system, offer({ slotId: 's2' })))).toBe('applied');
    const cheap = joined({ maxPrice: 2 });
    expect(codeOf(decideAs(cheap, system, offer()))).toBe('waitlist_unwanted');
    cheap.site = { ...cheap.site, policy: { ...cheap.site.policy, price: 2 } };
    expect(codeOf(decideAs(cheap, system, offer()))).toBe('applied');
  });

  it('E8 is made once: the second one for a place in line is refused', () => {
    const state = offered();
    const again = offer({ slotId: 's2', reservationId: 'r2' });
    expect(decideAs(state, system, again)).toMatchObject({ code: 'waitlist_ended' });
  });
});

describe('an offer’s ends', () => {
  it('E8 accepted: paid at the price it was offered for, with a pass of the asking device', () => {
    const key = { clientId: 'client', memberId: resident.id, key: 'k', revokedAt: null };
    const state = offered({}, { holderKeys: [key] });
    state.site = { ...state.site, policy: { ...state.site.policy, price: 9 } };
    expect(decideAs(state, resident, about('waitlist.accept@1'), OFFER_ENDS - 1)).toMatchObject({
      data: { cost: 3 },
    });
    expect(holdOf(state)).toMatchObject({ state: 'confirmed', offered: false, cost: 3, holdExpiresAt: null });
    expect(entryOf(state)).toMatchObject({ state: 'taken', offerExpiresAt: null });
    expect([...state.passes.values()]).toMatchObject([{ reservationId: 'r1', holderKey: 'k' }]);
    expect(balanceOf(state)).toBe(47);
    // From another device: done already.
    expect(codeOf(decideAs(state, resident, about('waitlist.accept@1')))).toBe('applied');
    expect(balanceOf(state)).toBe(47);
    expect(codeOf(decideAs(state, resident, about('waitlist.leave@1')))).toBe('waitlist_ended');
  });

  it('E8 accepted: who owns the slot by then is paid', () => {
    const state = offered();
    state.slots.set('s1', slot({ id: 's1', ownerId: neighbour.id, lent: [window] }));
    const before = balanceOf(state, neighbour.id) ?? 0;
    expect(codeOf(decideAs(state, resident, about('waitlist.accept@1')))).toBe('applied');
    expect(holdOf(state)?.receiverAccountId).toBe(neighbour.id);
    expect(balanceOf(state, neighbour.id)).toBe(before + 3);
  });

  it('E8 accepted too late, without the credits or with another reservation: nothing changes', () => {
    const late = offered();
    expect(codeOf(decideAs(late, resident, about('waitlist.accept@1'), OFFER_ENDS))).toBe('offer_over');
    const poor = offered();
    poor.accounts.set(resident.id, { id: resident.id, balance: 2 });
    expect(codeOf(decideAs(poor, resident, about('waitlist.accept@1')))).toBe('credits_short');
    const busy = offered();
    const create = { reservationId: 'r2', slotId: 's2', ...later(10) };
    expect(codeOf(decideAs(busy, resident, { op: 'reservation.create@1', args: create }))).toBe('applied');
    expect(codeOf(decideAs(busy, resident, about('waitlist.accept@1')))).toBe('too_many_reservations');
    for (const state of [late, poor, busy]) expect(entryOf(state)?.state).toBe('offered');
  });

  it('E8 declined, left or lapsed it goes to the next one, and nothing was paid', () => {
    const ends = [
      [resident, 'waitlist.decline@1', 'declined', 'cancelled'],
      [resident, 'waitlist.leave@1', 'left', 'cancelled'],
      [system, 'waitlist.lapse@1', 'lapsed', 'expired'],
    ] as const;
    for (const [actor, op, entryState, holdState] of ends) {
      const state = offered();
      decideAs(state, neighbour, join({ entryId: 'e2' }));
      expect(codeOf(decideAs(state, actor, about(op), OFFER_ENDS))).toBe('applied');
      expect([entryOf(state)?.state, holdOf(state)?.state]).toEqual([entryState, holdState]);
      expect(balanceOf(state)).toBe(50);
      const next = offer({ entryId: 'e2', reservationId: 'r2' });
      expect(codeOf(decideAs(state, system, next, OFFER_ENDS))).toBe('applied');
      expect(state.reservations.get('r2')?.memberId).toBe(neighbour.id);
    }
  });

  describe('in quiet hours', () => {
    const night = { from: minuteOf(NOW), until: minuteOf(NOW + HOUR) };
    const lapsing = (quietHours: typeof night | null, until = OFFER_ENDS) => {
      const state = offered();
      state.noticePreferences.set(resident.id, { ...defaultNoticePreferences, quietHours });
      decideAs(state, system, about('waitlist.lapse@1'), until);
      return state;
    };

    it('E8 nobody loses the place in line: it rests until they are over, and the next one is asked meanwhile', () => {
      const state = lapsing(night);
      const rests = { state: 'waiting', restsUntil: NOW + HOUR, reservationId: null, offerExpiresAt: null };
      expect(entryOf(state)).toMatchObject({ ...rests, endedAt: null });
      expect(holdOf(state)?.state).toBe('expired');
      const again = offer({ reservationId: 'r2' });
      expect(codeOf(decideAs(state, system, again, NOW + HOUR - 1))).toBe('waitlist_unwanted');
      decideAs(state, neighbour, join({ entryId: 'e2' }), OFFER_ENDS);
      const next = offer({ entryId: 'e2', reservationId: 'r3', slotId: 's2' });
      expect(codeOf(decideAs(state, system, next, OFFER_ENDS))).toBe('applied');
      expect(codeOf(decideAs(state, system, again, NOW + HOUR))).toBe('applied');
      // Told of this one, and silent.
      decideAs(state, system, about('waitlist.lapse@1'), NOW + HOUR + defaultPolicy.offerTime);
      expect(entryOf(state)?.state).toBe('lapsed');
    });

    it('E8 a no that is heard after the night’s offer ends the place in line all the same', () => {
      const state = lapsing(night);
      expect(codeOf(decideAs(state, resident, about('waitlist.decline@1'), OFFER_ENDS + 1))).toBe('applied');
      expect(entryOf(state)).toMatchObject({ state: 'declined', endedAt: OFFER_ENDS + 1 });
      expect(codeOf(decideAs(lapsing(null), resident, about('waitlist.decline@1')))).toBe('applied');
    });

    it('E8 the offer lapses for good where it was told, and where the night outlasts the wait', () => {
      expect(entryOf(lapsing(null))?.state).toBe('lapsed');
      expect(entryOf(lapsing({ from: minuteOf(NOW + MINUTE), until: night.until }))?.state).toBe('lapsed');
      const tooLong = { ...night, until: minuteOf(waitsUntil(defaultPolicy, window)) };
      expect(entryOf(lapsing(tooLong))?.state).toBe('lapsed');
    });

    it('E8 by the default hours of who has not decided', () => {
      const start = NOW + 12 * HOUR;
      const state = joined({ start, end: start + 12 * HOUR });
      const at = NOW + (23 * 60 - minuteOf(NOW)) * MINUTE;
      const asked = offer({ start, end: start + 12 * HOUR });
      expect(codeOf(decideAs(state, system, asked, at))).toBe('applied');
      decideAs(state, system, about('waitlist.lapse@1'), at + defaultPolicy.offerTime);
      expect(entryOf(state)).toMatchObject({ state: 'waiting', restsUntil: at + 8 * HOUR });
    });
  });

  it('E8 does not lapse before its time', () => {
    const state = offered();
    expect(codeOf(decideAs(state, system, about('waitlist.lapse@1'), OFFER_ENDS - 1))).toBe('offer_running');
    const waiting = joined();
    const until = waitsUntil(defaultPolicy, window);
    expect(codeOf(decideAs(waiting, system, about('waitlist.lapse@1'), until - 1))).toBe('offer_running');
    expect(decideAs(waiting, system, about('waitlist.lapse@1'), until)).toMatchObject({
      data: { state: 'over' },
    });
  });

  it('E8 nobody answers for somebody else', () => {
    for (const op of ['waitlist.accept@1', 'waitlist.decline@1', 'waitlist.leave@1'] as const) {
      expect(codeOf(decideAs(offered(), neighbour, about(op)))).toBe('waitlist_not_found');
    }
  });

  it('E8 the hold is no lease: it is not booked, cancelled, changed or settled, also when it has lapsed', () => {
    const ops = ['reservation.confirm@1', 'reservation.cancel@1', 'reservation.settle@1'] as const;
    const lapsed = offered();
    decideAs(lapsed, system, about('waitlist.lapse@1'), OFFER_ENDS);
    for (const state of [offered(), lapsed]) {
      for (const op of ops) {
        const actor = op === 'reservation.settle@1' ? system : resident;
        const intent = { op, args: { reservationId: 'r1' } };
        expect(codeOf(decideAs(state, actor, intent, window.end))).toBe('offer_unaccepted');
      }
      const args = { reservationId: 'r1', slotId: 's2', ...window };
      expect(codeOf(decideAs(state, resident, { op: 'reservation.change@1', args }))).toBe(
        'offer_unaccepted',
      );
      expect(balanceOf(state)).toBe(50);
    }
  });

  it('E8 B6 who leaves the building leaves the line', () => {
    const state = offered();
    const leave = { op: 'member.remove@1' as const, args: { memberId: resident.id } };
    expect(codeOf(decideAs(state, resident, leave))).toBe('applied');
    expect([entryOf(state)?.state, holdOf(state)?.state]).toEqual(['left', 'cancelled']);
  });
});

describe('what is waited for', () => {
  it('E8 until a quarter of an hour before the end, at least to the start; where one asks ahead, to then', () => {
    expect(waitsUntil({ leadTime: 0 }, window)).toBe(window.end - 15 * MINUTE);
    expect(waitsUntil({ leadTime: 0 }, { start: 0, end: 10 * MINUTE })).toBe(0);
    expect(waitsUntil({ leadTime: HOUR }, window)).toBe(window.start - HOUR);
  });

  it('E8 at once up to the middle of the window', () => {
    const entry = { ...window, takeForMe: true };
    expect(isTakenAtOnce(entry, window.start + HOUR)).toBe(true);
    expect(isTakenAtOnce(entry, window.start + HOUR + 1)).toBe(false);
    expect(isTakenAtOnce({ ...entry, takeForMe: false }, NOW)).toBe(false);
  });

  it('E8 any of the kinds and any of the levels, at most the price', () => {
    const wish = { kinds: ['car', 'small'] as const, levels: ['-1', '-2'], maxPrice: 3 };
    expect(isWanted(wish, { kind: 'small', level: '-2' }, 3)).toBe(true);
    expect(isWanted(wish, { kind: 'charger', level: '-2' }, 3)).toBe(false);
    expect(isWanted(wish, { kind: 'car', level: '0' }, 3)).toBe(false);
    expect(isWanted(wish, { kind: 'car', level: '-1' }, 4)).toBe(false);
    expect(isWanted({ kinds: [], levels: [], maxPrice: null }, { kind: 'car', level: '' }, 99)).toBe(true);
  });
});

function later(hours: number) {
  return { start: NOW + hours * HOUR, end: NOW + (hours + 1) * HOUR };
}
