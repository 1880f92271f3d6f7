import type { ScanResult } from '#shared/domain/entities';
import type { VerdictWords } from './verdict-words';

type ExitWords = Partial<VerdictWords>;

const caution = { tone: 'caution', icon: 'warning' } as const;
const withReason = 'You can let them out with a reason.';

/**
 * D4: what is said otherwise where cars leave: nobody is kept in for a pass that is over or used, and of a pass that is
 * bad the guard decides. An empty entry says that the words for coming in fit here too.
 */
export const exitWords: Record<Exclude<ScanResult, 'malformed'>, ExitWords> = {
  valid: {
    word: 'May leave',
    meaning: 'The pass is good.',
    next: 'Compare the plate, then let them out.',
  },
  valid_provisional: {
    word: 'May leave, not fully checked',
    next: 'Compare person and plate with care, then let them out.',
  },
  expired: {
    ...caution,
    meaning: 'The time of this pass is over. Nobody is kept in for that.',
    next: 'Let them out. The log shows the manager how long they stayed.',
  },
  override: { word: 'Let out by you', next: 'Let them out.' },
  undone: {
    next: 'Nobody was let out. Let the pass leave the camera’s view, then scan it again when they are ready.',
  },
  unknown_key: {},
  forged: { next: `Ask for the pass they came in with, and tell the manager. ${withReason}` },
  wrong_site: { next: `Ask for the pass they came in with. ${withReason}` },
  wrong_entrance: { next: `Send them to a gate that the pass opens. ${withReason}` },
  too_early: { next: `Ask for the pass they came in with. ${withReason}` },
  revoked: { next: `Ask for another pass, on the device it was moved to. ${withReason}` },
  suspended: { next: `Ask the manager. ${withReason}` },
  static_copy: {},
  copied: { next: `Ask their phone: the device that holds the pass can answer, and no other. ${withReason}` },
  clock_differs: {},
  replay_or_clock: {},
  replay: {},
  clone_suspect: {},
  already_used: { next: withReason },
  not_found: {},
};
