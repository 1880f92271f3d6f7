import type {
  HolderKey,
  Incident,
  LendingRule,
  Member,
  Movement,
  NoticeRow,
  Pass,
  Registration,
  Reservation,
  Scan,
  ScanJournal,
  SigningKey,
  Slot,
  SlotClaim,
  Topup,
  VisitorPass,
  WaitlistEntry,
} from '#shared/domain/entities';
import type { NoticePreferences } from '#shared/domain/notice-kinds';
import type { PolicyChanges } from '#shared/domain/policy';
import type { Change, State } from '#shared/domain/state';

/** What a batch writes at one site: of every row its last form, movements as they came. */
export class NetChanges {
  readonly slots = new Map<string, Slot>();
  readonly reservations = new Map<string, Reservation>();
  readonly holderKeys = new Map<string, HolderKey>();
  readonly passes = new Map<string, Pass>();
  readonly scans = new Map<string, Scan>();
  readonly members = new Map<string, Member>();
  readonly visitorPasses = new Map<string, VisitorPass>();
  readonly incidents = new Map<string, Incident>();
  readonly journals = new Map<string, ScanJournal>();
  readonly signingKeys = new Map<string, SigningKey>();
  readonly slotClaims = new Map<string, SlotClaim>();
  readonly lendingRules = new Map<string, LendingRule>();
  readonly waitlistEntries = new Map<string, WaitlistEntry>();
  readonly topups = new Map<string, Topup>();
  readonly notices = new Map<string, NoticeRow>();
  /** By member. */
  readonly noticePreferences = new Map<string, NoticePreferences>();
  readonly movements: Movement[] = [];
  /** By site; merged into the stored policy, so that two managers do not undo each other's. */
  readonly policies = new Map<string, PolicyChanges>();
  /** By site. */
  readonly registrations = new Map<string, Registration>();
  /** Slots that a reservation moved away from. */
  readonly leftSlots = new Set<string>();

  /** `before` is the state without these changes. */
  add(changes: readonly Change[], before: State): void {
    for (const change of changes) {
      switch (change.table) {
        case 'policies':
          this.policies.set(change.row.siteId, {
            ...this.policies.get(change.row.siteId),
            ...change.row.changes,
          });
          break;
        case 'registrations':
          this.registrations.set(change.row.siteId, change.row.registration);
          break;
        case 'slots':
          this.slots.set(change.row.id, change.row);
          break;
        case 'reservations':
          this.#noteLeft(change.row, before);
          this.reservations.set(change.row.id, change.row);
          break;
        case 'holderKeys':
          this.holderKeys.set(change.row.clientId, change.row);
          break;
        case 'passes':
          this.passes.set(change.row.id, change.row);
          break;
        case 'scans':
          this.scans.set(change.row.id, change.row);
          break;
        case 'members':
          this.members.set(change.row.id, change.row);
          break;
        case 'visitorPasses':
          this.visitorPasses.set(change.row.id, change.row);
          break;
        case 'incidents':
          this.incidents.set(change.row.id, change.row);
          break;
        case 'journals':
          this.journals.set(change.row.id, change.row);
          break;
        case 'signingKeys':
          this.signingKeys.set(change.row.id, change.row);
          break;
        case 'slotClaims':
          this.slotClaims.set(change.row.id, change.row);
          break;
        case 'lendingRules':
          this.lendingRules.set(change.row.id, change.row);
          break;
        case 'waitlistEntries':
          this.waitlistEntries.set(change.row.id, change.row);
          break;
        case 'topups':
          this.topups.set(change.row.id, change.row);
          break;
        case 'notices':
          this.notices.set(change.row.id, change.row);
          break;
        case 'noticePreferences':
          this.noticePreferences.set(change.row.memberId, change.row.preferences);
          break;
        case 'movements':
          this.movements.push(change.row);
          break;
      }
    }
  }

  #noteLeft({ id, slotId }: Reservation, before: State): void {
    const left = before.reservations.get(id)?.slotId;
    if (left !== undefined && left !== slotId) this.leftSlots.add(left);
  }
}

/** The rows of one kind from all sites, each with its site. */
export function rowsOf<R>(
  nets: ReadonlyMap<string, NetChanges>,
  pick: (net: NetChanges) => Iterable<R>,
): { siteId: string; row: R }[] {
  return [...nets].flatMap(([siteId, net]) => [...pick(net)].map((row) => ({ siteId, row })));
}
