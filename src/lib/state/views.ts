import type {
  Direction,
  Pass,
  ReservationState,
  ScanResult,
  SlotKind,
  SlotPosition,
} from '#shared/domain/entities';
import type { Op } from '#shared/domain/intent';
import type { TimeRange } from '#shared/domain/time-range';
import type { Alternative } from '#shared/protocol/push';
import type { StorageProblem } from '$lib/client-db/connection-lost';

/**
 * K3: how far a wish has come. The same words stand on every screen. `certain` (X3): not sent yet, but booked on a lease
 * that the server has given, so that no refusal can come.
 */
export type Mark = 'waiting' | 'certain' | 'confirmed' | 'refused';

/** Why not, and what instead. `code` is an ErrorCode, or one of a newer server. */
export interface Refusal {
  readonly code: string;
  readonly sentence: string;
  readonly next: string;
  readonly alternatives: readonly Alternative[];
}

/** A reservation of the signed-in member, as predicted. */
export interface ReservationView extends TimeRange {
  readonly id: string;
  readonly slotId: string;
  readonly slotLabel: string;
  readonly level: string;
  /** Who receives the cost; null: the building. */
  readonly receiverName: string | null;
  /** `cancelled` for one that was refused; `held` for a lease that is not booked (yet). */
  readonly state: ReservationState;
  /** X3: whether its pass can be shown here: bound to this device's key, or to none. */
  readonly passHere: boolean;
  /** While a change waits: the window that the server has, which holds until it has decided; else null. */
  readonly agreed: TimeRange | null;
  /** X3: false for a lease that is not booked, also while it is being given back. */
  readonly booked: boolean;
  readonly cost: number;
  /** Credits paid beside the cost, for not coming. */
  readonly charge: number;
  readonly mark: Mark;
  readonly refusal: Refusal | null;
  /** Of the wish that made it, while that is in the outbox: what `app.outbox.dismiss` takes. */
  readonly seq: number | null;
  /** Whether a wish to cancel it has not been decided yet. */
  readonly cancelWaiting: boolean;
  /** Whether a wish to change its window or slot has not been decided yet; what is shown is as wished. */
  readonly changeWaiting: boolean;
}

export interface SlotView {
  readonly id: string;
  readonly label: string;
  readonly level: string;
  readonly kind: SlotKind;
  readonly ownerId: string | null;
  readonly ownerName: string | null;
  readonly mine: boolean;
  /** Predicted, normalized. */
  readonly lent: readonly TimeRange[];
  /** Predicted occupancy, by start. */
  readonly busy: readonly TimeRange[];
  /** C4: predicted; null where the map finds a place by itself. */
  readonly position: SlotPosition | null;
  /** Whether an undecided change of what is lent touches it. */
  readonly lendWaiting: boolean;
}

/** A wish that is not confirmed yet, or refused and not dismissed. */
export interface OutboxView {
  readonly seq: number;
  readonly id: string;
  readonly op: Op;
  readonly args: Readonly<Record<string, unknown>>;
  /** When it was made, by the estimate of the server's clock. */
  readonly createdAt: number;
  readonly mark: Mark;
  /** Whether it still waits, and too late for the server to do it when it hears of it first from now on. */
  readonly late: boolean;
  readonly refusal: Refusal | null;
}

/** `storage_failed`: the device's storage could not be opened; `app.start()` tries again. */
/** `revoked`: another device of the member has taken this one away (B5); what it held is wiped. */
export type Phase = 'loading' | 'signed_out' | 'signed_in' | 'evicted' | 'revoked' | 'storage_failed';

export interface StorageView {
  /** What the browser says about keeping the storage; null while it has not been asked or cannot tell. */
  readonly persisted: boolean | null;
  /** A write failed because the device is full: a wish, a sign-in, or what a sync pass has fetched. */
  readonly quotaProblem: boolean;
  /** In the phase `storage_failed`: the error code that says why. */
  readonly failure: StorageProblem | null;
}

/** What a guard's device decided about one reading, as the gate screen hands it over. */
export interface GateDecision {
  /** UUIDv7, made by the device (`newScanId`). */
  readonly scanId: string;
  /** The `cti` as a UUID; null when the reading had none. */
  readonly passId: string | null;
  /** Of the pass, when it was readable: tells how often it may be used. */
  readonly kind: Pass['kind'] | null;
  readonly gate: number;
  readonly direction: Direction;
  /** Milliseconds since 1970 by the guard's clock, as corrected by the server. */
  readonly scannedAt: number;
  readonly result: ScanResult;
  /** Why the guard overrode the result; empty otherwise. */
  readonly reason: string;
  /** What the camera read or the guard typed. */
  readonly code: string;
  /** The own decision of a moment ago that this one takes back (result `undone`); null otherwise. */
  readonly undoes: string | null;
  /** The counter of a holder's proof whose signature held; null without one. */
  readonly ctr: number | null;
}

/** A decision as it is kept on the device. */
export interface LocalDecision extends GateDecision {
  /** Whether it let somebody in and so uses up the pass. */
  readonly counts: boolean;
  readonly guardName: string;
  /** Whether the server may not have its scan yet. A pulled scan of it has `scanId` as its id. */
  readonly unsent: boolean;
}
