import type { Slot, SlotKind } from './entities';
import { refused, type Decision, type DecisionContext, type DomainArgs, type Refused } from './intent';
import { isReserved, ownedBy, removedRules } from './slot-owner';
import type { Change, State } from './state';

/**
 * C1: makes a slot, or changes one; a removed one comes back. Passes carry its label and its owner is paid for it, so neither
 * changes under a reservation; only the site's own slot may get an owner then, and what is reserved stays lent. Rules and windows of a
 * former owner end.
 */
export function decideSetSlot(
  state: State,
  { slotId, label, level, kind, ownerId }: DomainArgs['slot.set@1'],
  { now }: DecisionContext,
): Decision {
  const before = state.slots.get(slotId);
  const owner = ownerId === null ? null : state.members.get(ownerId);
  if (owner === undefined || (owner && owner.leftAt !== null)) return refused('member_not_found', {});
  const problem = labelProblem(state, label, slotId);
  if (problem) return problem;
  const changesOwner = before !== undefined && before.ownerId !== ownerId;
  const isHeldFast = before && (before.label !== label || (changesOwner && before.ownerId !== null));
  if (isHeldFast && isReserved(state, slotId, now)) return refused('slot_reserved', {});
  const wanted = { label, level, kind };
  const slot = { ...(before ?? newSlot(slotId, wanted)), ...wanted };
  const changes: Change[] = changesOwner ? removedRules(state, slotId, now) : [];
  const row = !before || changesOwner ? ownedBy(state, slot, owner, now) : slot;
  const from = before?.ownerId ?? null;
  return {
    status: 'applied',
    changes: [...changes, { table: 'slots', row }],
    data: from === ownerId ? {} : { from, to: ownerId },
  };
}

/** C1: a slot that there is no more. Nobody may have reserved it; its label is free for another one. */
export function decideRemoveSlot(
  state: State,
  { slotId }: DomainArgs['slot.remove@1'],
  { now }: DecisionContext,
): Decision {
  const slot = state.slots.get(slotId);
  if (!slot) return refused('slot_not_found', {});
  if (isReserved(state, slotId, now)) return refused('slot_reserved', {});
  const row: Slot = { ...ownedBy(state, slot, null, now), removedAt: now };
  return {
    status: 'applied',
    changes: [...removedRules(state, slotId, now), { table: 'slots', row }],
    data: slot.ownerId === null ? {} : { from: slot.ownerId, to: null, label: slot.label },
  };
}

/** Labels are one slot's each in a site: that is how people name it. */
export function labelProblem(state: State, label: string, slotId: string): Refused | null {
  const isTaken = [...state.slots.values()].some((slot) => slot.id !== slotId && slot.label === label);
  return isTaken ? refused('slot_label_taken', {}) : null;
}

/** A slot that begins to be, the site's own. */
export function newSlot(
  id: string,
  { label, level, kind }: { readonly label: string; readonly level: string; readonly kind: SlotKind },
): Slot {
  return {
    id,
    label,
    level,
    kind,
    ownerId: null,
    ownerName: null,
    lent: [],
    opened: [],
    closed: [],
    rulesRevision: 0,
    followedRevision: 0,
    followedUntil: null,
    position: null,
  };
}
