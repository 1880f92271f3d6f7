import { openUses, usesAllowed } from '#shared/domain/pass-uses';
import type { PassHistory } from '#shared/pass/pass-verdict';
import { parsePassCode } from '#shared/pass/pass-code';
import type { Row } from '#shared/protocol/rows';
import type { LocalDecision } from '$lib/state/views';
import { earlierUse, shownPass } from '$lib/scan/check-code';
import type { GateCheck, ProvisionalReason, ShownPass } from '$lib/scan/gate-check';

/** How young (ms) a decision is that a guard may not have seen, because the tab died at that moment. */
export const RECALLED_WITHIN = 60_000;

/** Only the latest decision is ever asked about; other tabs' may come in between. */
const REMEMBERED = 50;
const shown = new Set<string>();

/** The decisions that this page has shown, whichever desk did: of the others a guard may know nothing. The last 50. */
export const shownHere: ReadonlySet<string> = shown;

/** Notes that somebody can see this decision on the page's screen. */
export function noteShown(scanId: string): void {
  shown.delete(scanId);
  shown.add(scanId);
  for (const oldest of shown) {
    if (shown.size <= REMEMBERED) break;
    shown.delete(oldest);
  }
}

/**
 * D4: the device's latest decision when it is younger than a minute at `now` (ms), unless it is one of `seen`. `decisions`
 * newest first.
 */
export function decisionToRecall(
  decisions: readonly LocalDecision[],
  seen: ReadonlySet<string>,
  now: number,
): LocalDecision | null {
  const latest = decisions[0];
  if (!latest || seen.has(latest.scanId)) return null;
  return Math.abs(now - latest.scannedAt) < RECALLED_WITHIN ? latest : null;
}

/**
 * The check of a decision that was stored, as far as the record tells: of one that the camera made it does not say why it
 * was provisional. `listed`: the gate's row of its pass. `history` as of now, with the decision in it.
 */
export function recalledCheck(
  decision: LocalDecision,
  listed: Row<'gate_pass'> | undefined,
  history: PassHistory,
): GateCheck {
  const { result, direction, scannedAt, gate, code, passId, ctr } = decision;
  const parsed = parsePassCode(code);
  const last = result === 'already_used' ? history.uses.at(-1) : undefined;
  const source = sourceOf(decision, parsed.ok);
  return {
    result,
    source,
    direction,
    at: scannedAt,
    gate,
    code,
    passId,
    kind: decision.kind ?? listed?.kind ?? null,
    pass: parsed.ok ? shownPass(parsed.value.claims) : listed ? listedPass(listed) : null,
    counter: ctr,
    unreadable: result !== 'malformed' ? null : code === '' ? 'foreign' : 'damaged',
    lastUse: last ? earlierUse(last) : null,
    earlierUses: null,
    clockDifference: null,
    skew: null,
    isAnswer: parsed.ok && parsed.value.proof?.nonce != null,
    provisional: result === 'valid_provisional' ? provisionalOf(source, listed) : null,
  };
}

/**
 * The uses of the decision's pass that were open before it, as far as is known here; null for no pass. `own`: this device's
 * decisions; `pulled`: the scans of all guards.
 */
export function usesBefore(
  { scanId, passId, kind, scannedAt }: LocalDecision,
  listed: Row<'gate_pass'> | undefined,
  { own, pulled }: { own: readonly LocalDecision[]; pulled: readonly Row<'scan'>[] },
): number | null {
  if (passId === null) return null;
  const ownIds = new Set(own.map((decided) => decided.scanId));
  const passages = [
    ...own.map((decided) => ({ ...decided, id: decided.scanId })),
    ...pulled.filter(({ id }) => !ownIds.has(id)),
  ]
    .filter((scan) => scan.passId === passId && scan.id !== scanId && scan.scannedAt <= scannedAt)
    .map((scan) => ({ ...scan, at: scan.scannedAt }));
  return openUses(kind ?? listed?.kind ?? 0, passages).length;
}

/** As check-typed-code decides it; what was read by camera, or lacked data at that time, does not tell any more. */
function provisionalOf(
  source: GateCheck['source'],
  listed: Row<'gate_pass'> | undefined,
): ProvisionalReason | null {
  if (source === 'list') return 'found';
  return source === 'typed' && listed?.bound !== false ? 'typed' : null;
}

function sourceOf({ code, passId }: LocalDecision, isPassCode: boolean): GateCheck['source'] {
  if (isPassCode || code.startsWith('UC1')) return 'camera';
  if (code !== '') return 'typed';
  return passId === null ? 'camera' : 'list';
}

function listedPass(row: Row<'gate_pass'>): ShownPass {
  return {
    slot: row.slotLabel,
    plate: row.plate,
    window: { start: row.notBefore, end: row.expiresAt },
    usesAllowed: usesAllowed(row.kind),
    gates: null,
  };
}
