import { needs } from '#shared/domain/decide';
import type { Intent } from '#shared/domain/intent';
import { timestamp } from './json-rows';
import { SiteKeys } from './site-keys';

/** An intent to be decided, and for whom. */
export interface Wish {
  readonly siteId: string;
  readonly memberId: string;
  readonly clientId: string;
  readonly intent: Intent;
}

/** The keys of all rows that the rules of a batch read. */
export interface ReadPlan {
  readonly sites: ReadonlySet<string>;
  readonly actors: SiteKeys;
  readonly clients: SiteKeys;
  readonly slots: SiteKeys;
  readonly windows: { siteIds: string[]; slotIds: string[]; starts: string[]; ends: string[] };
  readonly reservations: SiteKeys;
  /** Those of `reservations` that a wish would change: their slot, member and receiver are locked. */
  readonly named: SiteKeys;
  readonly passes: SiteKeys;
  readonly scans: SiteKeys;
  /** Whether all that uses up the passes that are read is read with them. */
  readonly uses: boolean;
  /** The members whose own reservations are read. */
  readonly owners: SiteKeys;
  /** Those of `owners` whose slots and passes are read with them: only a bind makes passes anew. */
  readonly passOwners: SiteKeys;
  /** Slots of reservations that are both made and named by id within the batch. */
  readonly slotsOfNamed: SiteKeys;
}

/** Adds up what the rules of these wishes need. */
export function planReads(wishes: readonly Wish[]): ReadPlan {
  const plan = {
    sites: new Set(wishes.map((wish) => wish.siteId)),
    actors: new SiteKeys(),
    clients: new SiteKeys(),
    slots: new SiteKeys(),
    windows: {
      siteIds: [] as string[],
      slotIds: [] as string[],
      starts: [] as string[],
      ends: [] as string[],
    },
    reservations: new SiteKeys(),
    named: new SiteKeys(),
    passes: new SiteKeys(),
    scans: new SiteKeys(),
    uses: false,
    owners: new SiteKeys(),
    passOwners: new SiteKeys(),
    slotsOfNamed: new SiteKeys(),
  };
  for (const wish of wishes) {
    const { siteId } = wish;
    const needed = needs(wish.intent);
    plan.actors.add(siteId, wish.memberId);
    plan.clients.add(siteId, wish.clientId);
    if (needed.ownReservations) plan.owners.add(siteId, wish.memberId);
    if (wish.intent.op === 'pass.bind@1') plan.passOwners.add(siteId, wish.memberId);
    for (const id of needed.reservationIds) {
      plan.reservations.add(siteId, id);
      // Of the id of a reservation to be made only the existence matters.
      if (wish.intent.op !== 'reservation.create@1') plan.named.add(siteId, id);
    }
    for (const id of needed.passIds) plan.passes.add(siteId, id);
    plan.uses ||= needed.uses;
    for (const id of needed.scanIds) plan.scans.add(siteId, id);
    for (const id of needed.slotIds) {
      plan.slots.add(siteId, id);
      // A range that is upside down is an error to Postgres; the rule refuses it without looking at rows.
      if (!needed.window || needed.window.start >= needed.window.end) continue;
      plan.windows.siteIds.push(siteId);
      plan.windows.slotIds.push(id);
      plan.windows.starts.push(timestamp(needed.window.start));
      plan.windows.ends.push(timestamp(needed.window.end));
    }
  }
  for (const { siteId, intent } of wishes) {
    if (intent.op === 'reservation.create@1' && namedElsewhere(wishes, siteId, intent.args.reservationId)) {
      plan.slotsOfNamed.add(siteId, intent.args.slotId);
    }
  }
  return plan;
}

function namedElsewhere(wishes: readonly Wish[], siteId: string, reservationId: string): boolean {
  return wishes.some(
    ({ siteId: other, intent }) =>
      other === siteId && intent.op === 'reservation.cancel@1' && intent.args.reservationId === reservationId,
  );
}
