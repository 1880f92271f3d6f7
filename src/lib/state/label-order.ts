/**
 * The order of slots' labels and levels: A-2 before A-10, whatever the screen's language. Five times as fast as `localeCompare`, which
 * makes its tables anew in each call: 10,000 labels took 0.7 s of a desktop's time after each wish and each pull.
 */
const collator = new Intl.Collator('en', { numeric: true });
/** Names as the device's language orders them. */
const nameCollator = new Intl.Collator();

/** For sorting: negative where `a` stands first. */
export function compareLabels(a: string, b: string): number {
  return collator.compare(a, b);
}

/** For sorting people: negative where `a` stands first. */
export function compareNames(a: string, b: string): number {
  return nameCollator.compare(a, b);
}
