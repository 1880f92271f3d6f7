import { describe, expect, test } from 'vitest';
import type { DomainArgs } from './intent';
import { codeOf, decideAs, manager, resident, slot, stateOf } from './testing';

type Places = DomainArgs['slot.place@1']['places'];

const place = (...places: Places) => ({ op: 'slot.place@1', args: { places } }) as const;
const at = (x: number, y: number) => ({ x, y });

describe('C4 where slots lie on the map', () => {
  test('a manager sets places and takes them away; nothing else of a slot changes', () => {
    const lent = [{ start: 1, end: 2 }];
    const before = slot({ id: 'a', ownerId: 'mara', lent, position: at(1, 1) });
    const state = stateOf({ slots: [before, slot({ id: 'b', position: at(5, 5) })] });
    const decision = decideAs(
      state,
      manager,
      place({ slotId: 'a', position: at(0, 1000) }, { slotId: 'b', position: null }),
    );
    expect(codeOf(decision)).toBe('applied');
    expect(state.slots.get('a')).toEqual({ ...before, position: at(0, 1000) });
    expect(state.slots.get('b')!.position).toBeNull();
  });

  test('what is there already changes nothing, and the last word about a slot counts', () => {
    const state = stateOf({ slots: [slot({ id: 'a', position: at(1, 1) })] });
    expect(decideAs(state, manager, place({ slotId: 'a', position: at(1, 1) }))).toMatchObject({
      changes: [],
    });
    decideAs(state, manager, place({ slotId: 'a', position: at(2, 2) }, { slotId: 'a', position: at(3, 3) }));
    expect(state.slots.get('a')!.position).toEqual(at(3, 3));
  });

  test('a slot that is gone holds up no other; of none that is there nothing is placed', () => {
    const state = stateOf({ slots: [slot({ id: 'a' })] });
    const both = place({ slotId: 'gone', position: at(1, 1) }, { slotId: 'a', position: at(2, 2) });
    expect(codeOf(decideAs(state, manager, both))).toBe('applied');
    expect(state.slots.has('gone')).toBe(false);
    expect(codeOf(decideAs(state, manager, place({ slotId: 'gone', position: null })))).toBe(
      'slot_not_found',
    );
  });

  test('is for managers', () => {
    const state = stateOf({ slots: [slot({ id: 'a' })] });
    expect(codeOf(decideAs(state, resident, place({ slotId: 'a', position: at(1, 1) })))).toBe(
      'role_forbidden',
    );
  });
});
