import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Actor, HolderKey, Member, Pass, VisitorPass } from './entities';
import type { Intent, Op } from './intent';
import type { State } from './state';
import { allowedOp } from './access';
import { decide } from './decide';
import { defaultPolicy } from './policy';
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

const deputy: Member = { id: 'deputy', role: 'manager', name: 'Deputy', plate: '', leftAt: null };
const pass = (fields: Partial<Pass> & { id: string }): Pass => ({
  ...{ memberId: resident.id, reservationId: null, visitorPassId: null, slotLabel: 'A', plate: '' },
  ...{ clientId: 'phone', holderKey: 'key', kind: 0, notBefore: NOW, expiresAt: NOW + HOUR, status: 'valid' },
  ...fields,
});
const visit = (fields: Partial<VisitorPass> & { id: string }): VisitorPass => ({
  ...{ issuedBy: resident.id, visitors: [{ name: 'Ann', phone: '123' }], uses: 1, plate: '', amount: 0 },
  ...{ payment: 'none', reference: '', binds: false, linkHash: null, openedAt: null, revokedAt: null },
  ...{ createdAt: NOW, start: NOW, end: NOW + HOUR },
  ...fields,
});
const key = (fields: Partial<HolderKey> = {}): HolderKey => ({
  ...{ clientId: 'phone', memberId: resident.id, key: 'key', revokedAt: null },
  ...fields,
});

const remove = (memberId: string): Intent => ({ op: 'member.remove@1', args: { memberId } });
const setRole = (memberId: string, role: Member['role']): Intent => ({
  op: 'member.set_role@1',
  args: { memberId, role },
});

/** What a member has who reserves, lends and expects visitors. */
function inhabited(): State {
  return stateOf({
    members: [deputy],
    policy: { cancelCutOff: 2 * HOUR, lateCancelCharge: 1, leasePrice: 2 },
    slots: [
      slot({
        id: 'own',
        ownerId: resident.id,
        ownerName: resident.name,
        lent: [{ start: NOW, end: NOW + 9 * HOUR }],
      }),
      slot({ id: 'site' }),
      slot({
        id: 'other',
        ownerId: neighbour.id,
        ownerName: neighbour.name,
        lent: [{ start: NOW, end: NOW + 9 * HOUR }],
      }),
    ],
    reservations: [
      reservation({ id: 'soon', slotId: 'site' }),
      reservation({
        id: 'later',
        slotId: 'other',
        start: NOW + 5 * HOUR,
        end: NOW + 6 * HOUR,
        receiverAccountId: neighbour.id,
      }),
      reservation({
        id: 'leased',
        slotId: 'other',
        start: NOW + 7 * HOUR,
        end: NOW + 8 * HOUR,
        state: 'held',
        holdExpiresAt: NOW + 8 * HOUR,
        receiverAccountId: neighbour.id,
      }),
      reservation({
        id: 'running',
        slotId: 'other',
        start: NOW - HOUR,
        end: NOW + HOUR,
        receiverAccountId: neighbour.id,
      }),
      reservation({ id: 'guest', slotId: 'own', memberId: neighbour.id, receiverAccountId: resident.id }),
    ],
    accounts: [
      { id: resident.id, balance: 10 },
      { id: neighbour.id, balance: 4 },
      { id: SITE_ID, balance: 20 },
    ],
    holderKeys: [key(), key({ clientId: 'theirs', memberId: neighbour.id, key: 'other' })],
    passes: [
      pass({ id: 'p-soon', reservationId: 'soon' }),
      pass({ id: 'p-running', reservationId: 'running' }),
      pass({ id: 'p-guest', reservationId: 'guest', memberId: neighbour.id }),
      pass({ id: 'p-visit', visitorPassId: 'visit' }),
    ],
    visitorPasses: [visit({ id: 'visit' }), visit({ id: 'over', start: NOW - 3 * HOUR, end: NOW - HOUR })],
  });
}

