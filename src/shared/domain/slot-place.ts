import type { Slot, SlotPosition } from './entities';
import { refused, type Decision, type DomainArgs } from './intent';
import type { State } from './state';

/**
 * C4: says where slots lie on their level's map, or with null that the map is to find a place by itself. The last word about
 * a slot counts. A slot that was removed meanwhile needs no place; only when none is left is there a refusal.
 */
export function decidePlaceSlots(state: State, { places }: DomainArgs['slot.place@1']): Decision {
  const wanted = new Map(places.map(({ slotId, position }) => [slotId, position]));
  const found = [...wanted].flatMap(([slotId, position]): Slot[] => {
    const slot = state.slots.get(slotId);
    return slot ? [{ ...slot, position }] : [];
  });
  if (found.length === 0) return refused('slot_not_found', {});
  return {
    status: 'applied',
    changes: found
      .filter((slot) => !isSamePlace(slot.position, state.slots.get(slot.id)!.position))
      .map((row) => ({ table: 'slots', row })),
    data: { placed: found.length },
  };
}

function isSamePlace(a: SlotPosition | null, b: SlotPosition | null): boolean {
  return a?.x === b?.x && a?.y === b?.y;
}
