import type { Needs } from '#shared/domain/intent';
import { timestamp } from './json-rows';
import { SiteKeys } from './site-keys';
import type { Wish } from './read-plan';

/** D2: what a batch reads of visits. */
export interface VisitPlan {
  /** Visitor passes named by id; locked, with their passes. */
  readonly named: SiteKeys;
  /** The people (`personKey`) that are to be expected: no other batch may expect them meanwhile. */
  readonly people: SiteKeys;
  /** When those people are wanted. */
  readonly windows: { siteIds: string[]; people: string[]; starts: string[]; ends: string[] };
  /** Members whose own visitor passes of the last days are read. */
  readonly issuers: SiteKeys;
}

/** Adds up what the rules of these wishes need of visits. */
export function planVisits(asked: readonly { readonly wish: Wish; readonly needed: Needs }[]): VisitPlan {
  const plan: VisitPlan = {
    named: new SiteKeys(),
    people: new SiteKeys(),
    windows: { siteIds: [], people: [], starts: [], ends: [] },
    issuers: new SiteKeys(),
  };
  for (const { wish, needed } of asked) {
    for (const id of needed.visitorPassIds) plan.named.add(wish.siteId, id);
    if (needed.ownVisitorPasses) plan.issuers.add(wish.siteId, wish.memberId);
    for (const person of needed.visitors) {
      // A range that is upside down is an error to Postgres; the rule refuses it without looking at rows.
      if (!needed.window || needed.window.start >= needed.window.end) continue;
      plan.people.add(wish.siteId, person);
      plan.windows.siteIds.push(wish.siteId);
      plan.windows.people.push(person);
      plan.windows.starts.push(timestamp(needed.window.start));
      plan.windows.ends.push(timestamp(needed.window.end));
    }
  }
  return plan;
}
