import type { Row } from '#shared/protocol/rows';
import { overlaps, type TimeRange } from '#shared/domain/time-range';
import { usesAllowed } from '#shared/domain/pass-uses';

/** How far a pass of today has come. */
export type TodayState = 'expected' | 'inside' | 'over' | 'revoked' | 'suspended';

/** A reading that let somebody in, of whichever guard. Times in ms. */
export interface Use {
  readonly passId: string | null;
  readonly at: number;
  readonly gate: number;
}

export interface TodayPass {
  readonly pass: Row<'gate_pass'>;
  readonly state: TodayState;
  /** Uses so far, oldest first. */
  readonly uses: readonly Use[];
  readonly usesAllowed: number;
}

/**
 * The passes whose window touches `day`, in the order in which they begin. Somebody who came in is `inside`, also when the
 * pass was revoked later: the car is there.
 */
export function passesOfDay(
  passes: readonly Row<'gate_pass'>[],
  uses: readonly Use[],
  { day, now }: { day: TimeRange; now: number },
): TodayPass[] {
  return passes
    .filter((pass) => overlaps({ start: pass.notBefore, end: pass.expiresAt }, day))
    .map((pass) => {
      const own = uses.filter((use) => use.passId === pass.id).sort((a, b) => a.at - b.at);
      return { pass, uses: own, usesAllowed: usesAllowed(pass.kind), state: stateOf(pass, own, now) };
    })
    .sort((a, b) => a.pass.notBefore - b.pass.notBefore || a.pass.slotLabel.localeCompare(b.pass.slotLabel));
}

function stateOf(pass: Row<'gate_pass'>, uses: readonly Use[], now: number): TodayState {
  if (uses.length > 0) return 'inside';
  if (pass.status !== 'valid') return pass.status;
  return pass.expiresAt <= now ? 'over' : 'expected';
}

/** Those whose plate, slot, person or typed code holds `words`, without regard to case, spaces and dashes. */
export function searchPasses(passes: readonly TodayPass[], words: string): TodayPass[] {
  const wanted = plain(words);
  return passes.filter(({ pass }) =>
    [pass.plate, pass.slotLabel, pass.personName, pass.code].some((text) => plain(text).includes(wanted)),
  );
}

function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\s\p{Pd}\p{M}.]/gu, '')
    .toLowerCase();
}
