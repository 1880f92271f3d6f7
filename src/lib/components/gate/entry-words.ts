import type { ScanResult } from '#shared/domain/entities';
import type { ProvisionalReason, UnreadableKind } from '$lib/scan/gate-check';
import type { VerdictWords } from './verdict-words';

const no = { tone: 'no', icon: 'refused' } as const;
const caution = { tone: 'caution', icon: 'warning' } as const;

/** Results whose words need no more than the result. */
export type PlainResult = Exclude<ScanResult, 'malformed' | 'valid_provisional'>;

/** D3, D4: the words of every result where cars come in. */
export const entryWords: Record<PlainResult, VerdictWords> = {
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
  undone: {
    ...caution,
    icon: 'back',
    word: 'Taken back',
    meaning:
      'Your decision of a moment ago counts for nothing: the pass is as it was. Both stand in the log.',
    next: 'Nobody was let in. Let the pass leave the camera’s view, then scan it again when they are ready.',
  },
  unknown_key: {
    ...caution,
    word: 'Key not known',
    meaning:
      'This device does not have the key that signed this pass. It may be new, or not from this building.',
    next: 'Get signal and sync, so that the device has all keys, then scan again. Or type the code under the QR.',
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
    next: 'Ask their phone: the device that holds the pass can answer, and no other. Do not let them in on this one.',
  },
  clock_differs: {
    ...caution,
    word: 'Clock differs',
    meaning: 'Their phone’s clock and this one do not agree, or it is a screenshot a minute or two old.',
    next: 'Ask their phone: its answer proves that the pass is theirs, whatever the clocks say.',
  },
  replay_or_clock: {
    ...no,
    word: 'Old screenshot',
    meaning: 'This code was made at another time: it is a screenshot, or their phone’s clock is far off.',
    next: 'Ask their phone: a screenshot cannot answer. Or have them open the pass itself in the app.',
  },
  replay: {
    ...no,
    word: 'Shown before',
    meaning: 'This very code was already read here: a screenshot of it, or the same screen again.',
    next: 'Ask them to open the pass itself, whose code changes every 20 seconds; or ask their phone.',
  },
  clone_suspect: {
    ...no,
    word: 'Older than seen',
    meaning:
      'A newer code of this pass was read before: this one is a recording, or a second device has the pass.',
    next: 'Ask their phone. If it happens again, tell the manager.',
  },
  already_used: {
    ...no,
    word: 'Already inside',
    meaning: 'A car came in with this pass, and is not known to have left.',
    next: 'Ask whether they have just come in, or left unseen. If you believe them, let them in with a reason.',
  },
  not_found: {
    ...no,
    word: 'Not found',
    meaning: 'No pass on this device has that code.',
    next: 'Find them by plate or name. A pass made since the last update is not on this device yet: sync.',
  },
};

/** What `malformed` was, as far as a look at it can tell. */
export const unreadableWords: Record<UnreadableKind, VerdictWords> = {
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
export const provisionalWords: Record<ProvisionalReason, VerdictWords> = {
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
    next: stillLetIn,
  },
  typed: {
    ...provisional,
    word: 'Code is good',
    meaning: 'A typed code cannot prove who holds the pass.',
    next: 'Typed code: compare person and plate, then let them in.',
  },
  found: {
    ...provisional,
    word: 'On the list',
    meaning: 'Found by plate, name or slot: nothing was shown that proves anything.',
    next: 'Found in the list: compare the person, then let them in.',
  },
};
