import type { Direction, PassStatus } from '#shared/domain/entities';
import { usesAllowed } from '#shared/domain/pass-uses';
import type { PassClaims, PassKind } from '#shared/pass/pass-payload';
import type { PassHistory, PassUse, PassVerdict, UseRefusal, VerifiedPass } from '#shared/pass/pass-verdict';
import type { StatusReading } from '#shared/pass/status-list';
import { refuseUse, verifyPass, type GuardContext } from '#shared/pass/verify-pass';
import type { SubtleVerify } from '#shared/pass/web-crypto';
import {
  withHistory,
  type EarlierUse,
  type GateCheck,
  type PendingCheck,
  type ProvisionalReason,
  type ShownPass,
  type UnreadableKind,
} from './gate-check';

const SECOND = 1000;
/** The longest code an intent carries (protocol/ops). */
const LONGEST_RECORDED_CODE = 2000;
/** Gates have the numbers 0 to 30 (protocol/ops). */
const HIGHEST_GATE = 30;

const provisionalReasons = {
  missing: 'status_missing',
  unverifiable: 'status_unverifiable',
  other_site: 'status_unverifiable',
  too_short: 'status_too_short',
} as const satisfies Record<Extract<StatusReading, { known: false }>['why'], ProvisionalReason>;

/** What the guard's device knows; `now` in ms, by the device's clock as corrected by the server. */
export type CheckContext = Omit<GuardContext, 'now'> & {
  now: number;
  direction: Direction;
  /** What the gate's rows say of a pass; null for one that they do not know. */
  listed: (passId: string) => PassStatus | null;
};

/**
 * D3, X1: decides about what the camera read, in the order of pass-format.md. Never throws on account of `text`. The result
 * is not stored yet: store what `settle` gives, and show that.
 */
export async function checkCode(
  subtle: SubtleVerify,
  text: string,
  context: CheckContext,
): Promise<PendingCheck> {
  const now = Math.floor(context.now / SECOND);
  const judged = async (passId: string, kind: PassKind): Promise<PassHistory> =>
    thatMatters(await context.history(passId, kind), context.direction);
  const verified = await verifyPass(subtle, text, { ...context, now, history: judged });
  const verdict = asListed(verified, context.listed);
  const check = described(verdict, text, context);
  return { check, settle: (history) => settled(verdict, check, history) };
}

/**
 * Step 6 by the gate's rows too: they come a moment before the list that is signed after a revocation, and a row that says
 * revoked is believed. One that says valid proves nothing.
 */
function asListed(verdict: PassVerdict, listed: CheckContext['listed']): PassVerdict {
  if (!('status' in verdict)) return verdict;
  const { pass, status } = verdict;
  const known = listed(pass.claims.passId);
  return known === 'revoked' || known === 'suspended' ? { result: known, pass, status } : verdict;
}

/** Uses are counted where cars come in. Whoever leaves may show a used pass; a copy is a copy there too. */
function thatMatters(history: PassHistory, direction: Direction): PassHistory {
  return direction === 'exit' ? { ...history, uses: [] } : history;
}

/** A verdict that was good may be a second use by the time it is stored; any other stays. */
function settled(verdict: PassVerdict, first: GateCheck, history: PassHistory): GateCheck {
  const check = withHistory(first, history);
  if (verdict.result !== 'valid' && verdict.result !== 'valid_provisional') return check;
  const refusal = refuseUse(verdict.pass, thatMatters(history, check.direction));
  return refusal
    ? { ...check, result: refusal.result, provisional: null, lastUse: lastUseOf(refusal), skew: null }
    : check;
}

function described(verdict: PassVerdict, text: string, { now, gate, direction }: CheckContext): GateCheck {
  const verified = 'pass' in verdict ? verdict.pass : null;
  const unreadable = verdict.result === 'malformed' ? unreadableKind(text) : null;
  return {
    result: verdict.result,
    source: 'camera',
    direction,
    at: now,
    gate,
    code: unreadable === 'foreign' ? '' : text.slice(0, LONGEST_RECORDED_CODE),
    passId: verified?.claims.passId ?? null,
    kind: verified?.claims.kind ?? null,
    pass: verified && shownPass(verified.claims),
    counter: provenCounter(verdict, verified),
    unreadable,
    lastUse: 'lastUse' in verdict ? lastUseOf(verdict) : null,
    earlierUses: null,
    clockDifference: 'clockDifference' in verdict ? verdict.clockDifference : null,
    skew: skewOf(verdict, verified, now),
    isAnswer: verified?.proof?.answersChallenge ?? false,
    provisional: verdict.result === 'valid_provisional' ? provisionalReason(verdict.status) : null,
  };
}

/** Only from step 7's clock on does the holder's signature hold; before, anybody could write any counter. */
function provenCounter(verdict: PassVerdict, verified: VerifiedPass | null): number | null {
  switch (verdict.result) {
    case 'clock_differs':
    case 'replay_or_clock':
    case 'replay':
    case 'clone_suspect':
    case 'already_used':
    case 'valid':
    case 'valid_provisional':
      return verified?.proof?.ctr ?? null;
    default:
      return null;
  }
}

/** Known copies aside: how far the holder's clock is from this one. A code is up to 20 s old when it is read. */
function skewOf(verdict: PassVerdict, verified: VerifiedPass | null, now: number): number | null {
  if (verdict.result === 'replay' || verdict.result === 'clone_suspect') return null;
  if (provenCounter(verdict, verified) === null || !verified?.proof) return null;
  return verified.proof.t - Math.floor(now / SECOND);
}

function unreadableKind(text: string): UnreadableKind {
  if (text.startsWith('UC1:')) return 'damaged';
  return text.startsWith('UC1C:') ? 'challenge' : 'foreign';
}

function provisionalReason(status: StatusReading): ProvisionalReason {
  if (!status.known) return provisionalReasons[status.why];
  return status.stale ? 'status_stale' : 'status_unknown_value';
}

/** What the claims of a pass say, in a screen's units. */
export function shownPass(claims: PassClaims): ShownPass {
  return {
    slot: claims.slot,
    plate: claims.plate,
    window: { start: claims.nbf * SECOND, end: claims.exp * SECOND },
    usesAllowed: usesAllowed(claims.kind),
    gates: BigInt(claims.gates) === 0n ? null : gatesOf(BigInt(claims.gates)),
  };
}

function gatesOf(mask: bigint): number[] {
  return Array.from({ length: HIGHEST_GATE + 1 }, (_, gate) => gate).filter(
    (gate) => ((mask >> BigInt(gate)) & 1n) === 1n,
  );
}

function lastUseOf(refusal: UseRefusal): EarlierUse | null {
  return refusal.result === 'already_used' ? earlierUse(refusal.lastUse) : null;
}

/** A pass format's use (seconds) as a screen's (ms). */
export function earlierUse({ at, gate, by }: PassUse): EarlierUse {
  return { at: at * SECOND, gate, by };
}
