import type { ScanResult } from '#shared/domain/entities';
import type { GateCheck, ProvisionalReason, UnreadableKind } from '$lib/scan/gate-check';
import type { SignalTone } from '$lib/scan/signals';
import type { IconName } from '$lib/components/shared/icon-paths';
import { formatDuration, formatList, type TimeFormat } from '$lib/components/time/format';

/** What a guard is told: `word` is read at arm's length, `meaning` says what is the matter, `next` what to do. */
export interface VerdictWords {
  readonly tone: SignalTone;
  readonly icon: IconName;
  readonly word: string;
  readonly meaning: string;
  readonly next: string;
}

const no = { tone: 'no', icon: 'refused' } as const;
const caution = { tone: 'caution', icon: 'warning' } as const;

/** D3, D4: the words of every result; the compiler finds one that has none. */
const resultWords: Record<Exclude<ScanResult, 'malformed' | 'valid_provisional'>, VerdictWords> = {
  valid: {
    tone: 'yes',
    icon: 'confirmed',
    word: 'Valid',
    meaning: 'The pass is good for now and this gate.',
    next: 'Compare person and plate, then let them in.',
  },
  override: {
    ...caution,
    word: 'Let in by you',
    meaning: 'You decided against the check. It is recorded with your reason.',
    next: 'Let them in.',
  },
  unknown_key: {
    ...caution,
    word: 'Key not known',
    meaning:
      'This device does not have the key that signed this pass. It may be new, or not from this building.',
    next: 'Get signal so that the device can fetch keys, then scan again. Or type the code under the QR.',
  },
  forged: {
    ...no,
    word: 'Forged',
    meaning: 'The signature does not fit: somebody made or altered this pass.',
    next: 'Do not let them in. Tell the manager.',
  },
  wrong_site: {
    ...no,
    word: 'Wrong building',
    meaning: 'A real pass, but for another building.',
    next: 'Send them to the right building.',
  },
  wrong_entrance: {
    ...no,
    word: 'Wrong gate',
    meaning: 'A real pass, but not for this gate.',
    next: 'Send them to a gate that the pass opens.',
  },
  too_early: {
    ...no,
    word: 'Too early',
    meaning: 'The pass is not good yet.',
    next: 'Ask them to come back when it is, or to change the reservation.',
  },
  expired: {
    ...no,
    word: 'Too late',
    meaning: 'The time of this pass is over.',
    next: 'They need a new reservation.',
  },
  revoked: {
    ...no,
    word: 'Revoked',
    meaning: 'The reservation was cancelled, or the pass was moved to another device.',
    next: 'Ask for the pass on the device it was moved to. Otherwise they need a new reservation.',
  },
  suspended: {
    ...no,
    word: 'Suspended',
    meaning: 'The manager has put this pass on hold.',
    next: 'Do not let them in. Ask the manager.',
  },
  static_copy: {
    ...no,
    word: 'Copy of a pass',
    meaning: 'A picture, print or download of a pass that lives on a phone.',
    next: 'Ask them to open the pass itself in the app, and scan that.',
  },
  copied: {
    ...no,
    word: 'Copied',
    meaning: 'This was not shown by the device that holds the pass.',
    next: 'Ask for the device that made the reservation. Do not let them in on this one.',
  },
  clock_differs: {
    ...caution,
    word: 'Clock differs',
    meaning: 'Their phone’s clock and this one do not agree, or it is a screenshot a minute or two old.',
    next: 'Ask them to close and open the pass, with the phone’s time set to automatic. Then scan again.',
  },
  replay_or_clock: {
    ...no,
    word: 'Old screenshot',
    meaning: 'This code was made at another time: it is a screenshot, or their phone’s clock is far off.',
    next: 'Ask them to open the pass itself in the app, with the phone’s time set to automatic.',
  },
  replay: {
    ...no,
    word: 'Shown before',
    meaning: 'This very code was already read here: a screenshot of it, or the same screen again.',
    next: 'Ask them to open the pass itself in the app. Its code changes every 20 seconds.',
  },
  clone_suspect: {
    ...no,
    word: 'Older than seen',
    meaning:
      'A newer code of this pass was read before: this one is a recording, or a second device has the pass.',
    next: 'Ask them to open the pass itself in the app. If it happens again, tell the manager.',
  },
  already_used: {
    ...no,
    word: 'Already used',
    meaning: 'This pass has let somebody in before.',
    next: 'Ask whether they have just come in. If you believe them, you can let them in with a reason.',
  },
  not_found: {
    ...no,
    word: 'Not found',
    meaning: 'No pass on this device has that code.',
    next: 'Check the code letter by letter. A pass made since the last update is not on this device yet.',
  },
};

