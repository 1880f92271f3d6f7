/** A device in contact pulls every minute; a copy of five minutes has missed some. */
const OLD = 300_000;

/** X7: how old this device's copy is, ms; null before the first. A clock that was behind makes it 0, not negative. */
export function dataAge(asOf: number | null, now: number): number | null {
  return asOf === null ? null : Math.max(0, now - asOf);
}

/** Whether a copy of that age (ms) may mislead about what is free. */
export function isOld(age: number): boolean {
  return age >= OLD;
}
