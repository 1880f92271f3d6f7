import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isActive, type Actor } from './entities';
import type { Decision, Intent } from './intent';
import { defaultNoticePreferences } from './notice-kinds';
import { noticesOf } from './notices-of';
import { defaultPolicy } from './policy';
import { minuteOfDay } from './quiet-hours';
import type { State } from './state';
import {
  codeOf,
  decideAs,
  HOUR,
  neighbour,
  NOW,
  reservation,
  resident,
  SITE_ID,
  slot,
  stateOf,
  system,
} from './testing';
import { isServedBy } from './waitlist-rules';

const hours = (start: number, end: number) => ({ start: NOW + start * HOUR, end: NOW + end * HOUR });
const window = hours(4, 8);
const conditions = { kinds: [], levels: [], maxPrice: null, takeForMe: false };
const join = (entryId = 'e1', range = window): Intent => ({
  op: 'waitlist.join@1',
  args: { entryId, ...range, ...conditions },
});
const offer = (entryId = 'e1', reservationId = 'hold', range = window): Intent => ({
  op: 'waitlist.offer@1',
  args: { entryId, slotId: 's1', reservationId, ...range },
});
const book = (range: { start: number; end: number }, reservationId = 'own'): Intent => ({
  op: 'reservation.create@1',
  args: { reservationId, slotId: 's2', ...range },
});

const generous = { ...defaultPolicy, reservationsAtATime: 9, leaseTime: 24 * HOUR, leasesAtATime: 9 };
const slots = [slot({ id: 's1' }), slot({ id: 's2' }), slot({ id: 's3', kind: 'charger' })];

/** `resident` and then `neighbour` wait for the same. */
function inLine(): State {
  const state = stateOf({ policy: generous, slots });
  expect(codeOf(decideAs(state, resident, join()))).toBe('applied');
  expect(codeOf(decideAs(state, neighbour, join('e2')))).toBe('applied');
  return state;
}
function offered(): State {
  const state = inLine();
  expect(codeOf(decideAs(state, system, offer()))).toBe('applied');
  return state;
}
const entryOf = (state: State, id = 'e1') => state.waitlistEntries.get(id);