describe('who may change memberships', () => {
  it('B6 only managers give roles, with a proof of who asks', () => {
    for (const actor of [resident, guard])
      expect(codeOf(decideAs(stateOf({}), actor, setRole(neighbour.id, 'guard')))).toBe('role_forbidden');
    const unproved = decide(stateOf({}), setRole(neighbour.id, 'guard'), {
      ...{ now: NOW, actor: manager, clientId: 'client', verifiedAt: null, newId: () => 'id' },
    });
    expect(codeOf(unproved)).toBe('verification_needed');
    expect(decideAs(stateOf({}), manager, setRole(neighbour.id, 'guard'))).toMatchObject({
      status: 'applied',
      changes: [{ table: 'members', row: { ...neighbour, role: 'guard' } }],
      data: { before: 'resident' },
    });
  });

  it('B6 removing others is a manager’s and needs a proof; leaving is everybody’s and needs none', () => {
    const asked = (actor: Actor, memberId: string, verifiedAt: number | null) =>
      codeOf(
        decide(stateOf({ members: [deputy] }), remove(memberId), {
          ...{ now: NOW, actor, clientId: 'client', verifiedAt, newId: () => 'id' },
        }),
      );
    expect(asked(resident, neighbour.id, NOW)).toBe('role_forbidden');
    expect(asked(guard, neighbour.id, NOW)).toBe('role_forbidden');
    expect(asked(manager, neighbour.id, null)).toBe('verification_needed');
    expect(asked(manager, neighbour.id, NOW)).toBe('applied');
    expect(asked(system, neighbour.id, null)).toBe('applied');
    for (const actor of [resident, guard, manager]) expect(asked(actor, actor.id, null)).toBe('applied');
    expect(asked(manager, 'nobody', NOW)).toBe('member_not_found');
  });

  it('B6 never takes the last manager, by whatever way', () => {
    expect(codeOf(decideAs(stateOf({}), manager, setRole(manager.id, 'resident')))).toBe('last_manager');
    expect(codeOf(decideAs(stateOf({}), manager, remove(manager.id)))).toBe('last_manager');
    expect(codeOf(decideAs(stateOf({}), system, remove(manager.id)))).toBe('last_manager');
    // Only the site itself, and only who is there alone.
    const alone = stateOf({});
    for (const { id } of [resident, neighbour, guard]) decideAs(alone, system, remove(id));
    expect(codeOf(decideAs(alone, manager, remove(manager.id)))).toBe('last_manager');
    expect(codeOf(decideAs(alone, system, remove(manager.id)))).toBe('applied');
    const two = stateOf({ members: [deputy] });
    expect(codeOf(decideAs(two, manager, setRole(deputy.id, 'resident')))).toBe('applied');
    expect(codeOf(decideAs(two, manager, remove(manager.id)))).toBe('last_manager');
    const gone = stateOf({ members: [{ ...deputy, leftAt: NOW }] });
    expect(codeOf(decideAs(gone, manager, remove(manager.id)))).toBe('last_manager');
    expect(codeOf(decideAs(gone, manager, setRole(deputy.id, 'guard')))).toBe('member_not_found');
  });

  it('X2 what is asked twice is done once', () => {
    const state = stateOf({ members: [deputy] });
    decideAs(state, manager, setRole(neighbour.id, 'guard'));
    expect(decideAs(state, manager, setRole(neighbour.id, 'guard'))).toMatchObject({ changes: [] });
    decideAs(state, manager, remove(neighbour.id));
    expect(decideAs(state, deputy, remove(neighbour.id))).toMatchObject({ status: 'applied', changes: [] });
  });

  it('D1 who has left is refused everything, whatever the role was', () => {
    for (const actor of [resident, guard, deputy]) {
      const state = stateOf({ members: [deputy], slots: [slot({ id: 'site' })] });
      decideAs(state, manager, remove(actor.id));
      const wishes: Intent[] = [
        {
          op: 'reservation.create@1',
          args: { reservationId: 'r', slotId: 'site', start: NOW, end: NOW + HOUR },
        },
        {
          op: 'scan.record@1',
          args: {
            scanId: 's',
            passId: null,
            gate: 1,
            scannedAt: NOW,
            result: 'override',
            reason: '',
            code: '',
          },
        },
        { op: 'site.set_registration@1', args: { registration: 'open' } },
        setRole(neighbour.id, 'manager'),
        remove(neighbour.id),
      ];
      const own = wishes.filter(({ op }) => allowedOp(actor.role, op));
      expect(own.length).toBeGreaterThan(0);
      for (const wish of own) expect(codeOf(decideAs(state, actor, wish))).toBe('member_left');
    }
  });
});

