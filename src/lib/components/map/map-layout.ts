import type { SlotPosition } from '#shared/domain/entities';
import { compareLabels } from '$lib/state/label-order';

/*
 * C4: where slots lie on a level's map. A position is in thousandths of the map's width and height; the map is drawn in units
 * of its own, a thousand wide. Pure, so that the editor and everybody's map come to the same picture.
 */

/** Units of the drawing: a portrait sheet, as a phone shows it. */
export const MAP_WIDTH = 1000;
export const MAP_HEIGHT = 1250;
/** A slot's length by its width. */
const RATIO = 1.4;
/** What stays free between two slots, by a slot's width. */
const GAP = 0.08;
const WIDEST = 170;
const NARROWEST = 26;
/** In an automatic layout, by a slot's width with its gap: a row of slots, and the lane that two rows face. */
const ROW = 1.5;
const LANE = 0.9;

/** What a map needs to know of a slot. */
export interface MappedSlot {
  readonly id: string;
  readonly label: string;
  readonly position: SlotPosition | null;
}

/** A slot in the drawing: its middle. */
export interface PlacedSlot<S extends MappedSlot> {
  readonly slot: S;
  readonly x: number;
  readonly y: number;
  /** Nobody has set its place. */
  readonly automatic: boolean;
}

export interface LevelMap<S extends MappedSlot> {
  readonly places: readonly PlacedSlot<S>[];
  /** Of one slot, in units; the same for all of a level, and small enough that no two overlap. */
  readonly width: number;
  readonly height: number;
}

/** C4: the map of the slots of one level: those with a position where it says, the others in rows where there is room. */
export function levelMap<S extends MappedSlot>(slots: readonly S[]): LevelMap<S> {
  const set = slots.flatMap((slot): PlacedSlot<S>[] =>
    slot.position ? [{ slot, ...toUnits(slot.position), automatic: false }] : [],
  );
  const unset = slots.filter(({ position }) => position === null);
  const cells = freeCells(unset.length, set);
  const rest = unset
    .toSorted((a, b) => compareLabels(a.label, b.label))
    .map((slot, index) => ({ slot, ...cells[index]!, automatic: true }));
  const places = [...set, ...rest];
  const width = Math.min(WIDEST, Math.max(NARROWEST, spacingOf(places) * (1 - GAP)));
  return { places: places.map((place) => inside(place, width)), width, height: width * RATIO };
}

/** A position in units of the drawing. */
export function toUnits({ x, y }: SlotPosition): { x: number; y: number } {
  return { x: (x * MAP_WIDTH) / 1000, y: (y * MAP_HEIGHT) / 1000 };
}

/** A point of the drawing as a position: whole thousandths inside the map. */
export function toPosition({ x, y }: { readonly x: number; readonly y: number }): SlotPosition {
  const clamp = (value: number): number => Math.min(1000, Math.max(0, Math.round(value)));
  return { x: clamp((x * 1000) / MAP_WIDTH), y: clamp((y * 1000) / MAP_HEIGHT) };
}

/** The part of the sheet that is used, with a margin: what is shown to who only looks. */
export function extentOf({ places, width, height }: LevelMap<MappedSlot>): {
  x: number;
  y: number;
  width: number;
  height: number;
} {
  const margin = width * 0.3;
  const xs = places.map(({ x }) => x);
  const ys = places.map(({ y }) => y);
  const left = least(xs) - width / 2 - margin;
  const top = least(ys) - height / 2 - margin;
  return {
    x: left,
    y: top,
    width: -least(xs.map((x) => -x)) + width / 2 + margin - left,
    height: -least(ys.map((y) => -y)) + height / 2 + margin - top,
  };
}