describe('who has got a slot otherwise', () => {
  it('E8 waits no more: the place in line ends as served, with what was booked', () => {
    const state = inLine();
    expect(codeOf(decideAs(state, resident, book(window)))).toBe('applied');
    expect(entryOf(state)).toMatchObject({ state: 'served', reservationId: 'own', endedAt: NOW });
    expect(entryOf(state, 'e2')?.state).toBe('waiting');
    expect(codeOf(decideAs(state, system, offer()))).toBe('waitlist_ended');
    // Once served it is left alone, and is no place in line among those that one may have.
    decideAs(state, resident, { op: 'reservation.cancel@1', args: { reservationId: 'own' } });
    expect(entryOf(state)?.state).toBe('served');
    expect(codeOf(decideAs(state, resident, join('again')))).toBe('applied');
  });

  it('E8 also by a lease, by a change and by a part of that time: for it nothing would be offered', () => {
    const leased = inLine();
    const lease: Intent = {
      op: 'reservation.lease@1',
      args: { reservationId: 'own', slotId: 's2', ...window },
    };
    expect(codeOf(decideAs(leased, resident, lease))).toBe('applied');
    expect(entryOf(leased)?.state).toBe('served');
    const part = inLine();
    decideAs(part, resident, book(hours(7, 9)));
    expect(entryOf(part)?.state).toBe('served');
    const changed = inLine();
    decideAs(changed, resident, book(hours(8, 9)));
    expect(entryOf(changed)?.state).toBe('waiting');
    const change: Intent = {
      op: 'reservation.change@1',
      args: { reservationId: 'own', slotId: 's2', ...hours(7, 9) },
    };
    expect(codeOf(decideAs(changed, resident, change))).toBe('applied');
    expect(entryOf(changed)?.state).toBe('served');
  });

  it('E8 lets what is kept for them go to the next one, unpaid, when it is not needed any more', () => {
    const state = offered();
    expect(codeOf(decideAs(state, resident, book(hours(3, 8))))).toBe('applied');
    expect(entryOf(state)).toMatchObject({ state: 'served', reservationId: 'own', offerExpiresAt: null });
    expect(state.reservations.get('hold')).toMatchObject({
      state: 'cancelled',
      holdExpiresAt: null,
      cost: 0,
    });
    expect(codeOf(decideAs(state, system, offer('e2', 'next')))).toBe('applied');
    expect(codeOf(decideAs(state, resident, { op: 'waitlist.accept@1', args: { entryId: 'e1' } }))).toBe(
      'waitlist_ended',
    );
  });

  it('E8 keeps an offer for all of the time when a part of it is booked: it may still be taken', () => {
    const state = offered();
    decideAs(state, resident, book(hours(4, 6)));
    expect(entryOf(state)?.state).toBe('offered');
    expect(codeOf(decideAs(state, resident, { op: 'waitlist.accept@1', args: { entryId: 'e1' } }))).toBe(
      'applied',
    );
  });

  it('E8 and then sleeps through that offer: served, since nothing would be offered again', () => {
    const state = offered();
    decideAs(state, resident, book(hours(4, 6)));
    const minuteOf = (at: number) => minuteOfDay(at, state.site.timeZone);
    const quietHours = { from: minuteOf(NOW), until: minuteOf(NOW + HOUR) };
    state.noticePreferences.set(resident.id, { ...defaultNoticePreferences, quietHours });
    const lapse: Intent = { op: 'waitlist.lapse@1', args: { entryId: 'e1' } };
    expect(decideAs(state, system, lapse, NOW + defaultPolicy.offerTime)).toMatchObject({
      data: { state: 'served' },
    });
    expect(entryOf(state)).toMatchObject({ state: 'served', reservationId: 'own', restsUntil: null });
    expect(state.reservations.get('hold')?.state).toBe('cancelled');
  });

  it('E8 does not begin to wait for that time; what others book, and what is only offered, serves nobody', () => {
    const state = inLine();
    decideAs(state, resident, book(hours(10, 12)));
    expect(decideAs(state, resident, join('late', hours(11, 13)))).toMatchObject({
      code: 'waitlist_served',
      data: hours(10, 12),
    });
    expect(codeOf(decideAs(state, resident, join('after', hours(12, 13))))).toBe('applied');
    const entry = entryOf(state, 'e2')!;
    expect(isServedBy(entry, reservation({ id: 'r', slotId: 's2', ...window }))).toBe(false);
    const own = reservation({ id: 'r', slotId: 's2', ...window, memberId: neighbour.id });
    expect(isServedBy(entry, own)).toBe(true);
    expect(isServedBy(entry, { ...own, offered: true })).toBe(false);
    expect(isServedBy(entry, { ...own, state: 'cancelled' })).toBe(false);
  });

  it('E8 B4 is told nothing of a lapse: they know what they have booked', () => {
    const state = offered();
    const context = { now: NOW, actor: resident, clientId: 'c', verifiedAt: null, newId: () => 'n' };
    const before: State = {
      ...state,
      waitlistEntries: new Map(state.waitlistEntries),
      reservations: new Map(state.reservations),
    };
    const intent = book(window);
    const decision: Decision = decideAs(state, resident, intent);
    expect(entryOf(state)?.state).toBe('served');
    expect(noticesOf(before, { intent, intentId: 'i', deviceTime: NOW, decision }, context)).toEqual([]);
  });

  const range = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }))
    .map(([start, length]) => hours(start, start + length));
  const step = fc.record({
    kind: fc.constantFrom(
      'join',
      'offer',
      'offer',
      'book',
      'book',
      'accept',
      'decline',
      'change',
      'cancel',
      'lapse',
    ),
    who: fc.constantFrom<Actor>(resident, neighbour),
    slotId: fc.constantFrom('s1', 's2', 's3'),
    pick: fc.nat(5),
    range,
    minutes: fc.nat(12),
  });

  it('E8 C5 whatever happens in whatever order: nobody waits for a time in which they have a slot, and every hold has its offer', () => {
    let served = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 30 }), (steps) => {
        const state = stateOf({ policy: generous, slots });
        let now = NOW;
        for (const [index, { kind, who, slotId, pick, range: wanted, minutes }] of steps.entries()) {
          now += minutes * 60_000;
          const own = [...state.reservations.values()].filter(({ memberId }) => memberId === who.id);
          const entries = [...state.waitlistEntries.values()];
          const entry = entries[pick % Math.max(entries.length, 1)];
          const reservationId = own[pick % Math.max(own.length, 1)]?.id ?? 'none';
          const entryId = entry?.id ?? 'none';
          const newId = `n${String(index)}`;
          const about = entry ? { start: entry.start, end: entry.end } : wanted;
          const wishes: Record<typeof kind, [Actor, Intent]> = {
            join: [who, join(newId, wanted)],
            offer: [
              system,
              { op: 'waitlist.offer@1', args: { entryId, slotId, reservationId: newId, ...about } },
            ],
            accept: [who, { op: 'waitlist.accept@1', args: { entryId } }],
            decline: [who, { op: 'waitlist.decline@1', args: { entryId } }],
            lapse: [system, { op: 'waitlist.lapse@1', args: { entryId } }],
            book: [who, { op: 'reservation.create@1', args: { reservationId: newId, slotId, ...wanted } }],
            change: [who, { op: 'reservation.change@1', args: { reservationId, slotId, ...wanted } }],
            cancel: [who, { op: 'reservation.cancel@1', args: { reservationId } }],
          };
          decideAs(state, ...wishes[kind], now);
          const rows = [...state.reservations.values()];
          for (const place of state.waitlistEntries.values()) {
            if (place.state === 'served') served++;
            if (place.state !== 'waiting' && place.state !== 'offered') continue;
            expect(rows.filter((row) => isServedBy(place, row))).toEqual([]);
          }
          for (const hold of rows.filter((row) => row.offered && isActive(row))) {
            const its = [...state.waitlistEntries.values()].find((place) => place.reservationId === hold.id);
            expect(its).toMatchObject({ state: 'offered', memberId: hold.memberId });
          }
          const total = [...state.accounts.values()].reduce((sum, { balance }) => sum + balance, 0);
          expect([total, (state.accounts.get(SITE_ID)?.balance ?? 0) >= 0]).toEqual([150, true]);
        }
      }),
      { numRuns: 300 },
    );
    expect(served).toBeGreaterThan(50);
  });
});
