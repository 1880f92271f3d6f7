import { describe, expect, it } from 'vitest';
import { decide } from './decide';
import type { HolderKey, Pass, Reservation } from './entities';
import type { DecisionContext, Intent } from './intent';
import type { State } from './state';
import { applyChanges } from './state';
import { codeOf, decideAs, HOUR, neighbour, NOW, reservation, resident, slot, stateOf } from './testing';
import { VERIFIED_FOR } from './verification';

const phone: HolderKey = { clientId: 'phone', memberId: resident.id, key: 'phone-key', revokedAt: null };
const desk: HolderKey = { clientId: 'desk', memberId: resident.id, key: 'desk-key', revokedAt: null };

const revoke = (clientId: string): Intent => ({ op: 'device.revoke@1', args: { clientId } });
const bind = (holderKey: string, reservationId: string | null = null): Intent => ({
  op: 'pass.bind@1',
  args: { holderKey, reservationId },
});
const passOf = (id: string, key: HolderKey | null, fields: Partial<Pass> = {}): Pass => ({
  id: `pass-${id}`,
  memberId: resident.id,
  reservationId: id,
  visitorPassId: null,
  slotLabel: 's1',
  plate: '',
  clientId: key?.clientId ?? null,
  holderKey: key?.key ?? null,
  kind: 0,
  notBefore: NOW,
  expiresAt: NOW + HOUR,
  status: 'valid',
  ...fields,
});
function site(
  rows: { holderKeys?: HolderKey[]; passes?: Pass[]; reservations?: Partial<Reservation>[] } = {},
) {
  return stateOf({
    slots: [slot({ id: 's1' })],
    reservations: (rows.reservations ?? [{ id: 'r1' }]).map((fields) =>
      reservation({ id: 'r1', slotId: 's1', ...fields }),
    ),
    holderKeys: rows.holderKeys ?? [phone, desk],
    passes: rows.passes ?? [passOf('r1', phone)],
  });
}
const valid = (state: State) => [...state.passes.values()].filter(({ status }) => status === 'valid');

/** As `decideAs`, by somebody whose last proof is so old. */
function decideUnverified(state: State, intent: Intent, clientId: string, age: number | null = VERIFIED_FOR) {
  const context: DecisionContext = {
    now: NOW,
    actor: resident,
    clientId,
    verifiedAt: age === null ? null : NOW - age,
    newId: () => 'new',
  };
  const decision = decide(state, intent, context);
  if (decision.status === 'applied') applyChanges(state, decision.changes);
  return codeOf(decision);
}