/** The ids of the slots that lie on another one, by more than a tenth of it. */
export function overlappingIn({ places, width, height }: LevelMap<MappedSlot>): Set<string> {
  const byX = places.toSorted((a, b) => a.x - b.x);
  const ids = new Set<string>();
  for (const [index, one] of byX.entries()) {
    for (let next = index + 1; next < byX.length; next += 1) {
      const other = byX[next]!;
      if (other.x - one.x >= width * 0.9) break;
      if (Math.abs(other.y - one.y) >= height * 0.9) continue;
      ids.add(one.slot.id).add(other.slot.id);
    }
  }
  return ids;
}

/** Not Math.min(...): a level may have thousands. */
function least(values: readonly number[]): number {
  return values.reduce((smallest, value) => Math.min(smallest, value), Number.POSITIVE_INFINITY);
}

/** The whole of it on the sheet. */
function inside<S extends MappedSlot>(place: PlacedSlot<S>, width: number): PlacedSlot<S> {
  const [halfWidth, halfHeight] = [width / 2, (width * RATIO) / 2];
  return {
    ...place,
    x: Math.min(MAP_WIDTH - halfWidth, Math.max(halfWidth, place.x)),
    y: Math.min(MAP_HEIGHT - halfHeight, Math.max(halfHeight, place.y)),
  };
}

/**
 * The greatest width of a slot, its gap included, at which no two overlap. Slots that lie far nearer to one another than most
 * do were put there by mistake: they do not make all others small.
 */
function spacingOf(places: readonly Cell[]): number {
  const widest = WIDEST / (1 - GAP);
  const nearest = nearestOf(places, widest);
  if (nearest.length === 0) return widest;
  const usual = nearest.toSorted((a, b) => a - b)[Math.floor(nearest.length / 2)]!;
  return least(nearest.filter((distance) => distance >= usual / 2));
}

/** Of every place, how wide it and its nearest neighbour may be side by side; at most `widest`. */
function nearestOf(places: readonly Cell[], widest: number): number[] {
  const byX = places.toSorted((a, b) => a.x - b.x);
  return byX.map((one, index) => {
    let nearest = widest;
    for (const step of [-1, 1]) {
      for (let next = index + step; next >= 0 && next < byX.length; next += step) {
        const other = byX[next]!;
        const across = Math.abs(other.x - one.x);
        if (across >= nearest) break;
        nearest = Math.min(nearest, Math.max(across, Math.abs(other.y - one.y) / RATIO));
      }
    }
    return nearest;
  });
}

interface Cell {
  readonly x: number;
  readonly y: number;
}

/** Finer than this nobody's finger meets a slot. */
const FINEST = 40;

/** Cells for `count` slots that none of `taken` stands in: of the coarsest grid that has as many. */
function freeCells(count: number, taken: readonly Cell[]): Cell[] {
  // So few are one row.
  for (let columns = count > 6 ? 4 : Math.max(3, count); columns <= FINEST; columns += 1) {
    const cell = MAP_WIDTH / columns;
    const stands = (other: Cell, { x, y }: Cell): boolean =>
      Math.abs(other.x - x) < cell * 0.98 && Math.abs(other.y - y) < cell * RATIO;
    const free = gridOf(columns).filter((one) => !taken.some((other) => stands(other, one)));
    if (free.length >= count) return free;
  }
  // Thousands, or a sheet that hand-set slots fill: over whatever is there. A grid of n columns has some 0.64 n² cells.
  return gridOf(Math.max(FINEST, Math.ceil(Math.sqrt(count * 2))));
}

/** From the top of the sheet down: a row, a lane that cars come along, two rows back to back, a lane, and so on. */
function gridOf(columns: number): Cell[] {
  const cell = MAP_WIDTH / columns;
  const cells: Cell[] = [];
  let top = 0;
  for (let row = 0; top + cell * ROW <= MAP_HEIGHT; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      cells.push({ x: (column + 0.5) * cell, y: top + (cell * ROW) / 2 });
    }
    top += cell * ROW + (row % 2 === 0 ? cell * LANE : 0);
  }
  return cells;
}
