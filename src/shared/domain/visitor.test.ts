import { describe, expect, it, test } from 'vitest';
import type { Actor, Pass, Scan, VisitorPass } from './entities';
import type { DomainArgs } from './intent';
import type { State } from './state';
import { codeOf, decideAs, guard, HOUR, manager, neighbour, NOW, resident, stateOf, system } from './testing';

const ANNA = { name: 'Anna Nowak', phone: '+48 600 100 200' };
const BEN = { name: 'Ben', phone: '600-100-201' };
const LINK = 'l'.repeat(43);

type IssueArgs = DomainArgs['visitor.issue@1'];

function wanted(fields: Partial<IssueArgs> = {}): IssueArgs {
  return {
    visitorPassId: 'v1',
    visitors: [ANNA],
    uses: 1,
    start: NOW + HOUR,
    end: NOW + 3 * HOUR,
    plate: 'WX 123',
    amount: 0,
    payment: 'none',
    reference: '',
    binds: false,
    linkHash: LINK,
    ...fields,
  };
}

function issue(state: State, fields: Partial<IssueArgs> = {}, actor: Actor = resident, now = NOW) {
  return codeOf(decideAs(state, actor, { op: 'visitor.issue@1', args: wanted(fields) }, now));
}

function visit(fields: Partial<VisitorPass> & { id: string }): VisitorPass {
  const { visitorPassId: _id, ...rest } = wanted();
  return {
    ...rest,
    issuedBy: resident.id,
    openedAt: null,
    revokedAt: null,
    createdAt: NOW - HOUR,
    ...fields,
  };
}

function validPasses(state: State, visitorPassId = 'v1'): Pass[] {
  return [...state.passes.values()].filter(
    (pass) => pass.visitorPassId === visitorPassId && pass.status === 'valid',
  );
}

/** A guard let somebody in on this pass. */
function letIn(state: State, passId: string, id = `scan-${passId}`): void {
  const scan: Scan = {
    id,
    passId,
    guardId: guard.id,
    clientId: 'gate',
    gate: 1,
    direction: 'entry',
    scannedAt: NOW,
    recordedAt: NOW,
    result: 'valid',
    counts: true,
    reason: '',
    code: '',
    undoes: null,
    journal: null,
  };
  state.scans.set(id, scan);
}

