import { showBadge } from './badge';
import { noticeTag } from './notice-tag';

/** What is known of a notice. */
interface Known {
  readonly id: string;
  readonly readAt: number | null;
}

let done: string | null = null;

/**
 * B4: what was read on one device is read on this one: its notification goes, and the icon counts what is left. A notification of
 * which nothing is known yet stays. `notices` null: nobody is signed in, and all of them go. The same told again does nothing, but
 * `again`: a push may have come late, of what was read elsewhere long ago.
 */
export async function followNotices(
  notices: readonly Known[] | null,
  { again = false }: { readonly again?: boolean } = {},
): Promise<void> {
  const unread = notices?.filter(({ readAt }) => readAt === null) ?? [];
  const read = new Set(notices?.flatMap(({ id, readAt }) => (readAt === null ? [] : [noticeTag(id)])));
  const state = JSON.stringify([notices === null, read.size, unread.map(({ id }) => id)]);
  if (state === done && !again) return;
  done = state;
  await showBadge(navigator, unread.length);
  // Typed as always there; it is not where storage is blocked.
  const serviceWorker = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  const registration = await serviceWorker?.getRegistration();
  const shown = (await registration?.getNotifications()) ?? [];
  for (const notification of shown) {
    const goes = notices === null ? notification.tag.startsWith(noticeTag()) : read.has(notification.tag);
    if (goes) notification.close();
  }
}
