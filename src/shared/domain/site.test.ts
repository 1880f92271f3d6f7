import { describe, expect, test } from 'vitest';
import { decide } from './decide';
import type { Actor } from './entities';
import type { Intent } from './intent';
import type { PolicyChanges } from './policy';
import { codeOf, manager, NOW, resident, stateOf } from './testing';
import { VERIFIED_FOR } from './verification';

const set = (changes: PolicyChanges): Intent => ({ op: 'site.set_policy@1', args: { changes } });
const open: Intent = { op: 'site.set_registration@1', args: { registration: 'open' } };

function codeFor(intent: Intent, verifiedAt: number | null, actor: Actor = manager) {
  const context = { now: NOW, actor, clientId: 'client', verifiedAt, newId: () => 'new' };
  return codeOf(decide(stateOf({}), intent, context));
}

describe('K6 what a manager changes about credits and about who comes in wants a proof of who asks', () => {
  test.each([
    ['a price', set({ price: 0 })],
    ['what everybody new gets', set({ startingCredits: 9999 })],
    ['what a cancellation gives back', set({ cancelCutOff: 1 })],
    ['what is kept of it', set({ lateCancelCharge: 1 })],
    ['who is charged for not coming', set({ tracksNoShows: true })],
    ['what is charged', set({ noShowCharge: 1 })],
    ['what a lease costs', set({ leasePrice: 0 })],
    ['the currency', set({ currency: 'CHF' })],
    ['one of them among others', set({ maximumLength: 3_600_000, price: 0 })],
    ['how people come in', open],
  ])('%s', (_what, intent) => {
    expect(codeFor(intent, null)).toBe('verification_needed');
    expect(codeFor(intent, NOW - VERIFIED_FOR)).toBe('verification_needed');
    expect(codeFor(intent, NOW - VERIFIED_FOR + 1)).toBe('applied');
    expect(codeFor(intent, NOW, resident)).toBe('role_forbidden');
  });

  test.each([
    ['another rule', set({ maximumLength: 3_600_000, quietHours: null })],
    ['a price that is so already', set({ price: stateOf({}).site.policy.price })],
    ['what is not named', set({ price: undefined, leadTime: 60_000 })],
    ['a door that is so already', { op: 'site.set_registration@1', args: { registration: 'invited' } }],
  ] as const)('but not %s', (_what, intent) => {
    expect(codeFor(intent, null)).toBe('applied');
  });
});
