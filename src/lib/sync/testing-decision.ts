import type { Decided, Recorder } from './gate-decisions';
import { nextId } from './testing-device';

/** A decision of a guard's device at `scannedAt`: an entry that is let in, without a known pass, unless the fields say otherwise. */
export function decided(scannedAt: number, fields: Partial<Decided> = {}): Decided {
  return {
    ...{ scanId: nextId(), passId: null, kind: null, gate: 1, direction: 'entry', scannedAt },
    ...{ result: 'valid', reason: '', code: 'UC1:X', undoes: null, ctr: null },
    ...fields,
  };
}

/** Who stores decisions, with real WebCrypto. `now` by the device's own clock. */
export function recorderAt(now: number, fields: Partial<Recorder> = {}): Recorder {
  return { guardName: 'Petra', newId: nextId, now, subtle: crypto.subtle, ...fields };
}
