import type { Row } from '#shared/protocol/rows';
import { fromBase64url } from '#shared/pass/base64url';
import { canonicalId } from '#shared/pass/bytes';
import { importKeyBundle, type IssuerKey, type KeyBundle } from '#shared/pass/key-bundle';
import { openStatusList, type OpenedStatusList } from '#shared/pass/status-list';
import type { SubtleVerify } from '#shared/pass/web-crypto';
import { inflateBounded } from './inflate';
import { isLaterList } from './list-in-use';
import type { TypedCodeContext } from './check-typed-code';
import { trustKeys, type KeyPins, type KeyProblem } from './trusted-keys';

/** The gate's keys and status list, ready for scans. */
export interface GateKnowledge {
  readonly keys: KeyBundle;
  readonly statusList: OpenedStatusList;
  /** The server's, also when `statusList` is the one that was kept: what the rows of the gate's passes go with. */
  readonly pulledList: OpenedStatusList;
  /** Why the keys are not those that the server sent; words in key-words. */
  readonly keyProblem: KeyProblem | null;
}

/** What came down by pull. */
export interface KnowledgeRows {
  readonly keys: readonly Row<'signing_key'>[];
  readonly keyBundle: Row<'key_bundle'> | null;
  readonly statusList: Row<'status_list'> | null;
  /** The latest that this device has verified, whoever brought it; used when the pulled one is older or no list. */
  readonly keptList?: { readonly signed: string } | null;
}

/** Whose knowledge it is, and when (seconds since 1970). */
export interface KnowledgeContext {
  readonly site: string;
  readonly now: number;
  readonly pins: KeyPins;
}

/**
 * Prepares what came down by pull; to be done once for each pull that changed it. The keys are those of the signed bundle, or
 * those accepted before it (trusted-keys); single rows count only of a server that has never sent a bundle.
 */
export async function prepareKnowledge(
  subtle: SubtleVerify,
  rows: KnowledgeRows,
  context: KnowledgeContext,
): Promise<GateKnowledge> {
  const bundle = rows.keyBundle && bytesIn(rows.keyBundle);
  const trust = await trustKeys({ subtle, ...context }, bundle);
  const keys = await importKeyBundle(subtle, trust.keys ?? (bundle ? [] : rows.keys.map(issuerKey)));
  const open = (row: { readonly signed: string } | null | undefined) =>
    openStatusList({ subtle, inflate: inflateBounded, keys }, row ? bytesIn(row) : null);
  const [pulled, kept] = await Promise.all([open(rows.statusList), open(rows.keptList)]);
  const statusList = laterOf(pulled, kept, context.site);
  return { keys, statusList, pulledList: pulled, keyProblem: trust.problem };
}

/**
 * The kept list when it is the later one: brought by another guard, or by the server before it went back to an older one. What
 * was revoked stays so.
 */
function laterOf(pulled: OpenedStatusList, kept: OpenedStatusList, site: string): OpenedStatusList {
  return isLaterList(kept, pulled, site) ? kept : pulled;
}

function issuerKey({ siteId, x, y, from, until }: Row<'signing_key'>): IssuerKey {
  return { site: siteId, x, y, from, until };
}

/** Why what the device knows about revoked passes cannot be relied on now (ms); null when it can. */
export function statusProblem(
  { statusList }: Pick<GateKnowledge, 'statusList'>,
  { site, now }: { site: string; now: number },
): TypedCodeContext['dataProblem'] {
  if (statusList.kind === 'missing') return 'status_missing';
  if (statusList.kind === 'unverifiable' || statusList.list.site !== canonicalId(site))
    return 'status_unverifiable';
  const { issued, ttl } = statusList.list;
  return now / 1000 > issued + ttl ? 'status_stale' : null;
}

/** What is no base64url is nothing that a signature fits. */
function bytesIn({ signed }: { readonly signed: string }): Uint8Array {
  return fromBase64url(signed) ?? new Uint8Array(0);
}
