import { describe, expect, test } from 'vitest';
import type { Actor, SigningKey } from './entities';
import { decide } from './decide';
import { PUBLISH_AHEAD, KEY_IN_USE, KEY_REACHES_AHEAD, newSigningKey } from './signing-key';
import { codeOf, decideAs, guard, HOUR, manager, NOW, resident, stateOf, system } from './testing';
import { VERIFIED_FOR } from './verification';

const DAY = 24 * HOUR;
const rotate = (keyId = 'next') => ({ op: 'site.rotate_key@1', args: { keyId } }) as const;
const inUse = newSigningKey('first', { now: NOW - 90 * DAY, usedFrom: NOW - 90 * DAY });

function decideVerified(actor: Actor, verifiedAt: number | null, signingKeys: SigningKey[] = [inUse]) {
  const context = { now: NOW, actor, clientId: 'client', verifiedAt, newId: () => 'new' };
  return decide(stateOf({ signingKeys }), rotate(), context);
}

test('D3 the next key is published two days before it signs, and reaches over its use and the longest horizon', () => {
  const state = stateOf({ signingKeys: [inUse] });
  const decision = decideAs(state, manager, rotate());
  expect(decision).toMatchObject({ status: 'applied', data: { keyId: 'next', usedFrom: NOW + 2 * DAY } });
  const made = state.signingKeys.get('next')!;
  expect(made).toEqual({
    id: 'next',
    validFrom: NOW - DAY,
    validUntil: NOW + KEY_REACHES_AHEAD,
    usedFrom: NOW + PUBLISH_AHEAD,
  });
  const lastSigned = made.usedFrom + KEY_IN_USE + PUBLISH_AHEAD + 366 * DAY;
  expect(lastSigned).toBeLessThan(made.validUntil);
  expect(state.signingKeys.get('first')).toEqual(inUse);
});

describe('D3 who may rotate when', () => {
  test.each([
    ['a manager who has just proved who they are', manager, NOW, 'applied'],
    ['a manager who did so long ago', manager, NOW - VERIFIED_FOR, 'verification_needed'],
    ['a manager who never did', manager, null, 'verification_needed'],
    ['the site itself', system, null, 'applied'],
    ['a guard', guard, NOW, 'role_forbidden'],
    ['a resident', resident, NOW, 'role_forbidden'],
  ] as const)('%s', (_who, actor, verifiedAt, expected) => {
    expect(codeOf(decideVerified(actor, verifiedAt))).toBe(expected);
  });
});

describe('D3 a key that waits to be used', () => {
  const waitingUntil = (usedFrom: number) => newSigningKey('waiting', { now: NOW - DAY, usedFrom });
  test.each([
    ['is waiting to the last millisecond', [inUse, waitingUntil(NOW + 1)], 'key_waiting'],
    ['waits no more once it is used', [inUse, waitingUntil(NOW)], 'applied'],
    ['may be the first of a site', [], 'applied'],
    ['is not made twice under one id', [{ ...inUse, id: 'next' }], 'key_waiting'],
  ] as const)('%s', (_what, keys, expected) => {
    expect(codeOf(decideVerified(system, null, [...keys]))).toBe(expected);
    // Told before anybody has to look for their passkey.
    if (expected === 'key_waiting') expect(codeOf(decideVerified(manager, null, [...keys]))).toBe(expected);
  });

  test('refuses the second of two rotations in a row', () => {
    const state = stateOf({ signingKeys: [inUse] });
    expect(codeOf(decideAs(state, manager, rotate('one')))).toBe('applied');
    expect(codeOf(decideAs(state, manager, rotate('two')))).toBe('key_waiting');
    expect(codeOf(decideAs(state, manager, rotate('two'), NOW + PUBLISH_AHEAD))).toBe('applied');
  });
});
