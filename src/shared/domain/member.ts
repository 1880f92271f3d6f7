import { refused, type Decision, type DecisionContext, type DomainArgs } from './intent';
import type { State } from './state';

const PLATE_LENGTH = 16;

/** A plate as it is kept and compared by eye: capitals, single blanks, at most 16 characters; empty for none. */
export function plateOf(text: string): string {
  // Capitals may be more than the letters were: ß is SS.
  const capitals = text
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .toUpperCase();
  return [...capitals].slice(0, PLATE_LENGTH).join('').trim();
}

/** The plate of the member's car, carried by passes made from now on; those there are keep theirs. */
export function decideSetPlate(
  state: State,
  { plate }: DomainArgs['member.set_plate@1'],
  context: DecisionContext,
): Decision {
  const member = state.members.get(context.actor.id);
  if (!member) return refused('role_forbidden', { role: context.actor.role });
  const row = { ...member, plate: plateOf(plate) };
  return { status: 'applied', changes: [{ table: 'members', row }], data: {} };
}
