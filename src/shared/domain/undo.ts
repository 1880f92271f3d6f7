import type { Direction, ScanResult } from './entities';

/** How long after a decision a guard may take it back, by the guard's device, in ms; with what a slow thumb needs. */
export const UNDO_WITHIN = 15_000;

/** Of a scan, what tells whether it may take another back, or be taken back. */
export interface Undoable {
  readonly id: string;
  /** When it was, by the guard's device's clock: ms since 1970. */
  readonly at: number;
  readonly passId: string | null;
  readonly gate: number;
  readonly direction: Direction;
  readonly result: ScanResult;
  readonly undoes: string | null;
  /** Left out where it is not known: a device has the guards' names only. */
  readonly guardId?: string;
}

/**
 * D4: whether `undo` takes `scan` back: a decision of the same guard on the same pass, gate and direction, made within
 * `[0, UNDO_WITHIN]` ms before. One rule for recording and for counting, so that the order of uploads changes nothing.
 */
export function takesBack(undo: Undoable, scan: Undoable): boolean {
  const after = undo.at - scan.at;
  return (
    undo.result === 'undone' &&
    undo.undoes === scan.id &&
    undo.passId === scan.passId &&
    undo.gate === scan.gate &&
    undo.direction === scan.direction &&
    (undo.guardId === undefined || scan.guardId === undefined || undo.guardId === scan.guardId) &&
    after >= 0 &&
    after <= UNDO_WITHIN
  );
}

/** The scans that none of the others takes back, in the order given. */
export function standingOf<S extends Undoable>(scans: readonly S[]): S[] {
  const undos = scans.filter(({ undoes }) => undoes !== null);
  const named = new Map(undos.map(({ undoes }) => [undoes, undos.filter((undo) => undo.undoes === undoes)]));
  return scans.filter((scan) => !named.get(scan.id)?.some((undo) => takesBack(undo, scan)));
}
