/** A note on this device that somebody has turned notifications on here, so that what gets lost is mended. */
interface Wanted {
  readonly userId: string;
  /** When it was last seen to be on, ms since 1970. */
  readonly seenAt: number;
}

const KEY = 'undercroft-push-wanted';
const DAY = 86_400_000;

/** Whether this person wants to be woken here, and nobody has looked for a day whether it is so. `now` in ms since 1970. */
export function isPushWanted(userId: string, now: number): boolean {
  const wanted = read();
  // A clock that was ahead must not keep it from being looked at.
  return wanted?.userId === userId && Math.abs(now - wanted.seenAt) >= DAY;
}

/** It is on, or is to be looked at again in a day; null: this browser is not to be woken. `now` in ms since 1970. */
export function notePushWanted(userId: string | null, now: number): void {
  try {
    if (userId === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify({ userId, seenAt: now } satisfies Wanted));
  } catch {
    // Full or blocked: then nothing is mended.
  }
}

/** Who has turned it on here, null: nobody. */
export function pushWantedBy(): string | null {
  return read()?.userId ?? null;
}

function read(): Wanted | null {
  try {
    // This module is the only writer.
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') as Wanted | null;
  } catch {
    return null;
  }
}