describe('D2 visitor.issue', () => {
  test.each([resident, guard, manager])('$role gives a pass that is static and of its kind', (actor) => {
    const state = stateOf({});
    expect(issue(state, { uses: 2, visitors: [ANNA, BEN] }, actor)).toBe('applied');
    expect(state.visitorPasses.get('v1')).toMatchObject({
      issuedBy: actor.id,
      linkHash: LINK,
      createdAt: NOW,
    });
    expect(validPasses(state)).toMatchObject([
      {
        memberId: actor.id,
        reservationId: null,
        slotLabel: '',
        plate: 'WX 123',
        kind: 2,
        holderKey: null,
        clientId: null,
      },
    ]);
  });

  test('D2 the pass carries whole seconds and lasts no shorter than the window', () => {
    const state = stateOf({});
    issue(state, { start: NOW + 1, end: NOW + HOUR + 1 });
    expect(validPasses(state)[0]).toMatchObject({ notBefore: NOW, expiresAt: NOW + HOUR + 1000, kind: 1 });
  });

  test.each([
    ['an id that is taken', 'visitor_exists', { visitorPassId: 'old' }],
    ['an end before the start', 'window_invalid', { start: NOW + HOUR, end: NOW + HOUR }],
    ['a window that is over', 'window_past', { start: NOW - HOUR, end: NOW }],
    [
      'a window too far ahead',
      'window_too_far',
      { start: NOW + 30 * 24 * HOUR, end: NOW + 30 * 24 * HOUR + 1 },
    ],
    ['more than a day', 'visitor_window_too_long', { start: NOW, end: NOW + 24 * HOUR + 1 }],
    ['exactly a day', 'applied', { visitors: [BEN], start: NOW, end: NOW + 24 * HOUR }],
    ['a window that has begun', 'applied', { start: NOW - HOUR, end: NOW + 1 }],
    ['an amount that nobody took', 'visitor_payment_incomplete', { amount: 500 }],
    ['cash', 'applied', { amount: 500, payment: 'cash' }],
    ['online without a reference', 'visitor_payment_incomplete', { amount: 500, payment: 'online' }],
    [
      'online with a blank one',
      'visitor_payment_incomplete',
      { amount: 500, payment: 'online', reference: ' ' },
    ],
    ['online with one', 'applied', { amount: 500, payment: 'online', reference: 'TX-1' }],
    ['the same person twice', 'visitor_expected', { visitors: [ANNA, { ...ANNA, phone: '+48600100200' }] }],
    [
      'somebody who is expected then',
      'visitor_expected',
      {
        visitors: [BEN, { name: 'ANNA  NOWÁK', phone: '0048 600-100-200' }],
        start: NOW + 5 * HOUR,
        end: NOW + 6 * HOUR,
      },
    ],
    ['the same person right after', 'applied', { start: NOW + 6 * HOUR, end: NOW + 7 * HOUR }],
    [
      'the same name with another phone',
      'applied',
      { visitors: [{ ...ANNA, phone: '1234' }], start: NOW + 5 * HOUR, end: NOW + 6 * HOUR },
    ],
  ] as const)('D2 %s: %s', (_case, expected, fields) => {
    const old = visit({ id: 'old', issuedBy: neighbour.id, start: NOW + 4 * HOUR, end: NOW + 6 * HOUR });
    const state = stateOf({ visitorPasses: [old] });
    expect(issue(state, fields as Partial<IssueArgs>)).toBe(expected);
    expect(validPasses(state)).toHaveLength(expected === 'applied' ? 1 : 0);
  });

  test('D2 who was expected on a revoked pass may be expected again', () => {
    const state = stateOf({ visitorPasses: [visit({ id: 'old', revokedAt: NOW - 1 })] });
    expect(issue(state)).toBe('applied');
  });

  test('D2 a resident’s week counts what it gave in seven days, but for what was taken back unused', () => {
    const day = 24 * HOUR;
    const old = Array.from({ length: 4 }, (_, index) =>
      visit({ id: `old-${index}`, start: NOW - 2 * HOUR, end: NOW - HOUR, createdAt: NOW - 6 * day }),
    );
    const state = stateOf({
      policy: { visitorPassesPerWeek: 2 },
      visitorPasses: [
        { ...old[0]!, createdAt: NOW - 7 * day },
        { ...old[1]!, revokedAt: NOW - day },
        { ...old[2]!, issuedBy: neighbour.id },
        old[3]!,
      ],
    });
    expect(issue(state)).toBe('applied');
    expect(issue(state, { visitorPassId: 'v2', visitors: [BEN] })).toBe('visitor_limit');
    expect(issue(state, { visitorPassId: 'v2', visitors: [BEN] }, guard)).toBe('applied');
    expect(
      issue(
        state,
        { visitorPassId: 'v3', visitors: [BEN], start: NOW + 9 * HOUR, end: NOW + 10 * HOUR },
        manager,
      ),
    ).toBe('applied');
  });

  test('D2 a pass that was used and then revoked counts', () => {
    const state = stateOf({ policy: { visitorPassesPerWeek: 1 } });
    issue(state);
    letIn(state, validPasses(state)[0]!.id);
    decideAs(state, resident, { op: 'visitor.revoke@1', args: { visitorPassId: 'v1' } });
    expect(issue(state, { visitorPassId: 'v2' })).toBe('visitor_limit');
  });
});

describe('D2 visitor.revoke', () => {
  const revoke = (state: State, actor: Actor, now = NOW) =>
    codeOf(decideAs(state, actor, { op: 'visitor.revoke@1', args: { visitorPassId: 'v1' } }, now));

  test.each([
    { actor: resident, expected: 'applied' },
    { actor: guard, expected: 'applied' },
    { actor: manager, expected: 'applied' },
    { actor: neighbour, expected: 'visitor_pass_forbidden' },
    { actor: system, expected: 'role_forbidden' },
  ] as const)('D2 $actor.id: $expected', ({ actor, expected }) => {
    const state = stateOf({});
    issue(state);
    expect(revoke(state, actor)).toBe(expected);
    expect(validPasses(state)).toHaveLength(expected === 'applied' ? 0 : 1);
  });

  test('D2 again nothing changes; what is over is no more revoked; what is not there is said', () => {
    const state = stateOf({});
    expect(revoke(state, resident)).toBe('visitor_pass_not_found');
    issue(state);
    expect(revoke(state, resident, NOW + 3 * HOUR)).toBe('visitor_pass_over');
    expect(revoke(state, resident, NOW + 5)).toBe('applied');
    expect(revoke(state, guard, NOW + 9)).toBe('applied');
    expect(state.visitorPasses.get('v1')?.revokedAt).toBe(NOW + 5);
  });
});

