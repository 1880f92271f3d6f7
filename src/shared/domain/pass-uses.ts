import type { Pass, Scan, ScanResult } from './entities';
import type { State } from './state';
import { standingOf, type Undoable } from './undo';

/** Whether a scan with this result lets somebody through. */
export function countsAsUse(result: ScanResult): boolean {
  return result === 'valid' || result === 'valid_provisional' || result === 'override';
}

/** How often a pass of this kind lets somebody in: a double visitor pass twice, every other once. */
export function usesAllowed(kind: Pass['kind']): 1 | 2 {
  return kind === 2 ? 2 : 1;
}

/** Of a scan, what tells whether it uses a pass up. */
export type Passage = Undoable;

/**
 * D4: the entries that use the pass up, oldest first. A visitor's pass is good for so many entries. A resident's or a
 * staff pass is good for one car inside: an exit gives the oldest entry back, and with nobody inside it gives nothing, so
 * that a car seen leaving twice does not let two in. What a guard took back counts for nothing.
 */
export function openUses<P extends Passage>(kind: Pass['kind'], passages: readonly P[]): P[] {
  return goThrough(kind, passages);
}

/**
 * Goes through the passages by the scans' own times, whichever the server heard of first, so that guards who were apart
 * come to the same; of the same moment the entries first. `afterEntry` hears who is in after each entry. Answers who is in
 * at the end, oldest first: on a resident's or staff pass an exit ends the oldest stay, on a visitor's none.
 */
export function goThrough<P extends Passage>(
  kind: Pass['kind'],
  passages: readonly P[],
  afterEntry: (inside: readonly P[]) => void = () => undefined,
): P[] {
  const endsStay = kind === 0 || kind === 3;
  let inside: P[] = [];
  for (const passage of standingOf(passages).toSorted(inOrder)) {
    if (passage.direction === 'exit') {
      if (endsStay && letsOut(passage.result)) inside = inside.slice(1);
    } else if (countsAsUse(passage.result)) {
      inside = [...inside, passage];
      afterEntry(inside);
    }
  }
  return inside;
}

function inOrder(a: Passage, b: Passage): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.direction !== b.direction) return a.direction === 'entry' ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/** Whether a scan at an exit means that the car has left: nobody is kept in for a pass that has ended. */
export function letsOut(result: ScanResult): boolean {
  return countsAsUse(result) || result === 'expired';
}

/**
 * Whether no entry is left on the pass. What is used up is what the pass was made for: a pass made anew for another
 * device lets nobody in a second time.
 */
export function isUsedUp(
  state: State,
  pass: Pick<Pass, 'reservationId' | 'visitorPassId' | 'kind'>,
): boolean {
  return usesOf(state, pass).length >= usesAllowed(pass.kind);
}

/** The scans among those loaded that use up any pass of the same reservation or visit, revoked ones too; oldest first. */
export function usesOf(state: State, pass: Pick<Pass, 'reservationId' | 'visitorPassId' | 'kind'>): Scan[] {
  return openUses(pass.kind, passagesOf(state, pass));
}

/** Whether anybody was let in on the reservation, however long they stayed. */
export function hasEntered(state: State, reservationId: string): boolean {
  // As a single visitor pass is counted: no exit gives an entry back.
  return openUses(1, passagesOf(state, { reservationId, visitorPassId: null })).length > 0;
}

/** All scans among those loaded of any pass of the same reservation or visit. */
export function passagesOf(
  state: State,
  { reservationId, visitorPassId }: Pick<Pass, 'reservationId' | 'visitorPassId'>,
): (Scan & { readonly at: number })[] {
  return [...state.scans.values()].flatMap((scan) => {
    const pass = scan.passId === null ? undefined : state.passes.get(scan.passId);
    const isSame = pass?.reservationId === reservationId && pass.visitorPassId === visitorPassId;
    return isSame ? [{ ...scan, at: scan.scannedAt }] : [];
  });
}
