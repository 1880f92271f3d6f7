import type { SlotPosition } from '#shared/domain/entities';
import type { AppArea } from './app-area';
import { app } from './app-state.svelte';
import type { OutboxView } from './views';

/** What one wish may carry (protocol/ops). */
const PLACES_IN_A_WISH = 200;

/** Where a slot is to lie; null: wherever the map puts it. */
export interface SlotPlacement {
  readonly slotId: string;
  readonly position: SlotPosition | null;
}

/** C4: where slots lie on their level's map. Positions themselves are read from the slots. */
export class MapState {
  readonly #area: AppArea;
  readonly #wishes = $derived.by(() => this.#area.outbox().filter(({ op }) => op === 'slot.place@1'));

  constructor(area: AppArea) {
    this.#area = area;
  }

  /** Whether places that this device has sent or keeps have not been confirmed yet. */
  get waiting(): boolean {
    return this.#wishes.some(({ mark }) => mark === 'waiting');
  }

  /** Refused and not dismissed, oldest first. */
  get refused(): readonly OutboxView[] {
    return this.#wishes.filter(({ mark }) => mark === 'refused');
  }

  /** C4: sets places, for a manager. Resolves when they are kept; rejects with a RefusalError. */
  async place(placements: readonly SlotPlacement[]): Promise<void> {
    for (let index = 0; index < placements.length; index += PLACES_IN_A_WISH) {
      const places = placements.slice(index, index + PLACES_IN_A_WISH);
      const args = { places: places.map(({ slotId, position }) => ({ slotId, position })) };
      await this.#area.wish({ op: 'slot.place@1', args }, null);
    }
  }
}

/** Of this browser's app. */
export const mapState = new MapState(app.core);
