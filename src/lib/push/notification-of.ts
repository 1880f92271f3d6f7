import { pushMessageSchema, type PushMessage } from '#shared/protocol/push-message';
import { UNLOCK_APPROVE_PATH } from '#shared/protocol/unlock';
import { isNoticeKind, noticeWords } from '$lib/components/notices/notice-words';
import { openingPath } from '$lib/components/notices/opened-notice';
import { lastingFormat, timeFormat } from '$lib/components/time/format';
import { noticeTag } from './notice-tag';

/** What the service worker shows, and where a tap on it leads. */
export interface ShownNotification {
  readonly title: string;
  readonly body: string;
  /** One with the same tag takes the other's place. */
  readonly tag: string;
  /** Stays until the person answers, where the system can. */
  readonly urgent: boolean;
  readonly path: string;
  /** How many notices are unread, for the icon; null when it says nothing of that. */
  readonly unread: number | null;
}

const unreadable: ShownNotification = {
  title: 'Undercroft',
  body: 'There is news. Open the app to see it.',
  tag: 'news',
  urgent: false,
  path: '/',
  unread: null,
};

/**
 * The words for a push message (its text). Something for each of them, also for what this version cannot read: a browser takes
 * the subscription away from a worker that shows nothing. `now` in ms since 1970.
 */
export function notificationOf(text: string, now: number): ShownNotification {
  const message = pushMessageSchema.safeParse(parsed(text));
  if (!message.success) return unreadable;
  return message.data.kind === 'notice' ? ofNotice(message.data, now) : ofUnlock(message.data, now);
}

type MessageOf<K extends PushMessage['kind']> = Extract<PushMessage, { kind: K }>;

/** Stays until it is answered what an answer is waited for. */
const answered: ReadonlySet<string> = new Set(['asked_to_move', 'overstaying', 'waitlist_offer']);

/** Read within minutes or of no use: a bare time says it best. Others still stand there the next morning. */
const ofNow: ReadonlySet<string> = new Set([...answered, 'reminder_start', 'reminder_end']);

function ofNotice(message: MessageOf<'notice'>, now: number): ShownNotification {
  const { noticeId, noticeKind: kind, data, timeZone, siteName, unread = null } = message;
  // Times without their zone would be wrong for who is away.
  const notice = timeZone !== undefined && isNoticeKind(kind) ? { kind, data } : { kind };
  const format = timeFormat(timeZone ?? 'UTC');
  const words = noticeWords(notice, { format: ofNow.has(kind) ? format : lastingFormat(format), now });
  const urgent = answered.has(kind);
  // Which building, for who has several: the worker does not know.
  const body = [words.body, siteName].filter((line) => line !== undefined && line !== '').join('\n');
  const path = openingPath(message, { kind, data });
  return { ...words, body, tag: noticeTag(noticeId), urgent, path, unread };
}

function ofUnlock({ browser, requestId, expiresAt }: MessageOf<'unlock'>, now: number): ShownNotification {
  const name = browser === '' ? 'A browser' : browser;
  const tag = `unlock:${requestId}`;
  if (expiresAt <= now) {
    return {
      title: 'A browser wanted to sign in as you',
      body: `${name} asked, and nobody answered. If it was not you, there is nothing to do.`,
      ...{ tag, urgent: false, path: UNLOCK_APPROVE_PATH, unread: null },
    };
  }
  return {
    title: 'A browser wants to sign in as you',
    body: `${name} asks. Only answer if it is in front of you.`,
    ...{ tag, urgent: true, path: `${UNLOCK_APPROVE_PATH}#request=${requestId}`, unread: null },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
