/** A half-open range of time `[start, end)`, both in milliseconds since 1970 (UTC). Never empty: `start < end`. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

/** Whether the two half-open ranges share a moment; ranges that only touch do not. */
export function overlaps(a: TimeRange, b: TimeRange): boolean {
  return a.start < b.end && b.start < a.end;
}

/** Whether `outer` covers all of `inner`. */
export function contains(outer: TimeRange, inner: TimeRange): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** The ranges in order, with those that overlap or touch made one: the normal form of a Postgres multirange. */
export function normalize(ranges: readonly TimeRange[]): TimeRange[] {
  const merged: TimeRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last && range.start <= last.end) {
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
    } else {
      merged.push({ start: range.start, end: range.end });
    }
  }
  return merged;
}

/** `ranges` and `added` together, normalized (Postgres: multirange `+`). */
export function add(ranges: readonly TimeRange[], added: TimeRange): TimeRange[] {
  return normalize([...ranges, added]);
}

/** `ranges` without `removed`, normalized (Postgres: multirange `-`). */
export function subtract(ranges: readonly TimeRange[], removed: TimeRange): TimeRange[] {
  return normalize(ranges).flatMap((range) => {
    if (!overlaps(range, removed)) return [range];
    return [
      { start: range.start, end: Math.min(range.end, removed.start) },
      { start: Math.max(range.start, removed.end), end: range.end },
    ].filter((part) => part.start < part.end);
  });
}

/** Whether the ranges together cover all of `inner` (Postgres: multirange `@>`). `ranges` must be normalized. */
export function covers(ranges: readonly TimeRange[], inner: TimeRange): boolean {
  return ranges.some((range) => contains(range, inner));
}