describe('what ends with a membership', () => {
  it('B6 a manager removes: full refunds, passes and devices end, own slots become the site’s', () => {
    const state = inhabited();
    const decision = decideAs(state, manager, remove(resident.id));
    expect(decision).toMatchObject({ status: 'applied', data: { cancelled: ['soon', 'later', 'leased'] } });
    expect(state.members.get(resident.id)).toMatchObject({ leftAt: NOW, removedAt: NOW });
    const stateIn = (id: string) => state.reservations.get(id)?.state;
    expect(['soon', 'later', 'leased', 'running', 'guest'].map(stateIn)).toEqual([
      ...['cancelled', 'cancelled', 'cancelled', 'confirmed', 'confirmed'],
    ]);
    // 9 back; the neighbour had 4 of the 6 and never goes below zero, so the building stands in for 2.
    const balances = [resident.id, neighbour.id, SITE_ID].map((id) => state.accounts.get(id)?.balance);
    expect(balances).toEqual([19, 0, 17]);
    const statuses = Object.fromEntries([...state.passes.values()].map(({ id, status }) => [id, status]));
    expect(statuses).toEqual({
      ...{ 'p-soon': 'revoked', 'p-running': 'revoked', 'p-visit': 'revoked', 'p-guest': 'valid' },
    });
    expect(state.visitorPasses.get('visit')?.revokedAt).toBe(NOW);
    expect(state.visitorPasses.get('over')?.revokedAt).toBeNull();
    expect(state.holderKeys.get('phone')?.revokedAt).toBe(NOW);
    expect(state.holderKeys.get('theirs')?.revokedAt).toBeNull();
    expect(state.slots.get('own')).toMatchObject({ ownerId: null, ownerName: null, lent: [] });
    expect(state.slots.get('other')?.ownerId).toBe(neighbour.id);
  });

  it('C3 who leaves pays what cancelling late and giving a lease back cost, and keeps the devices', () => {
    const state = inhabited();
    expect(codeOf(decideAs(state, resident, remove(resident.id)))).toBe('applied');
    const costs = ['soon', 'later', 'leased'].map((id) => state.reservations.get(id)?.cost);
    expect(costs).toEqual([1, 0, 2]);
    expect(state.accounts.get(resident.id)?.balance).toBe(10 + 2 + 3 + 1);
    expect(state.holderKeys.get('phone')?.revokedAt).toBeNull();
  });

  it('C10 who deletes the account gives up the devices, too', () => {
    const state = inhabited();
    expect(codeOf(decideAs(state, system, remove(resident.id)))).toBe('applied');
    expect(state.holderKeys.get('phone')?.revokedAt).toBe(NOW);
    expect(state.holderKeys.get('theirs')?.revokedAt).toBeNull();
  });

  it('C5 sums of all movements are zero and no balance falls below it, whoever is removed when', () => {
    const people = [resident, neighbour, manager, deputy];
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            actor: fc.constantFrom<Actor>(...people, system),
            target: fc.constantFrom(...people.map(({ id }) => id)),
            kind: fc.constantFrom<Op>('member.remove@1', 'member.set_role@1', 'reservation.create@1'),
            slotId: fc.constantFrom('own', 'site', 'other'),
            start: fc.integer({ min: -1, max: 8 }),
            hours: fc.integer({ min: 1, max: 3 }),
            after: fc.nat(2),
          }),
          { maxLength: 25 },
        ),
        (steps) => {
          const state = stateOf({
            members: [deputy],
            policy: { ...defaultPolicy, price: 3, cancelCutOff: HOUR, lateCancelCharge: 1 },
            slots: [...inhabited().slots.values()],
            accounts: [...people.map(({ id }) => ({ id, balance: 7 })), { id: SITE_ID, balance: 0 }],
          });
          let now = NOW;
          for (const [index, { actor, target, kind, slotId, start, hours, after }] of steps.entries()) {
            now += after * HOUR;
            const wish: Intent =
              kind === 'member.remove@1'
                ? remove(target)
                : kind === 'member.set_role@1'
                  ? setRole(target, index % 2 === 0 ? 'resident' : 'manager')
                  : {
                      op: 'reservation.create@1',
                      args: {
                        ...{ reservationId: `r${String(index)}`, slotId },
                        ...{ start: now + start * HOUR, end: now + (start + hours) * HOUR },
                      },
                    };
            const current = actor.role === 'system' ? actor : (state.members.get(actor.id) ?? actor);
            const decision = decideAs(state, current, wish, now);
            if (decision.status === 'refused') continue;
            for (const change of decision.changes) {
              if (change.table !== 'movements') continue;
              expect(change.row.entries.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
            }
            for (const { balance } of state.accounts.values()) expect(balance).toBeGreaterThanOrEqual(0);
            const managers = [...state.members.values()].filter(
              ({ role, leftAt }) => role === 'manager' && leftAt === null,
            );
            expect(managers.length).toBeGreaterThan(0);
            for (const member of state.members.values()) {
              if (member.leftAt === null) continue;
              const toCome = [...state.reservations.values()].filter(
                (one) => one.memberId === member.id && one.state === 'confirmed' && one.start > now,
              );
              expect(toCome).toEqual([]);
              const valid = [...state.passes.values()].filter(
                (one) => one.memberId === member.id && one.status === 'valid',
              );
              expect(valid).toEqual([]);
              expect([...state.slots.values()].filter(({ ownerId }) => ownerId === member.id)).toEqual([]);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('how people come in', () => {
  it('B6 a manager opens and closes the site; asked twice nothing changes', () => {
    const state = stateOf({});
    const open: Intent = { op: 'site.set_registration@1', args: { registration: 'open' } };
    expect(codeOf(decideAs(state, resident, open))).toBe('role_forbidden');
    expect(decideAs(state, manager, open)).toMatchObject({ data: { before: 'invited' } });
    expect(state.site.registration).toBe('open');
    expect(decideAs(state, manager, open)).toMatchObject({ changes: [] });
  });
});
