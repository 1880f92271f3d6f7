import type { SlotKind } from '#shared/domain/entities';
import { compareLabels } from '$lib/state/label-order';

/** C4: which slots are wanted; null: any. */
export interface SlotFilter {
  readonly level: string | null;
  readonly kind: SlotKind | null;
}

export const anySlot: SlotFilter = { level: null, kind: null };

interface Filtered {
  readonly level: string;
  readonly kind: SlotKind;
}

/** Whether nothing is filtered out. */
export function takesAny(filter: SlotFilter): boolean {
  return filter.level === null && filter.kind === null;
}

/** Those that fit, in their order. */
export function filterSlots<S extends Filtered>(
  slots: readonly S[],
  { level, kind }: SlotFilter,
): readonly S[] {
  if (level === null && kind === null) return slots;
  return slots.filter(
    (slot) => (level === null || slot.level === level) && (kind === null || slot.kind === kind),
  );
}

const order: readonly SlotKind[] = ['car', 'small', 'charger', 'accessible', 'motorcycle'];

/** What there is to choose from: the levels from the top down as people name them, and the kinds. */
export function filterChoices(slots: readonly Filtered[]): { levels: string[]; kinds: SlotKind[] } {
  const kinds = new Set(slots.map(({ kind }) => kind));
  return { levels: levelsOf(slots), kinds: order.filter((kind) => kinds.has(kind)) };
}

/** The levels of these slots: numbers by their height (`1`, `0`, `−1`), names by the alphabet after them. */
export function levelsOf(slots: readonly Pick<Filtered, 'level'>[]): string[] {
  return [...new Set(slots.map(({ level }) => level))].toSorted((a, b) => {
    const [one, other] = [heightOf(a), heightOf(b)];
    if (one !== null && other !== null && one !== other) return other - one;
    if ((one === null) !== (other === null)) return one === null ? 1 : -1;
    return compareLabels(a, b);
  });
}

function heightOf(level: string): number | null {
  const plain = level.replace('−', '-').trim();
  return /^-?\d+$/.test(plain) ? Number(plain) : null;
}
