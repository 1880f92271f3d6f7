import { sharedParts } from '#shared/domain/share';
import { subtract, type TimeRange } from '#shared/domain/time-range';

/** What a lending added to what was lent already. */
export interface AddedPart extends TimeRange {
  /** An exception to weekly rules before: taken back again, it is one once more. */
  readonly wasTakenBack: boolean;
}

/** What was taken back. */
export interface TakenPart extends TimeRange {
  /** Lent by hand before; else by a weekly rule, to which it is an exception now. */
  readonly byHand: boolean;
}

/** C1: what lending `range` adds, beside what is lent already: all that its undoing takes back. In order. */
export function addedBy(
  range: TimeRange,
  before: { readonly lent: readonly TimeRange[]; readonly takenBack: readonly TimeRange[] },
): AddedPart[] {
  const added = without([range], before.lent);
  const exceptions = added.flatMap((part) => sharedParts(before.takenBack, part));
  const others = without(added, before.takenBack);
  return [
    ...exceptions.map((part) => ({ ...part, wasTakenBack: true })),
    ...others.map((part) => ({ ...part, wasTakenBack: false })),
  ].toSorted((a, b) => a.start - b.start);
}

/** C1: what taking back what is free of `range` takes: what is lent of it and not reserved, and how it was lent. In order. */
export function takenOf(
  range: TimeRange,
  before: {
    readonly lent: readonly TimeRange[];
    readonly opened: readonly TimeRange[];
    readonly reserved: readonly TimeRange[];
  },
): TakenPart[] {
  const taken = without(sharedParts(before.lent, range), before.reserved);
  const byHand = taken.flatMap((part) => sharedParts(before.opened, part));
  const byRules = without(taken, before.opened);
  return [
    ...byHand.map((part) => ({ ...part, byHand: true })),
    ...byRules.map((part) => ({ ...part, byHand: false })),
  ].toSorted((a, b) => a.start - b.start);
}

function without(ranges: readonly TimeRange[], removed: readonly TimeRange[]): TimeRange[] {
  return removed.reduce<TimeRange[]>(
    (left, one) => subtract(left, one),
    [...ranges].map(({ start, end }) => ({ start, end })),
  );
}
