import type { GateCheck } from '$lib/scan/gate-check';
import type { ClockDoubt } from '$lib/scan/guard-clock';
import { formatDuration } from '$lib/components/time/format';
import { verdictWords, type VerdictWords, type WordedCheck } from './verdict-words';

/** What a guard is told about the clock of his own device. */
export interface ClockWords {
  readonly title: string;
  readonly next: string;
}

const next =
  'Sync to set it right. Until then ask their phone where the time matters: an answer needs no clock.';

export function clockWords(doubt: ClockDoubt): ClockWords {
  const by = formatDuration(Math.abs(doubt.by));
  switch (doubt.kind) {
    case 'before_contact':
      return { title: `This device’s clock is wrong: ${by} behind the server’s last answer.`, next };
    case 'jumped':
      return { title: `This device’s clock was set ${doubt.by > 0 ? 'forward' : 'back'} by ${by}.`, next };
    case 'phones_differ':
      return {
        title: `This device’s clock may be ${by} ${doubt.by > 0 ? 'ahead' : 'behind'}: ${doubt.passes} phones say so.`,
        next,
      };
  }
}

const inDoubt = 'This device’s own clock is in doubt.';

/**
 * A line for a result that depends on the time, while the guard's own clock is doubted; null for any other. An answer to a
 * challenge proves that the pass is there now, whatever the clock says.
 */
export function clockNote(
  check: Pick<GateCheck, 'result' | 'isAnswer'>,
  doubt: ClockDoubt | null,
): string | null {
  if (doubt === null) return null;
  switch (check.result) {
    case 'valid':
      return check.isAnswer ? null : inDoubt;
    case 'too_early':
    case 'expired':
    case 'clock_differs':
    case 'replay_or_clock':
    case 'valid_provisional':
      return inDoubt;
    default:
      return null;
  }
}

/** D4: what is said of a check under this doubt: nothing is plainly green that the clock may have got wrong. */
export function wordsUnder(check: WordedCheck, doubt: ClockDoubt | null): VerdictWords {
  const words = verdictWords(check);
  if (words.tone !== 'yes' || clockNote(check, doubt) === null) return words;
  return { ...words, tone: 'caution', icon: 'warning' };
}
