import type { Row } from '#shared/protocol/rows';
import { usesAllowed } from '#shared/domain/pass-uses';
import type { PassHistory, PassUse } from '#shared/pass/pass-verdict';
import { earlierUse } from './check-code';
import type { GateCheck, PendingCheck, ProvisionalReason } from './gate-check';

/** What a typed code is held against. `now` in ms; `stale` when the device's status data are past their time. */
export interface TypedCodeContext {
  passes: readonly Row<'gate_pass'>[];
  gate: number;
  now: number;
  /** Null when the device's data are current, else why they are not. */
  dataProblem: Exclude<ProvisionalReason, 'typed'> | null;
}

/**
 * D4: decides about a typed code by the gate's list, in the order that pass-format.md gives for a scanned one. Gates are
 * not in the list, so that step is left out; a pass bound to a device cannot prove itself by a code and is provisional.
 */
export function checkTypedCode(code: string, context: TypedCodeContext): PendingCheck {
  const pass = context.passes.find((candidate) => candidate.code === code);
  const check = described(code, pass, context);
  return { check, settle: (history) => settled(check, history) };
}

function described(
  code: string,
  pass: Row<'gate_pass'> | undefined,
  { gate, now, dataProblem }: TypedCodeContext,
): GateCheck {
  const result = pass ? resultOf(pass, now, dataProblem) : 'not_found';
  return {
    result,
    source: 'typed',
    at: now,
    gate,
    code,
    passId: pass?.id ?? null,
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
    clockDifference: null,
    provisional: result === 'valid_provisional' ? (pass?.bound ? 'typed' : dataProblem) : null,
  };
}

function resultOf(
  pass: Row<'gate_pass'>,
  now: number,
  dataProblem: TypedCodeContext['dataProblem'],
): GateCheck['result'] {
  if (now < pass.notBefore) return 'too_early';
  if (now >= pass.expiresAt) return 'expired';
  if (pass.status !== 'valid') return pass.status;
  return pass.bound || dataProblem !== null ? 'valid_provisional' : 'valid';
}

function settled(check: GateCheck, { uses }: PassHistory): GateCheck {
  if (check.result !== 'valid' && check.result !== 'valid_provisional') return check;
  if (!check.pass || uses.length < check.pass.usesAllowed) return check;
  return { ...check, result: 'already_used', provisional: null, lastUse: earlierUse(latest(uses)) };
}

function latest(uses: readonly PassUse[]): PassUse {
  return uses.reduce((last, use) => (use.at > last.at ? use : last));
}
