import type { JournalPlace } from '#shared/domain/entities';
import type { DomainArgs, Needs } from '#shared/domain/intent';
import type { Wish } from './read-plan';
import { SiteKeys } from './site-keys';

/** X8: an entry of a journal that comes with a scan, and who sends it. */
export interface PlannedEntry {
  readonly siteId: string;
  readonly memberId: string;
  readonly args: DomainArgs['scan.record@2'] & { readonly journal: JournalPlace };
}

/** X8: what a batch reads of journals and incidents. */
export interface JournalPlan {
  /** Those that are opened or added to. */
  readonly keys: SiteKeys;
  readonly entries: readonly PlannedEntry[];
  /** What is opened within the batch, before or after its entries. */
  readonly opened: readonly { siteId: string; journalId: string; memberId: string; publicKey: string }[];
  /** Incidents named by id. */
  readonly incidents: SiteKeys;
  /** Whether scans are recorded, so that incidents of their passes matter. */
  readonly recordsScans: boolean;
}

/** Adds up what the rules of these wishes need of journals and incidents. */
export function planJournals(asked: readonly { readonly wish: Wish; readonly needed: Needs }[]): JournalPlan {
  const keys = new SiteKeys();
  const incidents = new SiteKeys();
  for (const { wish, needed } of asked) {
    for (const id of needed.journalIds) keys.add(wish.siteId, id);
    for (const { journalId } of needed.journalEntries) keys.add(wish.siteId, journalId);
    for (const id of needed.incidentIds) incidents.add(wish.siteId, id);
  }
  const wishes = asked.map(({ wish }) => wish);
  return {
    keys,
    incidents,
    entries: wishes.flatMap(({ siteId, memberId, intent }): PlannedEntry[] => {
      const journal = intent.op === 'scan.record@2' ? intent.args.journal : null;
      if (intent.op !== 'scan.record@2' || !journal) return [];
      return [{ siteId, memberId, args: { ...intent.args, journal } }];
    }),
    opened: wishes.flatMap(({ siteId, memberId, intent }) =>
      intent.op === 'journal.open@1' ? [{ siteId, memberId, ...intent.args }] : [],
    ),
    recordsScans: wishes.some(({ intent: { op } }) => op === 'scan.record@1' || op === 'scan.record@2'),
  };
}
