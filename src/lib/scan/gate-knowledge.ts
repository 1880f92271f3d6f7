import type { Row } from '#shared/protocol/rows';
import { canonicalId } from '#shared/pass/bytes';
import { importKeyBundle, type KeyBundle } from '#shared/pass/key-bundle';
import { openStatusList, type OpenedStatusList } from '#shared/pass/status-list';
import type { SubtleVerify } from '#shared/pass/web-crypto';
import { inflateBounded } from './inflate';
import type { TypedCodeContext } from './check-typed-code';

/** The gate's keys and status list, ready for scans. */
export interface GateKnowledge {
  readonly keys: KeyBundle;
  readonly statusList: OpenedStatusList;
}

/** Prepares what came down by pull; to be done once for each pull that changed it. */
export async function prepareKnowledge(
  subtle: SubtleVerify,
  rows: { keys: readonly Row<'signing_key'>[]; statusList: Row<'status_list'> | null },
): Promise<GateKnowledge> {
  const issuers = rows.keys.map(({ siteId, x, y, from, until }) => ({ site: siteId, x, y, from, until }));
  const keys = await importKeyBundle(subtle, issuers);
  const signed = rows.statusList && fromBase64Url(rows.statusList.signed);
  return { keys, statusList: await openStatusList({ subtle, inflate: inflateBounded, keys }, signed) };
}

/** Why what the device knows about revoked passes cannot be relied on now (ms); null when it can. */
export function statusProblem(
  { statusList }: GateKnowledge,
  { site, now }: { site: string; now: number },
): TypedCodeContext['dataProblem'] {
  if (statusList.kind === 'missing') return 'status_missing';
  if (statusList.kind === 'unverifiable' || statusList.list.site !== canonicalId(site))
    return 'status_unverifiable';
  const { issued, ttl } = statusList.list;
  return now / 1000 > issued + ttl ? 'status_stale' : null;
}

/** base64url without padding (RFC 4648 §5); anything else gives bytes that no signature fits. */
function fromBase64Url(text: string): Uint8Array {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}
