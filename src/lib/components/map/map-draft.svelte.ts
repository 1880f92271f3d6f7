import type { SlotPosition } from '#shared/domain/entities';
import type { SlotPlacement } from '$lib/state/map-state.svelte';

/** How far back one can go. */
const STEPS = 200;

type Places = Readonly<Record<string, SlotPosition | null>>;

/**
 * C4: what a manager has moved on the map and not saved yet, with undo. A drag is one step, however long it takes: `move` while
 * it goes on, `settle` at its end.
 */
export class MapDraft {
  /** Only what differs from the slots as they are. */
  #places = $state.raw<Places>({});
  #before = $state.raw<readonly Places[]>([]);
  #after = $state.raw<readonly Places[]>([]);
  #settled: Places = {};
  /** Moves of one kind, one after the other, are one step: holding an arrow key down. */
  #run: string | null = null;

  /** Where the draft has put a slot; undefined where it has not. */
  placeOf(slotId: string): SlotPosition | null | undefined {
    return this.#places[slotId];
  }

  get changed(): boolean {
    return this.count > 0;
  }

  /** How many slots lie elsewhere than is saved. */
  get count(): number {
    return Object.keys(this.#places).length;
  }

  get canUndo(): boolean {
    return this.#before.length > 0;
  }

  get canRedo(): boolean {
    return this.#after.length > 0;
  }

  /** Shows slots elsewhere; no step yet. */
  move(placements: readonly SlotPlacement[]): void {
    const moved = placements.map(({ slotId, position }) => [slotId, position] as const);
    this.#places = { ...this.#places, ...Object.fromEntries(moved) };
  }

  /** Makes a step of the moves since the last one. Of moves with the same `run` in a row only the first begins a step. */
  settle(run: string | null = null): void {
    if (this.#places === this.#settled) return;
    if (run === null || run !== this.#run) this.#before = [...this.#before, this.#settled].slice(-STEPS);
    this.#after = [];
    this.#settled = this.#places;
    this.#run = run;
  }

  /** Takes back the moves since the last step: a drag that was broken off. */
  breakOff(): void {
    this.#places = this.#settled;
  }

  undo(): void {
    const last = this.#before.at(-1);
    if (!last) return;
    this.#after = [...this.#after, this.#settled];
    this.#before = this.#before.slice(0, -1);
    this.#show(last);
  }

  redo(): void {
    const next = this.#after.at(-1);
    if (!next) return;
    this.#before = [...this.#before, this.#settled];
    this.#after = this.#after.slice(0, -1);
    this.#show(next);
  }

  /** What is to be saved, given where the slots are now. */
  changes(
    slots: readonly { readonly id: string; readonly position: SlotPosition | null }[],
  ): SlotPlacement[] {
    return slots.flatMap((slot): SlotPlacement[] => {
      const position = this.#places[slot.id];
      if (position === undefined) return [];
      const isSame = position?.x === slot.position?.x && position?.y === slot.position?.y;
      return isSame ? [] : [{ slotId: slot.id, position }];
    });
  }

  /** Forgets all of it: saved, or thrown away. */
  clear(): void {
    this.#before = [];
    this.#after = [];
    this.#show({});
  }

  #show(places: Places): void {
    this.#places = places;
    this.#settled = places;
    this.#run = null;
  }
}
