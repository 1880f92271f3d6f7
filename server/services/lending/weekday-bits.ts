/** Weekdays as `lending_rules` keeps them: bit 0 is Monday. `weekdays` are 1 Monday … 7 Sunday. */
export function bitsOf(weekdays: readonly number[]): number {
  return weekdays.reduce((bits, weekday) => bits | (1 << (weekday - 1)), 0);
}

/** The weekdays of these bits, ascending, 1 Monday … 7 Sunday. */
export function weekdaysOf(bits: number): number[] {
  return [1, 2, 3, 4, 5, 6, 7].filter((weekday) => (bits & (1 << (weekday - 1))) !== 0);
}
