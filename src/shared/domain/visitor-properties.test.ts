import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Actor, Pass } from './entities';
import type { Intent } from './intent';
import { openUses, usesAllowed, usesOf } from './pass-uses';
import type { State } from './state';
import { decideAs, guard, HOUR, manager, neighbour, NOW, resident, stateOf, system } from './testing';
import { overlaps } from './time-range';
import { personKey } from './visitor-person';

const people = ['Ann', 'Bob', 'Cy'].map((name) => ({ name, phone: '600 100 200' }));
const ids = ['v0', 'v1', 'v2', 'v3', 'v4', 'v5'];
const keys = ['k1', 'k2', 'k3'];
const id = fc.constantFrom(...ids);

const intent = fc.oneof(
  fc
    .record({
      visitorPassId: id,
      visitors: fc.subarray(people, { minLength: 1, maxLength: 2 }),
      uses: fc.constantFrom(1 as const, 2 as const),
      from: fc.nat(20),
      hours: fc.integer({ min: 1, max: 6 }),
      binds: fc.boolean(),
    })
    .map(({ from, hours, ...args }): Intent => {
      const window = { start: NOW + from * HOUR, end: NOW + (from + hours) * HOUR };
      const rest = { plate: '', amount: 0, payment: 'none', reference: '', linkHash: null } as const;
      return { op: 'visitor.issue@1', args: { ...args, ...window, ...rest } };
    }),
  id.map((visitorPassId): Intent => ({ op: 'visitor.revoke@1', args: { visitorPassId } })),
  id.map((visitorPassId): Intent => ({ op: 'visitor.link@1', args: { visitorPassId, linkHash: null } })),
  fc.tuple(id, fc.constantFrom(...keys)).map(([visitorPassId, holderKey]): Intent => ({
    op: 'visitor.open@1',
    args: { visitorPassId, holderKey },
  })),
);

const step = fc.record({
  intent,
  actor: fc.constantFrom<Actor>(resident, resident, neighbour, guard, manager),
  scan: fc.boolean(),
  pause: fc.nat(HOUR),
});

/** What a gate says of a valid pass: it counts the entries of this very pass, and knows of no other of the visit. */
function isGreen(state: State, { id: passId, kind }: Pass): boolean {
  const own = [...state.scans.values()].filter((scan) => scan.passId === passId);
  const passages = own.map((scan) => ({ ...scan, at: scan.scannedAt }));
  return openUses(kind, passages).length < usesAllowed(kind);
}

test('D2 D4 whatever is asked for: nobody twice at a time, one valid pass a visit, none over its uses, none of a revoked visit', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), (steps) => {
      const state = stateOf({ policy: { visitorPassesPerWeek: 1000 } });
      let now = NOW;
      for (const [index, { intent: wish, actor, scan, pause }] of steps.entries()) {
        now += pause;
        const used = new Map(
          [...state.visitorPasses.values()].map((visit) => [
            visit.id,
            usesOf(state, { reservationId: null, visitorPassId: visit.id, kind: visit.uses }).length > 0,
          ]),
        );
        const passesBefore = state.passes.size;
        decideAs(state, wish.op === 'visitor.open@1' ? system : actor, wish, now);
        if (
          wish.op !== 'visitor.issue@1' &&
          'visitorPassId' in wish.args &&
          used.get(wish.args.visitorPassId)
        ) {
          expect(state.passes.size, 'D4 a pass that let somebody in is not made anew').toBe(passesBefore);
        }
        const valid = [...state.passes.values()].filter(({ status }) => status === 'valid');
        const target = valid[index % Math.max(1, valid.length)];
        if (scan && target && isGreen(state, target)) {
          const args = {
            scanId: `s${index}`,
            passId: target.id,
            gate: 1,
            scannedAt: now,
            reason: '',
            code: '',
          };
          decideAs(state, guard, { op: 'scan.record@1', args: { ...args, result: 'valid' } }, now);
        }
        const visits = [...state.visitorPasses.values()];
        for (const visit of visits) {
          const own = valid.filter(({ visitorPassId }) => visitorPassId === visit.id);
          expect(own.length, 'one valid pass unless it is revoked').toBe(visit.revokedAt === null ? 1 : 0);
          expect(own.every(({ holderKey }) => (holderKey !== null) === (visit.openedAt !== null))).toBe(true);
        }
        for (const { id: visitorPassId, uses } of visits) {
          const entries = usesOf(state, { reservationId: null, visitorPassId, kind: uses });
          expect(entries.length, 'D4 no more are let in than it is good for').toBeLessThanOrEqual(uses);
        }
        const standing = visits.filter(({ revokedAt }) => revokedAt === null);
        for (const [place, one] of standing.entries()) {
          for (const other of standing.slice(place + 1)) {
            const same = one.visitors.some((person) =>
              other.visitors.some((guest) => personKey(guest) === personKey(person)),
            );
            expect(same && overlaps(one, other), 'nobody is expected twice at a time').toBe(false);
          }
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('D2 a person’s key is the same however it is written, and another for another digit', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Za-z ]{1,20}$/).filter((name) => name.trim() !== ''),
      fc.stringMatching(/^[1-9][0-9]{5,12}$/),
      (name, digits) => {
        const spaced = digits.replace(/(...)/g, '$1 ');
        const key = personKey({ name, phone: `+${digits}` });
        expect(personKey({ name: ` ${name.toUpperCase()} `, phone: `00 ${spaced}` })).toBe(key);
        expect(personKey({ name, phone: `+${digits}1` })).not.toBe(key);
      },
    ),
  );
});
