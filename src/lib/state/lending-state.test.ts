import { beforeEach, describe, expect, it } from 'vitest';
import type { LendingRule } from '#shared/domain/entities';
import type { Intent } from '#shared/domain/intent';
import type { State } from '#shared/domain/state';
import { HOUR, NOW, reservation, resident, slot, stateOf } from '#shared/domain/testing';
import type { AppArea } from './app-area';
import { LendingState } from './lending-state.svelte';
import { RefusalError, refusalOf } from './refusal';

const REFUSAL = new RefusalError(refusalOf('window_reserved'));

const hours = (start: number, end: number) => ({ start: NOW + start * HOUR, end: NOW + end * HOUR });
const rule = (id: string, fields: Partial<LendingRule> = {}): LendingRule => ({
  ...{ id, slotId: 's1', weekdays: [1], from: 480, until: 1080, startsOn: '2026-01-01', endsOn: null },
  ...{ daysOff: [], paused: false, createdAt: NOW, removedAt: null },
  ...fields,
});

let state: State;
let wished: Intent[];
let refuses: (intent: Intent) => boolean;
let lending: LendingState;

beforeEach(() => {
  state = stateOf({ slots: [slot({ id: 's1', ownerId: resident.id })] });
  wished = [];
  refuses = () => false;
  const area: AppArea = {
    base: () => {
      throw new Error('not asked for');
    },
    predicted: () => state,
    outbox: () => [],
    memberId: () => resident.id,
    minute: () => NOW,
    now: () => NOW,
    newId: () => 'new',
    wish: (intent) => {
      if (refuses(intent)) return Promise.reject(REFUSAL);
      wished.push(intent);
      return Promise.resolve();
    },
  };
  lending = new LendingState(area);
});

describe('own slots', () => {
  it('C1 lists a slot’s rules by the time they begin, without those that ended', () => {
    const all = [
      rule('late', { from: 900 }),
      rule('gone', { removedAt: NOW }),
      rule('other', { slotId: 's2' }),
      rule('early'),
    ];
    for (const one of all) state.lendingRules.set(one.id, one);
    expect(lending.rulesOf('s1').map(({ id }) => id)).toEqual(['early', 'late']);
  });

  it('C1 knows exceptions that are not over, and whether windows are still to be made', () => {
    const one = slot({
      id: 's1',
      ownerId: resident.id,
      closed: [hours(-2, -1), hours(1, 2)],
      rulesRevision: 1,
    });
    state.slots.set('s1', one);
    expect(lending.exceptionsOf('s1')).toEqual([hours(1, 2)]);
    expect(lending.exceptionsOf('none')).toEqual([]);
    expect(lending.isBehind('s1')).toBe(true);
  });

  it('C1 pauses all rules by days off and keeps those that are not over', async () => {
    const daysOff = [
      { from: '2026-01-01', until: '2026-01-05' },
      { from: '2026-12-24', until: '2027-01-01' },
    ];
    state.lendingRules.set('a', rule('a', { daysOff }));
    state.lendingRules.set('b', rule('b', { from: 900 }));
    await lending.pauseRules('s1', { from: '2026-11-22', until: '2026-11-29' });
    const added = { from: '2026-11-22', until: '2026-11-29' };
    expect(wished).toMatchObject([
      { op: 'rule.set@1', args: { ruleId: 'a', daysOff: [daysOff[1], added] } },
      { op: 'rule.set@1', args: { ruleId: 'b', daysOff: [added] } },
    ]);
  });

  it('C1 who was asked to move is asked already before the pull says so', () => {
    const visit = { id: 'r1', askedToMoveAt: null };
    expect(lending.askedToMoveAt(visit)).toBeNull();
    expect(lending.askedToMoveAt({ ...visit, askedToMoveAt: NOW - 1 })).toBe(NOW - 1);
    state.reservations.set('r1', reservation({ id: 'r1', slotId: 's1', askedToMoveAt: NOW }));
    expect(lending.askedToMoveAt(visit)).toBe(NOW);
  });
});

describe('undoing', () => {
  const added = [
    { ...hours(1, 2), wasTakenBack: true },
    { ...hours(2, 4), wasTakenBack: false },
  ];

  it('C1 undoes a lending part by part: an exception becomes one again, the rest leaves none', async () => {
    await lending.undoLending('s1', added);
    expect(wished).toEqual([
      { op: 'share.close_free@1', args: { slotId: 's1', ...hours(1, 2) } },
      { op: 'share.close_free@1', args: { slotId: 's1', ...hours(2, 4), undo: true } },
    ]);
  });

  it('C2 takes back what is free when part is reserved meanwhile, and says so only when all is', async () => {
    refuses = (intent) => 'start' in intent.args && intent.args.start === hours(1, 2).start;
    await lending.undoLending('s1', added);
    expect(wished).toHaveLength(1);
    refuses = () => true;
    await expect(lending.undoLending('s1', added)).rejects.toBe(REFUSAL);
  });

  it('C1 lends again by hand what was lent by hand, and by the rules what they lent', async () => {
    await lending.undoTaking('s1', [
      { ...hours(1, 2), byHand: true },
      { ...hours(2, 4), byHand: false },
    ]);
    expect(wished).toEqual([
      { op: 'share.open@1', args: { slotId: 's1', ...hours(1, 2) } },
      { op: 'share.open@1', args: { slotId: 's1', ...hours(2, 4), again: true } },
    ]);
  });
});