describe('device.revoke@1', () => {
  it('B5 revokes the key and its passes, which come to the asking device', () => {
    const state = site();
    expect(codeOf(decideAs(state, resident, revoke('phone'), NOW, 'desk'))).toBe('applied');
    expect(state.holderKeys.get('phone')?.revokedAt).toBe(NOW);
    expect(state.passes.get('pass-r1')?.status).toBe('revoked');
    expect(valid(state)).toMatchObject([{ reservationId: 'r1', clientId: 'desk', holderKey: 'desk-key' }]);
  });

  it('B5 leaves no valid pass when the asking device has no key, nor a static one', () => {
    const state = site({ holderKeys: [phone] });
    expect(codeOf(decideAs(state, resident, revoke('phone'), NOW, 'desk'))).toBe('applied');
    expect(valid(state)).toEqual([]);
    // The next device that binds takes it with a proof of who asks; the removed one does not.
    expect(codeOf(decideAs(state, resident, bind('phone-key'), NOW, 'phone'))).toBe('device_revoked');
    expect(decideUnverified(state, bind('desk-key'), 'desk')).toBe('applied');
    expect(decideUnverified(state, bind('desk-key', 'r1'), 'desk')).toBe('verification_needed');
    const moved = { reservationId: 'r1', slotId: 's1', start: NOW + 2 * HOUR, end: NOW + 3 * HOUR };
    expect(decideUnverified(state, { op: 'reservation.change@1', args: moved }, 'desk')).toBe('applied');
    expect(valid(state)).toEqual([]);
    expect(codeOf(decideAs(state, resident, bind('desk-key'), NOW, 'desk'))).toBe('applied');
    expect(valid(state)).toMatchObject([{ holderKey: 'desk-key' }]);
  });

  it('D4 a pass that has let somebody in is revoked and not made anew', () => {
    const state = site();
    const scan: Intent = {
      op: 'scan.record@1',
      args: {
        ...{ scanId: 'scan', passId: 'pass-r1', gate: 1, scannedAt: NOW },
        ...{ result: 'valid', reason: '', code: 'UC1:' },
      },
    };
    decideAs(state, { id: 'guard', role: 'guard', name: 'Petra' }, scan);
    decideAs(state, resident, revoke('phone'), NOW, 'desk');
    expect(valid(state)).toEqual([]);
  });

  it('B5 leaves the passes of other devices and static ones as they are', () => {
    const passes = [passOf('r1', desk), passOf('r2', null)];
    const state = site({ passes, reservations: [{ id: 'r1' }, { id: 'r2' }] });
    decideAs(state, resident, revoke('phone'), NOW, 'desk');
    expect(valid(state)).toEqual(passes);
  });

  it('B5 asked twice it is done once', () => {
    const state = site();
    decideAs(state, resident, revoke('phone'), NOW, 'desk');
    const again = decideAs(state, resident, revoke('phone'), NOW + VERIFIED_FOR, 'desk');
    expect(again).toEqual({ status: 'applied', changes: [], data: { passIds: [] } });
  });

  it('B5 gives up the key under every id its device counts by', () => {
    const recounted = { ...phone, clientId: 'phone-again' };
    const state = site({ holderKeys: [phone, recounted, desk] });
    decideAs(state, resident, revoke('phone'), NOW, 'desk');
    expect(state.holderKeys.get('phone-again')?.revokedAt).toBe(NOW);
  });

  it('B5 refuses another’s device, an unknown one, and the one that asks', () => {
    const state = site({ holderKeys: [phone, desk, { ...phone, clientId: 'phone-again' }] });
    expect(codeOf(decideAs(state, neighbour, revoke('phone'), NOW, 'theirs'))).toBe('device_not_found');
    expect(codeOf(decideAs(state, resident, revoke('none'), NOW, 'desk'))).toBe('device_not_found');
    expect(codeOf(decideAs(state, resident, revoke('desk'), NOW, 'desk'))).toBe('device_not_found');
    expect(codeOf(decideAs(state, resident, revoke('phone-again'), NOW, 'phone'))).toBe('device_not_found');
  });

  it('K6 needs a proof of who asks', () => {
    const state = site();
    expect(decideUnverified(state, revoke('phone'), 'desk')).toBe('verification_needed');
    expect(decideUnverified(state, revoke('phone'), 'desk', null)).toBe('verification_needed');
    expect(state.holderKeys.get('phone')?.revokedAt).toBeNull();
    expect(decideUnverified(state, revoke('phone'), 'desk', VERIFIED_FOR - 1)).toBe('applied');
  });
});

