import type { GateCheck } from '$lib/scan/gate-check';
import { formatDuration, formatList, type TimeFormat } from '$lib/components/time/format';
import { isWithoutEntry } from './verdict-words';

/** What a detail is told by. Times in ms. */
export interface DetailContext {
  readonly format: TimeFormat;
  readonly now: number;
  /** When this device last heard from the server; null never. */
  readonly asOf: number | null;
  /** Whether this device itself let in the use that is named. */
  readonly isOwnUse: boolean;
}

/** D4: when, where, by whom and known from where, as far as it matters for the result; null when there is nothing to add. */
export function verdictDetail(check: GateCheck, context: DetailContext): string | null {
  const { format, now } = context;
  const { result, pass, gate } = check;
  if (result === 'already_used') return useDetail(check, context);
  if (isWithoutEntry(check)) {
    // Where the word on the screen is another.
    const missing = result === 'valid' ? 'Not' : 'No entry known: not';
    return `${missing} on this phone, nor in the ${serverData(context)}`;
  }
  if (result === 'too_early' && pass) return `Good from ${format.moment(pass.window.start, now)}`;
  if (result === 'expired' && pass) return `Ended ${format.moment(pass.window.end, now)}`;
  if (result === 'wrong_entrance' && pass?.gates) return `${gatesInWords(pass.gates)} This is gate ${gate}.`;
  return clockDetail(check) ?? entriesLeft(check);
}

function useDetail({ lastUse, kind }: GateCheck, context: DetailContext): string | null {
  if (!lastUse) return null;
  const isVisitor = kind === 1 || kind === 2;
  const when = context.format.moment(lastUse.at, context.now);
  const from = context.isOwnUse ? 'this phone' : serverData(context);
  const by = lastUse.by || 'a guard';
  return `${isVisitor ? 'Last used' : 'Came in'} ${when} at gate ${lastUse.gate} by ${by} (known from ${from})`;
}

function serverData({ asOf, format, now }: DetailContext): string {
  return asOf === null ? 'server data, which never came' : `server data of ${format.moment(asOf, now)}`;
}

function clockDetail({ clockDifference }: GateCheck): string | null {
  if (clockDifference === null) return null;
  const apart = formatDuration(Math.abs(clockDifference) * 1000);
  return `Their clock is ${apart} ${clockDifference < 0 ? 'behind' : 'ahead'}`;
}

/** Of a double visitor pass that has just let somebody in. */
function entriesLeft({ result, direction, kind, pass, earlierUses }: GateCheck): string | null {
  if (direction !== 'entry' || kind !== 2 || !pass || earlierUses === null) return null;
  if (result !== 'valid' && result !== 'valid_provisional') return null;
  return earlierUses + 1 < pass.usesAllowed ? '1 entry left' : 'The last of 2 entries';
}

function gatesInWords(gates: readonly number[]): string {
  if (gates.length === 0) return 'It opens no gate that this app knows.';
  return `It opens ${gates.length === 1 ? 'gate' : 'gates'} ${formatList(gates.map(String))}.`;
}

/** Whether one of this device's own decisions is the use that `check` names. */
export function isOwnUse(
  { passId, lastUse }: Pick<GateCheck, 'passId' | 'lastUse'>,
  own: readonly { readonly passId: string | null; readonly scannedAt: number; readonly gate: number }[],
): boolean {
  if (!lastUse) return false;
  return own.some((decision) => {
    // Uses are told in whole seconds.
    const isThen = Math.floor(decision.scannedAt / 1000) === Math.floor(lastUse.at / 1000);
    return isThen && decision.passId === passId && decision.gate === lastUse.gate;
  });
}
