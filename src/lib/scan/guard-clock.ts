/*
 * The guard's own clock decides who is too early, too late or a copy, and a phone's clock can be wrong: moved by hand,
 * lost in a reboot. What this device has to judge it by: the server's time at the last contact, its own running time
 * (performance.now, which nobody can set), and the clocks of the phones whose proofs it reads.
 */

/** A clock that moved by more than this (ms) against the device's running time was set, not slewed. */
export const JUMP = 5000;
/** How long (ms of running time) a pass's proof says something about the clocks. */
export const SKEW_LASTS = 2 * 3_600_000;
/** So many different passes have to agree: one phone is wrong easily, five are not. */
export const ENOUGH_PASSES = 5;
/** The median difference (s) from which the guard's clock is the suspect; the verdict's own limit (pass-format.md). */
export const SKEW_LIMIT = 60;

/** What speaks against the clock that this device decides by. Positive: it is ahead. */
export type ClockDoubt =
  /** It reads earlier than the server's last answer; `by` in ms, negative. */
  | { readonly kind: 'before_contact'; readonly by: number }
  /** It was set while the page was open; `by` in ms. */
  | { readonly kind: 'jumped'; readonly by: number }
  /** The phones at this gate differ from it by `by` ms in the median. */
  | { readonly kind: 'phones_differ'; readonly by: number; readonly passes: number };

interface Skew {
  readonly seconds: number;
  /** By running time, ms. */
  readonly at: number;
}

/** What is known so far. Immutable; made by the functions below. */
export interface ClockWatch {
  /** Wall clock minus running time at the last contact, or the first look; null before. */
  readonly base: number | null;
  /** The same at the last look. */
  readonly latest: number | null;
  /** Running time of the last look, and of the one that first found a jump; ms. */
  readonly lookedAt: number;
  readonly jumpedAt: number | null;
  readonly contact: { readonly asOf: number; readonly offset: number } | null;
  /** Latest skew by pass id. */
  readonly skews: ReadonlyMap<string, Skew>;
}

export const newClockWatch: ClockWatch = {
  base: null,
  latest: null,
  lookedAt: 0,
  jumpedAt: null,
  contact: null,
  skews: new Map(),
};

/** An answer takes up to this long (ms) from the network into the page's state. */
const ANSWER_UNDER_WAY = 5000;

/**
 * A look at both clocks (ms). `mayHaveSlept`: since the look before, the device may have slept, and its running time
 * with it (some do not count sleep): then the wall clock may have gained on it, but not lost.
 */
export function lookAtClock(
  watch: ClockWatch,
  { wall, running, mayHaveSlept }: { wall: number; running: number; mayHaveSlept: boolean },
): ClockWatch {
  const latest = wall - running;
  if (watch.base === null || watch.latest === null) {
    return { ...watch, base: latest, latest, lookedAt: running };
  }
  const slept = mayHaveSlept ? Math.max(0, latest - watch.latest) : 0;
  const base = watch.base + slept;
  const jumpedAt = Math.abs(latest - base) > JUMP ? (watch.jumpedAt ?? running) : null;
  return { ...watch, base, latest, lookedAt: running, jumpedAt };
}

/**
 * The server has answered at `asOf` (its time, ms), `offset` ahead of this device. From then on the corrected clock is
 * right, whatever was done to the device's; when the correction changed, skews were measured against a wrong clock. An
 * answer that was under way when the clock was set corrects nothing: the doubt stays until the next.
 */
export function heardFromServer(
  watch: ClockWatch,
  contact: { readonly asOf: number; readonly offset: number },
): ClockWatch {
  if (watch.contact?.asOf === contact.asOf) return watch;
  const moved = watch.contact !== null && Math.abs(contact.offset - watch.contact.offset) > JUMP;
  const skews: ClockWatch['skews'] = moved ? new Map() : watch.skews;
  if (wasUnderWay(watch, contact.offset)) return { ...watch, contact, skews };
  return { ...watch, base: watch.latest, jumpedAt: null, contact, skews };
}

/** Whether the clock was set just now, and by an amount that the answer's correction knows nothing of. */
function wasUnderWay({ base, latest, lookedAt, jumpedAt, contact }: ClockWatch, offset: number): boolean {
  if (jumpedAt === null || base === null || latest === null || contact === null) return false;
  const isUncorrected = Math.abs(latest - base + offset - contact.offset) > JUMP;
  return isUncorrected && lookedAt - jumpedAt < ANSWER_UNDER_WAY;
}

/** A live pass whose proof holds was read at `at` (running time, ms): its holder's clock minus this one, in seconds. */
export function heardFromPass(
  watch: ClockWatch,
  { passId, seconds, at }: { passId: string; seconds: number; at: number },
): ClockWatch {
  const current = [...watch.skews].filter(([, skew]) => at - skew.at < SKEW_LASTS);
  return { ...watch, skews: new Map([...current, [passId, { seconds, at }]]) };
}

/** What to doubt at `now` (the corrected clock, ms since 1970) and `running`; null when nothing speaks against it. */
export function clockDoubt(
  watch: ClockWatch,
  { now, running }: { now: number; running: number },
): ClockDoubt | null {
  const sinceContact = watch.contact === null ? 0 : now - watch.contact.asOf;
  if (sinceContact < -JUMP) return { kind: 'before_contact', by: sinceContact };
  const jumped = watch.base === null || watch.latest === null ? 0 : watch.latest - watch.base;
  if (Math.abs(jumped) > JUMP) return { kind: 'jumped', by: jumped };
  return phonesDiffer(watch, running);
}

function phonesDiffer({ skews }: ClockWatch, running: number): ClockDoubt | null {
  const seconds = [...skews.values()]
    .filter(({ at }) => running - at < SKEW_LASTS)
    .map((skew) => skew.seconds)
    .sort((a, b) => a - b);
  if (seconds.length < ENOUGH_PASSES) return null;
  const middle = (seconds.length - 1) / 2;
  const median = (seconds[Math.floor(middle)]! + seconds[Math.ceil(middle)]!) / 2;
  if (Math.abs(median) <= SKEW_LIMIT) return null;
  return { kind: 'phones_differ', by: -median * 1000, passes: seconds.length };
}
