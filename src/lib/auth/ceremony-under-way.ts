/*
 * Some phones cover the page with their own screen while they ask for a face or a finger, and the page then counts as
 * hidden. The app's lock must not take that for somebody who has gone away.
 */
let underWay = 0;

/** Does it, and lets `isCeremonyUnderWay` say so meanwhile. */
export async function duringCeremony<T>(ceremony: () => Promise<T>): Promise<T> {
  underWay++;
  try {
    return await ceremony();
  } finally {
    underWay--;
  }
}

/** Whether the browser is asking the person for a passkey. */
export function isCeremonyUnderWay(): boolean {
  return underWay > 0;
}
