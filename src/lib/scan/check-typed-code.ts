import type { Row } from '#shared/protocol/rows';
import type { Direction } from '#shared/domain/entities';
import { usesAllowed } from '#shared/domain/pass-uses';
import type { PassHistory, PassUse } from '#shared/pass/pass-verdict';
import { earlierUse } from './check-code';
import { withHistory, type GateCheck, type PendingCheck, type ProvisionalReason } from './gate-check';

/** What a typed code is held against. `now` in ms; `dataProblem` when the device's status data are not to be relied on. */
export interface TypedCodeContext {
  gate: number;
  direction: Direction;
  now: number;
  /** Null when the device's data are current, else why they are not. */
  dataProblem: Exclude<ProvisionalReason, 'typed' | 'found'> | null;
}

/**
 * D4: decides about a typed code by the gate's list, in the order that pass-format.md gives for a scanned one. Gates are
 * not in the list, so that step is left out; a pass bound to a device cannot prove itself by a code and is provisional.
 */
export function checkTypedCode(
  code: string,
  pass: Row<'gate_pass'> | undefined,
  context: TypedCodeContext,
): PendingCheck {
  const typedReason = pass?.bound ? 'typed' : context.dataProblem;
  return pending({ code, source: 'typed', pass, reason: typedReason }, context);
}

/** D4: decides about a pass that the guard found by plate, name or slot. Nothing was shown, so it is provisional at best. */
export function checkListedPass(pass: Row<'gate_pass'>, context: TypedCodeContext): PendingCheck {
  return pending({ code: '', source: 'list', pass, reason: 'found' }, context);
}

interface Entered {
  readonly code: string;
  readonly source: 'typed' | 'list';
  readonly pass: Row<'gate_pass'> | undefined;
  /** Why it would be provisional; null for plainly valid. */
  readonly reason: ProvisionalReason | null;
}

function pending(entered: Entered, context: TypedCodeContext): PendingCheck {
  const check = described(entered, context);
  return { check, settle: (history) => settled(check, history) };
}

function described({ code, source, pass, reason }: Entered, context: TypedCodeContext): GateCheck {
  const { gate, direction, now } = context;
  const result = pass ? resultOf(pass, reason, now) : 'not_found';
  return {
    result,
    source,
    direction,
    at: now,
    gate,
    code,
    passId: pass?.id ?? null,
    kind: pass?.kind ?? null,
    pass: pass
      ? {
          slot: pass.slotLabel,
          plate: pass.plate,
          window: { start: pass.notBefore, end: pass.expiresAt },
          usesAllowed: usesAllowed(pass.kind),
          gates: null,
        }
      : null,
    counter: null,
    unreadable: null,
    lastUse: null,
    earlierUses: null,
    clockDifference: null,
    skew: null,
    isAnswer: false,
    provisional: result === 'valid_provisional' ? reason : null,
  };
}

function resultOf(
  pass: Row<'gate_pass'>,
  reason: ProvisionalReason | null,
  now: number,
): GateCheck['result'] {
  if (now < pass.notBefore) return 'too_early';
  if (now >= pass.expiresAt) return 'expired';
  if (pass.status !== 'valid') return pass.status;
  return reason === null ? 'valid' : 'valid_provisional';
}

function settled(first: GateCheck, history: PassHistory): GateCheck {
  const check = withHistory(first, history);
  const { uses } = history;
  if (check.direction === 'exit') return check;
  if (check.result !== 'valid' && check.result !== 'valid_provisional') return check;
  if (!check.pass || uses.length < check.pass.usesAllowed) return check;
  return { ...check, result: 'already_used', provisional: null, lastUse: earlierUse(latest(uses)) };
}

function latest(uses: readonly PassUse[]): PassUse {
  return uses.reduce((last, use) => (use.at > last.at ? use : last));
}
