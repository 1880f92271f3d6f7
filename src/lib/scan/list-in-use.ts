import { canonicalId } from '#shared/pass/bytes';
import type { OpenedStatusList } from '#shared/pass/status-list';

/**
 * Whether `candidate` is a list of `site` that was issued after `current`, or `current` is none of it. Of two that were
 * issued in the same second, the current one stays.
 */
export function isLaterList(candidate: OpenedStatusList, current: OpenedStatusList, site: string): boolean {
  const issued = issuedAt(candidate, site);
  return issued !== null && issued > (issuedAt(current, site) ?? -1);
}

/** When the site issued it, seconds since 1970; null for no list, one that does not verify, or another site's. */
export function issuedAt(opened: OpenedStatusList, site: string): number | null {
  if (opened.kind !== 'open' || opened.list.site !== canonicalId(site)) return null;
  return opened.list.issued;
}
