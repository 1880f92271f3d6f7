import { noticePath, type ToldNotice } from './notice-words';

/*
 * A tap on a notification opens /notices?open=<id>&to=<path>&site=<id>: the screen there marks it as read and goes on. Offline the notice
 * itself may not have come down yet; `to` is then all there is. `site` is the building it is of: where another one is open, `to`
 * would lead to that one's, and the screen asks first.
 */

/** What a tap opens. */
export interface OpenedNotice {
  readonly id: string;
  readonly to: string;
  /** Null where an older server did not say. */
  readonly siteId: string | null;
}

/** Where a tap on the notification of a notice leads. */
export function openingPath(
  { noticeId, siteId }: { readonly noticeId: string; readonly siteId?: string | undefined },
  notice: ToldNotice,
): string {
  const search = new URLSearchParams({ open: noticeId, to: noticePath(notice) });
  if (siteId !== undefined) search.set('site', siteId);
  return `/notices?${search.toString()}`;
}

/** What an address of the notices' screen is to open; null for the list, and where it names nothing that can be a notice. */
export function openedBy(search: URLSearchParams): OpenedNotice | null {
  const id = search.get('open');
  if (id === null || !UUID.test(id)) return null;
  const siteId = search.get('site');
  return { id, to: ownPath(search.get('to')), siteId: siteId !== null && UUID.test(siteId) ? siteId : null };
}

/** Whether it is of a building that is not the open one. */
export function isElsewhere({ siteId }: OpenedNotice, openSiteId: string | undefined): boolean {
  return siteId !== null && openSiteId !== undefined && siteId !== openSiteId;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A path of this app and nothing else: an address may come from anywhere. The list where it is none. */
function ownPath(path: string | null): string {
  if (path === null || !/^\/(?![/\\])/.test(path)) return '/notices';
  // Of itself it would open for ever.
  return path.startsWith('/notices') ? '/notices' : path;
}
