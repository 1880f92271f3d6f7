import { describe, expect, test } from 'vitest';
import { MapDraft } from './map-draft.svelte';

const at = (x: number) => ({ x, y: 0 });

describe('C4 moving slots on the map', () => {
  test('a drag is one step, and undo and redo go through the steps', () => {
    const draft = new MapDraft();
    for (const x of [1, 2, 3]) draft.move([{ slotId: 'a', position: at(x) }]);
    draft.settle();
    draft.move([{ slotId: 'b', position: null }]);
    draft.settle();
    expect(draft.count).toBe(2);
    draft.undo();
    expect([draft.placeOf('a'), draft.placeOf('b')]).toEqual([at(3), undefined]);
    draft.undo();
    expect([draft.changed, draft.canUndo]).toEqual([false, false]);
    draft.undo();
    draft.redo();
    draft.redo();
    expect([draft.placeOf('a'), draft.placeOf('b'), draft.canRedo]).toEqual([at(3), null, false]);
  });

  test('an arrow key that is held down is one step, another slot is another', () => {
    const draft = new MapDraft();
    for (const x of [1, 2, 3]) {
      draft.move([{ slotId: 'a', position: at(x) }]);
      draft.settle('arrows a');
    }
    draft.move([{ slotId: 'b', position: at(9) }]);
    draft.settle('arrows b');
    draft.undo();
    expect([draft.placeOf('a'), draft.placeOf('b')]).toEqual([at(3), undefined]);
    draft.undo();
    expect(draft.changed).toBe(false);
  });

  test('a drag that is broken off leaves nothing, and a new move ends what could be redone', () => {
    const draft = new MapDraft();
    draft.move([{ slotId: 'a', position: at(1) }]);
    draft.settle();
    draft.undo();
    draft.move([{ slotId: 'a', position: at(5) }]);
    draft.breakOff();
    expect([draft.changed, draft.canRedo]).toEqual([false, true]);
    draft.move([{ slotId: 'a', position: at(6) }]);
    draft.settle();
    expect(draft.canRedo).toBe(false);
  });

  test('what is saved is what differs by then', () => {
    const draft = new MapDraft();
    draft.move([
      { slotId: 'a', position: at(1) },
      { slotId: 'b', position: at(2) },
      { slotId: 'gone', position: at(3) },
    ]);
    draft.settle();
    const slots = [
      { id: 'a', position: at(1) },
      { id: 'b', position: null },
      { id: 'c', position: null },
    ];
    expect(draft.changes(slots)).toEqual([{ slotId: 'b', position: at(2) }]);
    draft.clear();
    expect([draft.changed, draft.canUndo]).toEqual([false, false]);
  });
});
