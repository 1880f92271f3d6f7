import { needs } from '#shared/domain/decide';
import type { Intent, Needs } from '#shared/domain/intent';
import { timestamp } from './json-rows';
import { planJournals, type JournalPlan } from './journal-plan';
import { planLending, type LendingPlan } from './lending-plan';
import type { MembershipPlan } from './membership-plan';
import { planNotices, type NoticePlan } from './notice-plan';
import { SiteKeys } from './site-keys';
import { planTopups, type TopupPlan } from './topup-plan';
import { planVisits, type VisitPlan } from './visit-plan';
import { planWaitlist, type WaitlistPlan } from './waitlist-plan';

/** An intent to be decided, and for whom. */
export interface Wish {
  readonly siteId: string;
  readonly memberId: string;
  readonly clientId: string;
  /** When who asks last proved who they are, ms since 1970; null never in this session. */
  readonly verifiedAt: number | null;
  readonly intentId: string;
  /** When it was asked for, by the device's own clock, ms since 1970. */
  readonly deviceTime: number;
  readonly intent: Intent;
  /** Whether it came too late: it is not done, and who asked is told. */
  readonly isExpired: boolean;
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
  /** The members all of whose devices are read. */
  readonly deviceOwners: SiteKeys;
  /** Those of `owners` whose slots and passes are read with them: a bind and a removed device make passes anew. */
  readonly passOwners: SiteKeys;
  /** Slots that a reservation comes to within the batch, which another wish of the batch names, or whose member it ends. */
  readonly slotsOfNamed: SiteKeys;
  /** C6: whose last use of whose slots is asked about. */
  readonly lastUses: { siteIds: string[]; slotIds: string[]; memberIds: string[] };
  readonly visits: VisitPlan;
  readonly waitlist: WaitlistPlan;
  readonly journals: JournalPlan;
  readonly memberships: MembershipPlan;
  readonly notices: NoticePlan;
  readonly lending: LendingPlan;
  readonly topups: TopupPlan;
  /** Sites whose signing keys are read, and guarded by an advisory lock. */
  readonly sitesOfKeys: ReadonlySet<string>;
}

/** The ops that bring a reservation to a slot, with what they have in common. */
const placingOps = new Set<Intent['op']>([
  'reservation.create@1',
  'reservation.lease@1',
  'reservation.change@1',
]);

/** Whether the intent brings a reservation to a slot. */
export function isPlacing(
  intent: Intent,
): intent is Extract<Intent, { args: { reservationId: string; slotId: string } }> {
  return placingOps.has(intent.op);
}

/** Of the id of a reservation to be made only the existence matters. */
const makingOps = new Set<Intent['op']>(['reservation.create@1', 'reservation.lease@1', 'waitlist.offer@1']);

/** What makes passes of own reservations anew. */
const passMakingOps = new Set<Intent['op']>(['pass.bind@1', 'device.revoke@1', 'device.revoke@2']);

/** Adds up what the rules of these wishes need. */
export function planReads(wishes: readonly Wish[]): ReadPlan {
  const asked = wishes.map((wish) => ({ wish, needed: needs(wish.intent) }));
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
    deviceOwners: new SiteKeys(),
    passOwners: new SiteKeys(),
    slotsOfNamed: new SiteKeys(),
    lastUses: { siteIds: [] as string[], slotIds: [] as string[], memberIds: [] as string[] },
    visits: planVisits(asked),
    waitlist: planWaitlist(asked),
    journals: planJournals(asked),
    notices: planNotices(asked),
    memberships: {
      members: new SiteKeys(),
      leaving: new SiteKeys(),
      sitesOfManagers: new Set(asked.flatMap(({ wish, needed }) => (needed.managers ? [wish.siteId] : []))),
    },
    lending: planLending(asked),
    topups: planTopups(asked),
    sitesOfKeys: new Set(asked.flatMap(({ wish, needed }) => (needed.signingKeys ? [wish.siteId] : []))),
  };
  for (const { wish, needed } of asked) {
    const { siteId } = wish;
    plan.actors.add(siteId, wish.memberId);
    plan.clients.add(siteId, wish.clientId);
    if (needed.ownReservations) plan.owners.add(siteId, wish.memberId);
    if (needed.ownDevices) plan.deviceOwners.add(siteId, wish.memberId);
    if (passMakingOps.has(wish.intent.op)) plan.passOwners.add(siteId, wish.memberId);
    for (const id of needed.memberIds) plan.memberships.members.add(siteId, id);
    for (const id of needed.leavingIds) {
      for (const keys of [plan.memberships.leaving, plan.owners, plan.deviceOwners, plan.passOwners])
        keys.add(siteId, id);
    }
    for (const id of needed.reservationIds) {
      plan.reservations.add(siteId, id);
      if (!makingOps.has(wish.intent.op)) plan.named.add(siteId, id);
    }
    for (const id of needed.passIds) plan.passes.add(siteId, id);
    plan.uses ||= needed.uses;
    for (const id of needed.scanIds) plan.scans.add(siteId, id);
    for (const id of needed.slotIds) {
      plan.slots.add(siteId, id);
      if (needed.lastUses) {
        plan.lastUses.siteIds.push(siteId);
        plan.lastUses.slotIds.push(id);
        plan.lastUses.memberIds.push(wish.memberId);
      }
      // A range that is upside down is an error to Postgres; the rule refuses it without looking at rows.
      if (!needed.window || needed.window.start >= needed.window.end) continue;
      plan.windows.siteIds.push(siteId);
      plan.windows.slotIds.push(id);
      plan.windows.starts.push(timestamp(needed.window.start));
      plan.windows.ends.push(timestamp(needed.window.end));
    }
  }
  addSlotsOfNamed(plan, asked);
  return plan;
}

function addSlotsOfNamed(plan: ReadPlan, asked: readonly { wish: Wish; needed: Needs }[]): void {
  const mentions = new Map<string, number>();
  for (const { wish, needed } of asked) {
    for (const id of needed.reservationIds) {
      const key = `${wish.siteId}/${id}`;
      mentions.set(key, (mentions.get(key) ?? 0) + 1);
    }
  }
  for (const { siteId, memberId, intent } of asked.map(({ wish }) => wish)) {
    // E8: an entry stands for its reservation in other wishes of the batch.
    if (intent.op === 'waitlist.offer@1') plan.slotsOfNamed.add(siteId, intent.args.slotId);
    if (!isPlacing(intent)) continue;
    const isNamed = mentions.get(`${siteId}/${intent.args.reservationId}`) !== 1;
    // Whoever ends a membership names all of its reservations.
    if (!isNamed && !plan.memberships.leaving.has(siteId, memberId)) continue;
    plan.slotsOfNamed.add(siteId, intent.args.slotId);
  }
}
