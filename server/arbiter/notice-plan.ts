import type { Needs } from '#shared/domain/intent';
import type { Wish } from './read-plan';

/** B4: the notices that a batch reads: of each the member whose own it must be. Three columns for `unnest`. */
export interface NoticePlan {
  readonly siteIds: readonly string[];
  readonly memberIds: readonly string[];
  readonly ids: readonly string[];
}

/** Adds up the notices that these wishes name. */
export function planNotices(asked: readonly { readonly wish: Wish; readonly needed: Needs }[]): NoticePlan {
  const rows = asked.flatMap(({ wish, needed }) => needed.noticeIds.map((id) => ({ ...wish, id })));
  return {
    siteIds: rows.map(({ siteId }) => siteId),
    memberIds: rows.map(({ memberId }) => memberId),
    ids: rows.map(({ id }) => id),
  };
}
