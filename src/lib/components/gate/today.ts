import type { Row } from '#shared/protocol/rows';
import type { Direction, ScanResult } from '#shared/domain/entities';
import { letsOut, openUses, usesAllowed, type Passage } from '#shared/domain/pass-uses';
import { standingOf } from '#shared/domain/undo';
import { overlaps, type TimeRange } from '#shared/domain/time-range';
import { plainText } from '$lib/scan/find-pass';
import { compareLabels } from '$lib/state/label-order';
import { resultWord } from './verdict-words';

/** How far a pass of today has come. */
export type TodayState = 'expected' | 'inside' | 'left' | 'over' | 'revoked' | 'suspended';

/** A reading, of whichever guard. Times in ms. */
export interface Reading extends Passage {
  readonly passId: string | null;
  readonly gate: number;
  readonly direction: Direction;
  readonly result: ScanResult;
}

export interface TodayPass {
  readonly pass: Row<'gate_pass'>;
  readonly state: TodayState;
  /** Entries that count against the pass so far, oldest first. */
  readonly uses: readonly Reading[];
  readonly usesAllowed: number;
  /** The last exit of who has left; null otherwise. */
  readonly leftAt: Reading | null;
}

/**
 * D4: the passes whose window touches `day`, and those of whom is still inside from a day before, in the order in which
 * they begin. Somebody who came in is `inside` until an exit, also when the pass was revoked or is over: the car is there.
 */
export function passesOfDay(
  passes: readonly Row<'gate_pass'>[],
  readings: readonly Reading[],
  { day, now }: { day: TimeRange; now: number },
): TodayPass[] {
  const byPass = new Map<string | null, Reading[]>();
  for (const reading of readings) {
    const known = byPass.get(reading.passId);
    if (known) known.push(reading);
    else byPass.set(reading.passId, [reading]);
  }
  return passes
    .map((pass) => todayPass(pass, byPass.get(pass.id) ?? [], now))
    .filter(({ pass, state }) => {
      return state === 'inside' || overlaps({ start: pass.notBefore, end: pass.expiresAt }, day);
    })
    .sort((a, b) => a.pass.notBefore - b.pass.notBefore || compareLabels(a.pass.slotLabel, b.pass.slotLabel));
}

function todayPass(pass: Row<'gate_pass'>, readings: readonly Reading[], now: number): TodayPass {
  // Whatever the pass: each exit takes a car away. What uses it up is another question.
  const inside = openUses(0, readings).length;
  const lastExit = standingOf(readings)
    .filter(({ direction, result }) => direction === 'exit' && letsOut(result))
    .reduce<Reading | null>((last, exit) => (last === null || exit.at > last.at ? exit : last), null);
  const uses = openUses(pass.kind, readings);
  const state = inside > 0 ? 'inside' : lastExit ? 'left' : stateOf(pass, now);
  return {
    pass,
    state,
    uses,
    usesAllowed: usesAllowed(pass.kind),
    leftAt: state === 'left' ? lastExit : null,
  };
}

function stateOf(pass: Row<'gate_pass'>, now: number): TodayState {
  if (pass.status !== 'valid') return pass.status;
  return pass.expiresAt <= now ? 'over' : 'expected';
}

/** How many cars are inside. */
export function countInside(passes: readonly TodayPass[]): number {
  return passes.filter(({ state }) => state === 'inside').length;
}

/** `A-05 · KR 123 · Luka Babić`, `Visitor · KR 9 · Ana Kos, comes to Luka Babić`. */
export function passTitle({ slotLabel, plate, personName, hostName, kind }: Row<'gate_pass'>): string {
  const person = [personName, hostName ? `comes to ${hostName}` : ''].filter(Boolean).join(', ');
  const place = slotLabel || (kind === 1 || kind === 2 ? 'Visitor' : '');
  return [place, plate, person].filter(Boolean).join(' · ');
}

/** `Revoked` or `Suspended`, as the result of a check would say; null for a pass that stands. */
export function withdrawnWord({ status }: Pick<Row<'gate_pass'>, 'status'>): string | null {
  return status === 'valid' ? null : resultWord(status);
}

/** Those whose plate, slot, person, host or typed code holds `words`, without regard to case, spaces and dashes. */
export function searchPasses(passes: readonly TodayPass[], words: string): TodayPass[] {
  const wanted = plainText(words);
  return passes.filter(({ pass }) =>
    [pass.plate, pass.slotLabel, pass.personName, pass.hostName ?? '', pass.code].some((text) =>
      plainText(text).includes(wanted),
    ),
  );
}