describe('device.revoke@2', () => {
  const revokeFor = (clientId: string, keeperClientId: string | null): Intent => ({
    op: 'device.revoke@2',
    args: { clientId, keeperClientId },
  });

  it('B5 moves the passes to the keeper that the server names, which is not the asking client', () => {
    const state = site();
    expect(codeOf(decideAs(state, resident, revokeFor('phone', 'desk'), NOW, 'server'))).toBe('applied');
    expect(state.holderKeys.get('phone')?.revokedAt).toBe(NOW);
    expect(valid(state)).toMatchObject([{ reservationId: 'r1', clientId: 'desk', holderKey: 'desk-key' }]);
  });

  it('B5 without a keeper, or with one that is unknown, given up or another’s, no valid pass is left', () => {
    const others = { ...desk, clientId: 'theirs', key: 'their-key', memberId: neighbour.id };
    const gone = { ...desk, clientId: 'gone', key: 'gone-key', revokedAt: NOW - HOUR };
    for (const keeper of [null, 'none', 'theirs', 'gone']) {
      const state = site({ holderKeys: [phone, others, gone] });
      expect(codeOf(decideAs(state, resident, revokeFor('phone', keeper), NOW, 'server'))).toBe('applied');
      expect(valid(state)).toEqual([]);
    }
  });

  it('B5 refuses another’s device and one as its own keeper, and needs a proof', () => {
    const state = site({ holderKeys: [phone, desk, { ...phone, clientId: 'phone-again' }] });
    expect(codeOf(decideAs(state, neighbour, revokeFor('phone', null), NOW, 'server'))).toBe(
      'device_not_found',
    );
    for (const keeper of ['phone', 'phone-again']) {
      expect(codeOf(decideAs(state, resident, revokeFor('phone', keeper), NOW, 'server'))).toBe(
        'device_not_found',
      );
    }
    expect(decideUnverified(state, revokeFor('phone', 'desk'), 'server')).toBe('verification_needed');
    expect(valid(state)).toHaveLength(1);
  });
});

describe('pass.bind@1 of a removed or unproved device', () => {
  it('B5 a removed device binds nothing, named or not, by its id or by its key', () => {
    const state = site({
      holderKeys: [{ ...phone, revokedAt: NOW - HOUR }, desk],
      passes: [passOf('r1', null)],
    });
    for (const named of [null, 'r1']) {
      expect(codeOf(decideAs(state, resident, bind('phone-key', named), NOW, 'phone'))).toBe(
        'device_revoked',
      );
      expect(codeOf(decideAs(state, resident, bind('new-key', named), NOW, 'phone'))).toBe('device_revoked');
      expect(codeOf(decideAs(state, resident, bind('phone-key', named), NOW, 'new'))).toBe('device_revoked');
    }
    expect(valid(state)).toEqual([passOf('r1', null)]);
  });

  it('B5 what a removed device reserves has a pass for the next device', () => {
    const state = site({ holderKeys: [{ ...phone, revokedAt: NOW }, desk], reservations: [], passes: [] });
    const args = { reservationId: 'r9', slotId: 's1', start: NOW + HOUR, end: NOW + 2 * HOUR };
    decideAs(state, resident, { op: 'reservation.create@1', args }, NOW, 'phone');
    expect(valid(state)).toMatchObject([{ reservationId: 'r9', holderKey: null }]);
    decideAs(state, resident, bind('desk-key'), NOW, 'desk');
    expect(valid(state)).toMatchObject([{ reservationId: 'r9', holderKey: 'desk-key' }]);
  });

  it('X1 taking a pass from another key needs a proof; one that is static or here already needs none', () => {
    const held = site();
    expect(decideUnverified(held, bind('desk-key', 'r1'), 'desk')).toBe('verification_needed');
    expect(valid(held)).toMatchObject([{ holderKey: 'phone-key' }]);
    expect(decideUnverified(held, bind('phone-key', 'r1'), 'phone')).toBe('applied');
    expect(decideUnverified(site({ passes: [passOf('r1', null)] }), bind('desk-key', 'r1'), 'desk')).toBe(
      'applied',
    );
    expect(decideUnverified(site({ passes: [] }), bind('desk-key', 'r1'), 'desk')).toBe(
      'verification_needed',
    );
    expect(decideUnverified(site({ passes: [] }), bind('desk-key', 'r1'), 'desk', 0)).toBe('applied');
    expect(decideUnverified(site(), bind('desk-key', 'r1'), 'desk', 0)).toBe('applied');
  });

  it('X1 a key takes another’s place under the same id only with a proof, so that no id is enough for it', () => {
    const state = site();
    expect(decideUnverified(state, bind('thief-key'), 'phone')).toBe('verification_needed');
    expect(state.holderKeys.get('phone')?.key).toBe('phone-key');
    expect(decideUnverified(state, bind('renewed-key'), 'phone', 0)).toBe('applied');
    expect(valid(state)).toMatchObject([{ holderKey: 'renewed-key' }]);
  });
});