describe('D2 visitor.link', () => {
  const link = (state: State, actor: Actor, now = NOW) =>
    codeOf(
      decideAs(state, actor, { op: 'visitor.link@1', args: { visitorPassId: 'v1', linkHash: 'new' } }, now),
    );

  test.each([
    { actor: resident, expected: 'applied' },
    { actor: manager, expected: 'applied' },
    { actor: guard, expected: 'visitor_pass_forbidden' },
    { actor: neighbour, expected: 'visitor_pass_forbidden' },
  ] as const)('D2 $actor.id: $expected', ({ actor, expected }) => {
    const state = stateOf({});
    issue(state);
    const before = validPasses(state);
    expect(link(state, actor)).toBe(expected);
    expect(state.visitorPasses.get('v1')?.linkHash).toBe(expected === 'applied' ? 'new' : LINK);
    // Paper and pictures stay good: only the link is another.
    expect(validPasses(state)).toEqual(before);
  });

  test.each([1, 2] as const)(
    'D2 D4 frees a pass for %i from the phone that holds it, unless it was used or is over',
    (uses) => {
      const state = stateOf({});
      issue(state, { binds: true, uses });
      decideAs(state, system, { op: 'visitor.open@1', args: { visitorPassId: 'v1', holderKey: 'k1' } });
      expect(link(state, resident)).toBe('applied');
      expect(validPasses(state)).toMatchObject([{ holderKey: null }]);
      expect(state.visitorPasses.get('v1')?.openedAt).toBeNull();
      const open = (holderKey: string) =>
        codeOf(decideAs(state, system, { op: 'visitor.open@1', args: { visitorPassId: 'v1', holderKey } }));
      expect(open('k2')).toBe('applied');
      expect(open('k1')).toBe('visitor_pass_bound');
      letIn(state, validPasses(state)[0]!.id);
      expect(link(state, resident)).toBe('pass_used');
      expect(link(state, resident, NOW + 3 * HOUR)).toBe('visitor_pass_over');
    },
  );
});

describe('D2 visitor.open', () => {
  const open = (state: State, holderKey: string, actor: Actor = system, now = NOW) =>
    codeOf(decideAs(state, actor, { op: 'visitor.open@1', args: { visitorPassId: 'v1', holderKey } }, now));

  test('D2 nobody but the site opens', () => {
    const state = stateOf({});
    issue(state, { binds: true });
    for (const actor of [resident, guard, manager]) expect(open(state, 'k1', actor)).toBe('role_forbidden');
  });

  test('D2 binds to the first phone, once', () => {
    const state = stateOf({});
    issue(state, { binds: true });
    expect(open(state, 'k1')).toBe('applied');
    const [bound] = validPasses(state);
    expect(bound).toMatchObject({ holderKey: 'k1', clientId: null });
    expect(state.visitorPasses.get('v1')?.openedAt).toBe(NOW);
    expect(open(state, 'k1', system, NOW + 5)).toBe('applied');
    expect(validPasses(state)).toEqual([bound]);
    expect(state.visitorPasses.get('v1')?.openedAt).toBe(NOW);
    expect(open(state, 'k2')).toBe('visitor_pass_bound');
  });

  test('D2 leaves a pass alone that does not bind', () => {
    const state = stateOf({});
    issue(state);
    const before = validPasses(state);
    expect(open(state, 'k1')).toBe('applied');
    expect(validPasses(state)).toEqual(before);
  });

  test('D2 D4 what is over, revoked or used up is not made anew', () => {
    const state = stateOf({});
    expect(open(state, 'k1')).toBe('visitor_pass_not_found');
    issue(state, { binds: true, uses: 2 });
    expect(open(state, 'k1', system, NOW + 3 * HOUR)).toBe('visitor_pass_over');
    const { id } = validPasses(state)[0]!;
    letIn(state, id, 'first');
    expect(open(state, 'k1')).toBe('pass_used');
    letIn(state, id, 'second');
    expect(open(state, 'k1')).toBe('pass_used');
    state.scans.clear();
    expect(open(state, 'k1')).toBe('applied');
    decideAs(state, resident, { op: 'visitor.revoke@1', args: { visitorPassId: 'v1' } });
    expect(open(state, 'k1')).toBe('visitor_pass_over');
  });
});

it('D2 names and phones are compared as people mean them', () => {
  const state = stateOf({});
  expect(issue(state)).toBe('applied');
  expect(
    issue(state, { visitorPassId: 'v2', visitors: [{ name: ' anna nowak ', phone: '0048600100200' }] }),
  ).toBe('visitor_expected');
});
