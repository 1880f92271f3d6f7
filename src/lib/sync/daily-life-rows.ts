import type { LendingRule, NoticeRow, Slot, SlotClaim, Topup, WaitlistEntry } from '#shared/domain/entities';
import type { State } from '#shared/domain/state';
import type { Base } from './pulled-rows';

/** Of a slot of which this device is not told why it lends what it lends. */
const notLent = {
  opened: [],
  closed: [],
  rulesRevision: 0,
  followedRevision: 0,
  followedUntil: null,
} as const;

/** The pulled slots as the rules read them: of others' nobody but a manager knows why they lend what they lend. */
export function slotsOf(base: Pick<Base, 'slot' | 'slot_lending'>): Map<string, Slot> {
  const lending = new Map(base.slot_lending.map((row) => [row.id, row]));
  return byId(
    base.slot.map((row): Slot => ({
      ...row,
      ...(lending.get(row.id) ?? notLent),
      position: row.position ?? null,
    })),
  );
}

type DailyLife = Pick<
  State,
  | 'slotClaims'
  | 'lendingRules'
  | 'waitlistEntries'
  | 'topups'
  | 'nextReceipt'
  | 'notices'
  | 'noticePreferences'
>;

/** The pulled rows of lending, waiting, buying and being told, as the rules read them. What a device is not told is empty. */
export function dailyLifeOf(base: Base, memberId: string): DailyLife {
  return {
    slotClaims: byId(base.slot_claim.map((row): SlotClaim => ({ ...row, decidedBy: null }))),
    lendingRules: byId(base.lending_rule.map((row): LendingRule => ({ ...row, removedAt: null }))),
    waitlistEntries: byId(
      base.waitlist_entry.map((row): WaitlistEntry => ({ ...row, memberId, restsUntil: null })),
    ),
    topups: byId(
      base.topup.map((row): Topup => ({ ...row, providerReference: null, createdBy: row.memberId })),
    ),
    nextReceipt: 0,
    // A newer server's kind is only carried along.
    notices: byId(
      base.notice.map((row): NoticeRow => ({
        ...row,
        kind: row.kind as NoticeRow['kind'],
        memberId,
        toldKey: row.id,
      })),
    ),
    noticePreferences: new Map(base.notice_preferences.map(({ id, preferences }) => [id, preferences])),
  };
}

function byId<R extends { readonly id: string }>(rows: readonly R[]): Map<string, R> {
  return new Map(rows.map((row) => [row.id, row]));
}
