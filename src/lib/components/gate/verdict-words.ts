import type { Direction, ScanResult } from '#shared/domain/entities';
import type { GateCheck } from '$lib/scan/gate-check';
import { letsThrough } from '$lib/scan/gate-check';
import type { SignalTone } from '$lib/scan/signals';
import type { IconName } from '$lib/components/shared/icon-paths';
import { formatDuration, type TimeFormat } from '$lib/components/time/format';
import { entryWords, provisionalWords, unreadableWords } from './entry-words';
import { exitWords } from './exit-words';

/** What a guard is told: `word` is read at arm's length, `meaning` says what is the matter, `next` what to do. */
export interface VerdictWords {
  readonly tone: SignalTone;
  readonly icon: IconName;
  readonly word: string;
  readonly meaning: string;
  readonly next: string;
}

/** Of a check, what decides about its words. */
export type WordedCheck = Pick<
  GateCheck,
  'result' | 'direction' | 'unreadable' | 'provisional' | 'kind' | 'pass' | 'earlierUses' | 'isAnswer' | 'at'
>;

/** D4: what to say about a check. Every result has words at both directions; the compiler finds one that has none. */
export function verdictWords(check: WordedCheck): VerdictWords {
  const words = wordsOf(check);
  return isWithoutEntry(check) ? { ...words, tone: 'caution', icon: 'warning' } : words;
}

function wordsOf(check: WordedCheck): VerdictWords {
  const { result, direction } = check;
  if (result === 'malformed') return unreadableWords[check.unreadable ?? 'damaged'];
  if (result === 'valid_provisional') {
    const words = provisionalWords[check.provisional ?? 'status_unverifiable'];
    return direction === 'exit' ? { ...words, ...exitWords.valid_provisional } : words;
  }
  if (result === 'already_used') {
    return direction === 'exit' ? { ...usedWords(check), ...exitWords.already_used } : usedWords(check);
  }
  if (result === 'copied' && check.isAnswer) return answerWords;
  if (direction === 'entry') return entryWords[result];
  const words = { ...entryWords[result], ...exitWords[result] };
  if (result === 'valid' && isWithoutEntry(check)) return { ...words, ...noEntryWords };
  return result === 'expired' ? { ...words, word: overstayed(check) } : words;
}

/** A good exit of a car that nobody is known to have let in. */
export function isWithoutEntry(check: Pick<GateCheck, 'result' | 'direction' | 'earlierUses'>): boolean {
  if (check.direction !== 'exit' || check.earlierUses !== 0) return false;
  return letsThrough(check) && check.result !== 'override';
}

const noEntryWords = {
  word: 'No entry known',
  meaning: 'The pass is good, but this device knows of no car that came in with it and is still here.',
  next: 'Compare person and plate with care, then let them out.',
};

/** An answer whose challenge is not outstanding, or whose signature does not hold. */
const answerWords: VerdictWords = {
  tone: 'no',
  icon: 'refused',
  word: 'Answer does not fit',
  meaning:
    'This answers another challenge than the one of this gate: an old one, a picture of one, or another phone’s.',
  next: 'Ask their phone again: each question has one answer. Otherwise they do not hold this pass.',
};

/** D4: a visitor's pass has so many entries; any other is good for one car inside. */
function usedWords({ kind, pass }: WordedCheck): VerdictWords {
  const allowed = pass?.usesAllowed ?? 1;
  const isVisitor = kind === 1 || kind === 2;
  if (!isVisitor) return entryWords.already_used;
  return {
    ...entryWords.already_used,
    word: `Used ${String(allowed)} of ${String(allowed)}`,
    meaning: `This visitor pass is good for ${allowed === 1 ? 'one entry' : 'two entries'}, and no more.`,
    next: 'They need a new visitor pass from whom they visit. If you believe them, you can let them in with a reason.',
  };
}

function overstayed({ pass, at }: WordedCheck): string {
  return pass ? `Overstayed by ${formatDuration(at - pass.window.end)}` : 'Overstayed';
}

/** The short word of a result in a list, where no more is known than the result and the direction. */
export function resultWord(result: ScanResult, direction: Direction = 'entry'): string {
  if (result === 'malformed') return 'Not readable';
  return verdictWords(listed(result, direction)).word;
}

/** The colour that a result has in a list. */
export function resultTone(result: ScanResult, direction: Direction = 'entry'): SignalTone {
  return verdictWords(listed(result, direction)).tone;
}

function listed(result: ScanResult, direction: Direction): WordedCheck {
  const unknown = { unreadable: null, provisional: null, kind: null, pass: null, earlierUses: null };
  return { result, direction, ...unknown, isAnswer: false, at: 0 };
}

/** `data from 14:02 (4 min old)`, for the end of a sentence (X7). */
export function freshnessWords(asOf: number | null, format: TimeFormat, now: number): string {
  if (asOf === null) return 'no data from the server yet';
  return `data from ${format.moment(asOf, now)} (${ageWords(asOf, now)})`;
}

/** The status list that checks go by: when it was issued (ms; null without one), and who brought it. */
export interface ListInUse {
  readonly issuedAt: number | null;
  /** `earlier`: the server, before it sent an older one. */
  readonly from: 'server' | 'guard' | 'earlier';
}

const broughtBy: Readonly<Record<ListInUse['from'], string>> = {
  server: '',
  guard: ', carried from another guard',
  earlier: ', kept from earlier: what the server sends now is older',
};

/** `Revocations as of 14:02 (4 min old), carried from another guard` (X7). */
export function revocationWords(list: ListInUse, format: TimeFormat, now: number): string {
  if (list.issuedAt === null) return 'No list of revoked passes';
  const words = `Revocations as of ${format.moment(list.issuedAt, now)} (${ageWords(list.issuedAt, now)})`;
  return words + broughtBy[list.from];
}

function ageWords(at: number, now: number): string {
  const age = Math.max(0, Math.floor((now - at) / 60_000));
  return age === 0 ? 'just now' : `${formatDuration(age * 60_000)} old`;
}
