import type { Role } from '#shared/domain/entities';
import type { State } from '#shared/domain/state';
import type { Row } from '#shared/protocol/rows';
import type { OutboxRow } from '$lib/client-db/database';
import { isUndecided } from '$lib/sync/wish-status';
import { compareLabels, compareNames } from './label-order';

/** B6: a member of the site, as its managers see it. */
export interface PersonView {
  readonly id: string;
  readonly name: string;
  /** Predicted. */
  readonly role: Role;
  readonly flat: string;
  /** Null where the account is gone. */
  readonly email: string | null;
  readonly joinedAt: number;
  /** Labels of the slots that are theirs. */
  readonly slotLabels: readonly string[];
  /** Whether a wish about them has not been decided yet. */
  readonly waiting: boolean;
  /** Whether that wish is to remove them. */
  readonly leaving: boolean;
}

/** The members, by name; one whose removal waits is still among them, marked so. */
export function personViews(
  state: State,
  rows: readonly Row<'desk_member'>[],
  outbox: readonly OutboxRow[],
): PersonView[] {
  const asked = new Set(
    outbox.flatMap((wish) =>
      isUndecided(wish) && (wish.op === 'member.set_role@1' || wish.op === 'member.remove@1')
        ? [wish.args.memberId]
        : [],
    ),
  );
  const labels = new Map<string, string[]>();
  for (const { ownerId, label } of state.slots.values()) {
    if (ownerId !== null) labels.set(ownerId, [...(labels.get(ownerId) ?? []), label]);
  }
  return rows
    .map((row): PersonView => {
      const member = state.members.get(row.id);
      return {
        ...{ id: row.id, name: row.name, flat: row.flat, email: row.email, joinedAt: row.joinedAt },
        role: member?.role ?? row.role,
        slotLabels: (labels.get(row.id) ?? []).toSorted(compareLabels),
        waiting: asked.has(row.id),
        leaving: member?.leftAt != null,
      };
    })
    .toSorted((a, b) => compareNames(a.name, b.name) || (a.id < b.id ? -1 : 1));
}
