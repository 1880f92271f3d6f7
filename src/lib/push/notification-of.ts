import { pushMessageSchema } from '#shared/protocol/push-message';
import { UNLOCK_APPROVE_PATH } from '#shared/protocol/unlock';

/** What the service worker shows, and where a tap on it leads. */
export interface ShownNotification {
  readonly title: string;
  readonly body: string;
  /** One with the same tag takes the other's place. */
  readonly tag: string;
  /** Stays until the person answers, where the system can. */
  readonly urgent: boolean;
  readonly path: string;
}

const unreadable: ShownNotification = {
  title: 'Undercroft',
  body: 'There is news. Open the app to see it.',
  tag: 'news',
  urgent: false,
  path: '/',
};

/**
 * The words for a push message (its text). Something for each of them, also for what this version cannot read: a browser takes
 * the subscription away from a worker that shows nothing. `now` in ms since 1970.
 */
export function notificationOf(text: string, now: number): ShownNotification {
  const message = pushMessageSchema.safeParse(parsed(text));
  if (!message.success) return unreadable;
  const { browser, requestId, expiresAt } = message.data;
  const name = browser === '' ? 'A browser' : browser;
  const tag = `unlock:${requestId}`;
  if (expiresAt <= now) {
    return {
      title: 'A browser wanted to sign in as you',
      body: `${name} asked, and nobody answered. If it was not you, there is nothing to do.`,
      ...{ tag, urgent: false, path: UNLOCK_APPROVE_PATH },
    };
  }
  return {
    title: 'A browser wants to sign in as you',
    body: `${name} asks. Only answer if it is in front of you.`,
    ...{ tag, urgent: true, path: `${UNLOCK_APPROVE_PATH}#request=${requestId}` },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
