import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  extentOf,
  levelMap,
  MAP_HEIGHT,
  MAP_WIDTH,
  overlappingIn,
  toPosition,
  toUnits,
  type LevelMap,
  type MappedSlot,
} from './map-layout';
import { neighbourOf } from './map-neighbour';

function slots(count: number): MappedSlot[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `id-${String(index)}`,
    label: `A-${String(index + 1)}`,
    position: null,
  }));
}

function overlapsOf({ places, width, height }: LevelMap<MappedSlot>): number {
  let overlaps = 0;
  for (const [index, one] of places.entries()) {
    for (const other of places.slice(index + 1)) {
      if (Math.abs(one.x - other.x) < width - 0.001 && Math.abs(one.y - other.y) < height - 0.001)
        overlaps += 1;
    }
  }
  return overlaps;
}

function isInside({ places, width, height }: LevelMap<MappedSlot>): boolean {
  return places.every(
    ({ x, y }) =>
      x >= width / 2 - 0.001 &&
      x <= MAP_WIDTH - width / 2 + 0.001 &&
      y >= height / 2 - 0.001 &&
      y <= MAP_HEIGHT - height / 2 + 0.001,
  );
}

describe('C4 the map of a level', () => {
  test('gives slots without a position places in rows, by label, without overlaps', () => {
    for (const count of [0, 1, 2, 3, 7, 12, 40, 150, 600]) {
      const map = levelMap(slots(count).toReversed());
      expect(map.places).toHaveLength(count);
      expect(overlapsOf(map)).toBe(0);
      expect(isInside(map)).toBe(true);
    }
    const map = levelMap(slots(12).toReversed());
    const order = map.places.toSorted((a, b) => a.y - b.y || a.x - b.x).map(({ slot }) => slot.label);
    expect(order).toEqual(slots(12).map(({ label }) => label));
  });

  test('keeps what was set, and puts the others where there is room', () => {
    const some = slots(20).map((slot, index) =>
      index % 3 === 0 ? { ...slot, position: { x: 100 + index * 40, y: 500 } } : slot,
    );
    const map = levelMap(some);
    for (const { slot, x, y, automatic } of map.places) {
      expect(automatic).toBe(slot.position === null);
      if (slot.position) expect({ x, y }).toEqual(toUnits(slot.position));
    }
    expect(overlapsOf(map)).toBe(0);
  });

  test('two slots that were dropped on one spot do not make the others small', () => {
    const twelve = levelMap(slots(12)).places.map(({ slot, x, y }) => ({
      ...slot,
      position: toPosition({ x, y }),
    }));
    const before = levelMap(twelve).width;
    const dropped = twelve.map((slot, index) =>
      index === 11 ? { ...slot, position: twelve[0]!.position } : slot,
    );
    expect(levelMap(dropped).width).toBeCloseTo(before, 0);
    expect([...overlappingIn(levelMap(dropped))].toSorted()).toEqual(['id-0', 'id-11']);
    expect(overlappingIn(levelMap(twelve)).size).toBe(0);
  });

  test('shows every slot on the sheet, wherever it was put; only what lies within a finger of another overlaps', () => {
    const position = fc.option(
      fc.record({ x: fc.integer({ min: 0, max: 1000 }), y: fc.integer({ min: 0, max: 1000 }) }),
    );
    fc.assert(
      fc.property(fc.array(position, { maxLength: 40 }), (positions) => {
        const map = levelMap(
          positions.map((one, index) => ({ id: String(index), label: String(index), position: one })),
        );
        expect(map.places).toHaveLength(positions.length);
        expect(isInside(map)).toBe(true);
        expect(map.width).toBeGreaterThanOrEqual(26);
      }),
    );
  });

  test('a level of ten thousand is laid out, too', () => {
    expect(levelMap(slots(10_000)).places).toHaveLength(10_000);
  });

  test('a position survives the way to the drawing and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 }), (x, y) => {
        expect(toPosition(toUnits({ x, y }))).toEqual({ x, y });
      }),
    );
    expect(toPosition({ x: -40, y: MAP_HEIGHT + 3 })).toEqual({ x: 0, y: 1000 });
  });

  test('what is shown is what is used of the sheet', () => {
    const map = levelMap(slots(2));
    const extent = extentOf(map);
    expect(extent.width).toBeLessThan(MAP_WIDTH);
    expect(extent.height).toBeLessThan(MAP_HEIGHT / 2);
    for (const { x, y } of map.places) {
      expect(x - map.width / 2).toBeGreaterThan(extent.x);
      expect(y + map.height / 2).toBeLessThan(extent.y + extent.height);
    }
  });
});

test('C4 arrow keys walk to the nearest slot in their direction, and reach every slot', () => {
  const grid = [0, 1, 2].flatMap((row) =>
    [0, 1, 2].map((column) => ({ x: column * 10, y: row * 15, id: `${row}${column}` })),
  );
  const middle = grid[4]!;
  expect(neighbourOf(grid, middle, 'left')?.id).toBe('10');
  expect(neighbourOf(grid, middle, 'up')?.id).toBe('01');
  expect(neighbourOf(grid, grid[0]!, 'left')).toBeNull();
  const { places } = levelMap(slots(37));
  const reached = new Set([places[0]!]);
  for (const place of reached) {
    for (const direction of ['left', 'right', 'up', 'down'] as const) {
      const next = neighbourOf(places, place, direction);
      if (next) reached.add(next);
    }
  }
  expect(reached.size).toBe(37);
});
