import type { PassClaims } from './pass-payload';
import type { StatusReading } from './status-list';

/** A pass whose issuer's signature holds. */
export interface VerifiedPass {
  claims: PassClaims;
  /** The site of the key that signed it. */
  site: string;
  /** The holder's proof as it was shown, whether or not it convinced; null for a static code. */
  proof: { t: number; ctr: number; answersChallenge: boolean } | null;
}

/** One use that counts against a pass. */
export interface PassUse {
  /** When, in seconds since 1970. */
  at: number;
  /** Where: number of the gate. */
  gate: number;
  /** By whom: the guard. */
  by: string;
}

/** What a guard's device remembers or was told about one pass. */
export interface PassHistory {
  /** The highest counter seen for this pass, null when none was. */
  highestCtr: number | null;
  uses: readonly PassUse[];
}

/** What a guard's device decides about what it read: one row of the table in `pass-format.md`, with what a screen wants to say. */
export type PassVerdict =
  | { result: 'malformed'; detail: string }
  | { result: 'unknown_key'; keyId: string }
  | { result: 'forged' }
  | { result: 'wrong_site' | 'wrong_entrance' | 'too_early' | 'expired'; pass: VerifiedPass }
  | { result: 'revoked' | 'suspended' | 'static_copy' | 'copied'; pass: VerifiedPass; status: StatusReading }
  | {
      result: 'clock_differs' | 'replay_or_clock';
      pass: VerifiedPass;
      status: StatusReading;
      /** Holder's clock minus guard's, in seconds. */
      clockDifference: number;
    }
  | ({ pass: VerifiedPass; status: StatusReading } & UseRefusal)
  | { result: 'valid' | 'valid_provisional'; pass: VerifiedPass; status: StatusReading };

/** Why a pass that is otherwise good must not be used now. */
export type UseRefusal =
  | { result: 'replay' | 'clone_suspect'; highestCtr: number }
  | { result: 'already_used'; lastUse: PassUse; uses: readonly PassUse[] };

export type PassResult = PassVerdict['result'];
