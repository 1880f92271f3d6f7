import type { DaysOff, LendingRule, SlotClaim } from '#shared/domain/entities';
import type { DomainArgs } from '#shared/domain/intent';
import type { TimeRange } from '#shared/domain/time-range';
import type { Row } from '#shared/protocol/rows';
import type { AppArea } from './app-area';
import type { AddedPart, TakenPart } from './lend-undo';
import { isRefusal, type RefusalError } from './refusal';

/** What a weekly rule says, as a form has it. */
export type RuleDraft = Omit<DomainArgs['rule.set@1'], 'ruleId' | 'slotId'>;
/** What a resident says about a slot. */
export type ClaimDraft = Omit<DomainArgs['slot.claim@1'], 'claimId'>;
/** What a manager says about a slot. */
export type SlotDraft = Omit<DomainArgs['slot.set@1'], 'slotId'>;

/**
 * C1: own slots, their weekly rules and claims; for managers everybody's. All of it predicted. Wishes resolve when they are kept and
 * reject with a RefusalError.
 */
export class LendingState {
  readonly #area: AppArea;
  readonly #claims = $derived.by(() =>
    [...(this.#area.predicted()?.slotClaims.values() ?? [])].toSorted((a, b) => b.createdAt - a.createdAt),
  );
  readonly #rules = $derived.by(() =>
    [...(this.#area.predicted()?.lendingRules.values() ?? [])]
      .filter(({ removedAt }) => removedAt === null)
      .toSorted((a, b) => a.from - b.from || a.createdAt - b.createdAt),
  );

  constructor(area: AppArea) {
    this.#area = area;
  }

  /** Reservations on the member's own slots. */
  get visits(): readonly Row<'visit'>[] {
    return this.#area.base().visit;
  }

  /**
   * When whoever parks there was last asked to move, ms since 1970; null never. Also by this device, from when it is wished on: its own
   * word for it, the visit's row, comes with a later pull.
   */
  askedToMoveAt({ id, askedToMoveAt }: Pick<Row<'visit'>, 'id' | 'askedToMoveAt'>): number | null {
    return this.#area.predicted()?.reservations.get(id)?.askedToMoveAt ?? askedToMoveAt ?? null;
  }

  lend(slotId: string, start: number, end: number): Promise<void> {
    return this.#area.wish({ op: 'share.open@1', args: { slotId, start, end } }, end);
  }

  takeBack(slotId: string, start: number, end: number): Promise<void> {
    return this.#area.wish({ op: 'share.close@1', args: { slotId, start, end } }, end);
  }

  /** The weekly rules of a slot, by the time they begin; of slots that are not the member's, for managers. */
  rulesOf(slotId: string): readonly LendingRule[] {
    return this.#rules.filter((rule) => rule.slotId === slotId);
  }

  /** Whether what the slot lends does not follow its rules yet: the server will see to it. */
  isBehind(slotId: string): boolean {
    const slot = this.#area.predicted()?.slots.get(slotId);
    return slot !== undefined && slot.rulesRevision !== slot.followedRevision;
  }

  /** What was taken back by hand of what rules would lend, what is over left out. */
  exceptionsOf(slotId: string): readonly TimeRange[] {
    const closed = this.#area.predicted()?.slots.get(slotId)?.closed ?? [];
    return closed.filter(({ end }) => end > this.#area.minute());
  }

  /** The member's own claims, newest first. */
  get ownClaims(): readonly SlotClaim[] {
    return this.#claims.filter(({ memberId }) => memberId === this.#area.memberId());
  }

  /** For managers: whose claims wait for a decision, oldest first. */
  get waitingClaims(): readonly SlotClaim[] {
    return this.#claims.filter(({ state }) => state === 'waiting').toReversed();
  }

  /** Whether a wish about this rule, claim or slot has not been decided yet. */
  isWaiting(id: string): boolean {
    return this.#area
      .outbox()
      .some(
        ({ mark, args }) =>
          mark === 'waiting' && [args['ruleId'], args['claimId'], args['slotId']].includes(id),
      );
  }

  /** Makes a rule; with the id of one that is there, changes that. */
  async setRule(slotId: string, draft: RuleDraft, ruleId = this.#area.newId()): Promise<void> {
    await this.#area.wish({ op: 'rule.set@1', args: { ruleId, slotId, ...draft } }, null);
  }

  /** Stops a rule for a while, or lets it go on. */
  pauseRule(rule: LendingRule, paused: boolean): Promise<void> {
    return this.setRule(rule.slotId, { ...draftOf(rule), paused }, rule.id);
  }

  async removeRule({ id, slotId }: LendingRule): Promise<void> {
    await this.#area.wish({ op: 'rule.remove@1', args: { ruleId: id, slotId } }, null);
  }

  /** What lends the slot by hand, over rules or without them, what is over left out. */
  openedOf(slotId: string): readonly TimeRange[] {
    const opened = this.#area.predicted()?.slots.get(slotId)?.opened ?? [];
    return opened.filter(({ end }) => end > this.#area.minute());
  }

  /** Ends an exception: what the rules lend in the window is lent again. */
  async lendAgain(slotId: string, { start, end }: TimeRange): Promise<void> {
    await this.#area.wish({ op: 'share.open@1', args: { slotId, start, end, again: true } }, end);
  }

  /**
   * Takes what was just lent by hand back, as far as nobody has reserved it; `added` is what it had added, see `addedBy`. Rejects when
   * none of it can be.
   */
  async undoLending(slotId: string, added: readonly AddedPart[]): Promise<void> {
    const refusals: RefusalError[] = [];
    for (const { start, end, wasTakenBack } of added) {
      const args = { slotId, start, end, ...(wasTakenBack ? {} : { undo: true as const }) };
      try {
        await this.#area.wish({ op: 'share.close_free@1', args }, end);
      } catch (caught) {
        if (!isRefusal(caught)) throw caught;
        refusals.push(caught);
      }
    }
    const [first] = refusals;
    if (first && refusals.length === added.length) throw first;
  }

  /** Lends again what was just taken back; `taken` says what was lent by hand of it, see `takenOf`. */
  async undoTaking(slotId: string, taken: readonly TakenPart[]): Promise<void> {
    for (const { start, end, byHand } of taken) {
      const args = { slotId, start, end, ...(byHand ? {} : { again: true as const }) };
      await this.#area.wish({ op: 'share.open@1', args }, end);
    }
  }

  /** Days off for all the slot's rules: none lends from `from` up to before `until`, `YYYY-MM-DD` each. */
  async pauseRules(slotId: string, { from, until }: DaysOff): Promise<void> {
    for (const rule of this.rulesOf(slotId)) {
      const draft = draftOf(rule);
      // What is over makes room: a rule holds a hundred.
      const ahead = draft.daysOff.filter((days) => days.until > from);
      await this.setRule(slotId, { ...draft, daysOff: [...ahead, { from, until }] }, rule.id);
    }
  }

  /** Home early: takes back of the window what nobody has reserved. */
  async takeFree(slotId: string, { start, end }: TimeRange): Promise<void> {
    await this.#area.wish({ op: 'share.close_free@1', args: { slotId, start, end } }, end);
  }

  /** Home early: asks whoever parks there to move. Not asked any more once their time is over. */
  async askToMove({ id, end }: { readonly id: string; readonly end: number }): Promise<void> {
    await this.#area.wish({ op: 'visit.ask_to_move@1', args: { reservationId: id } }, end);
  }

  async claim(draft: ClaimDraft): Promise<void> {
    await this.#area.wish({ op: 'slot.claim@1', args: { claimId: this.#area.newId(), ...draft } }, null);
  }

  async withdrawClaim(claimId: string): Promise<void> {
    await this.#area.wish({ op: 'slot.withdraw_claim@1', args: { claimId } }, null);
  }

  /** For managers. Approved, it is the slot of `slotId`; null: the building's slot of that label, or else a new one. */
  async decideClaim(
    claim: SlotClaim,
    decision: { approve: boolean; slotId: string | null; reason: string },
  ): Promise<void> {
    const named = [...(this.#area.predicted()?.slots.values() ?? [])].find(
      ({ label }) => label === claim.label,
    );
    const slotId = decision.slotId ?? named?.id ?? this.#area.newId();
    const args = { claimId: claim.id, approve: decision.approve, slotId, reason: decision.reason };
    await this.#area.wish({ op: 'slot.decide_claim@1', args }, null);
  }

  /** For managers: makes a slot; with the id of one that is there, or was, changes that. */
  async setSlot(draft: SlotDraft, slotId = this.#area.newId()): Promise<void> {
    await this.#area.wish({ op: 'slot.set@1', args: { slotId, ...draft } }, null);
  }

  async removeSlot(slotId: string): Promise<void> {
    await this.#area.wish({ op: 'slot.remove@1', args: { slotId } }, null);
  }
}

/** What of a rule a form changes. */
export function draftOf(rule: LendingRule): RuleDraft {
  const { weekdays, from, until, startsOn, endsOn, daysOff, paused } = rule;
  return {
    ...{ from, until, startsOn, endsOn, paused },
    weekdays: [...weekdays],
    daysOff: daysOff.map((days) => ({ ...days })),
  };
}