/** What `malformed` was, as far as a look at it can tell. */
const unreadableWords: Record<UnreadableKind, VerdictWords> = {
  foreign: {
    ...no,
    word: 'Not one of our codes',
    meaning: 'This is a QR code, but no pass of ours.',
    next: 'Ask them to open their pass in the app, or type its code.',
  },
  challenge: {
    ...no,
    word: 'A guard’s code',
    meaning: 'This is a gate’s own code, not a pass.',
    next: 'Scan the resident’s pass instead.',
  },
  damaged: {
    ...no,
    word: 'Damaged code',
    meaning: 'It begins like one of our passes, but the rest is torn, cut off or altered.',
    next: 'Ask them to open the pass again, or type its code.',
  },
};

const provisional = { ...caution, word: 'Valid, not fully checked' };
const stillLetIn = 'Compare person and plate with care, then let them in.';

/** Why a good pass is amber. */
const provisionalWords: Record<ProvisionalReason, VerdictWords> = {
  status_missing: {
    ...provisional,
    meaning: 'Signature and time are right, but this device has no list of revoked passes.',
    next: stillLetIn,
  },
  status_unverifiable: {
    ...provisional,
    meaning: 'Signature and time are right, but this device’s list of revoked passes cannot be trusted.',
    next: stillLetIn,
  },
  status_too_short: {
    ...provisional,
    meaning: 'Signature and time are right, but the pass is newer than this device’s list of revoked passes.',
    next: stillLetIn,
  },
  status_stale: {
    ...provisional,
    meaning: 'Signature and time are right, but this device’s list of revoked passes is out of date.',
    next: stillLetIn,
  },
  status_unknown_value: {
    ...provisional,
    meaning: 'Signature and time are right, but its status is one that this version does not know.',
    next: 'Compare person and plate with care. Update the app when there is signal.',
  },
  typed: {
    ...provisional,
    word: 'Code is good',
    meaning: 'A typed code cannot prove who holds the pass.',
    next: 'Typed code: compare person and plate, then let them in.',
  },
};

/** What to say about a check. */
export function verdictWords(check: Pick<GateCheck, 'result' | 'unreadable' | 'provisional'>): VerdictWords {
  if (check.result === 'malformed') return unreadableWords[check.unreadable ?? 'damaged'];
  if (check.result === 'valid_provisional')
    return provisionalWords[check.provisional ?? 'status_unverifiable'];
  return resultWords[check.result];
}

/** The short word of a result in a list, where no more is known than the result. */
export function resultWord(result: ScanResult): string {
  if (result === 'malformed') return 'Not readable';
  return result === 'valid_provisional' ? provisional.word : resultWords[result].word;
}

/** The colour that a result has in a list. */
export function resultTone(result: ScanResult): SignalTone {
  return verdictWords({ result, unreadable: null, provisional: null }).tone;
}

/** When, where and by whom, as far as it matters for the result; null when there is nothing to add. Site time. */
export function verdictDetail(check: GateCheck, format: TimeFormat, now: number): string | null {
  const { result, pass, lastUse, clockDifference, gate } = check;
  if (result === 'already_used' && lastUse) {
    return `Used ${format.moment(lastUse.at, now)} at gate ${lastUse.gate} by ${lastUse.by || 'a guard'}`;
  }
  if (result === 'too_early' && pass) return `Good from ${format.moment(pass.window.start, now)}`;
  if (result === 'expired' && pass) return `Ended ${format.moment(pass.window.end, now)}`;
  if (result === 'wrong_entrance' && pass?.gates) return `${gatesInWords(pass.gates)} This is gate ${gate}.`;
  if (clockDifference !== null) {
    const apart = formatDuration(Math.abs(clockDifference) * 1000);
    return `Their clock is ${apart} ${clockDifference < 0 ? 'behind' : 'ahead'}`;
  }
  return null;
}

function gatesInWords(gates: readonly number[]): string {
  if (gates.length === 0) return 'It opens no gate that this app knows.';
  return `It opens ${gates.length === 1 ? 'gate' : 'gates'} ${formatList(gates.map(String))}.`;
}

/** `data from 14:02 (4 min old)`, for the end of a sentence (X7). */
export function freshnessWords(asOf: number | null, format: TimeFormat, now: number): string {
  if (asOf === null) return 'no data from the server yet';
  const age = Math.max(0, Math.floor((now - asOf) / 60_000));
  const old = age === 0 ? 'just now' : `${formatDuration(age * 60_000)} old`;
  return `data from ${format.moment(asOf, now)} (${old})`;
}
