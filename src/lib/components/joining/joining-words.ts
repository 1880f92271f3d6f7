import type { Role } from '#shared/domain/entities';

/** What somebody is at a site, for a sentence: "as a resident". */
export const roleInSentence: Readonly<Record<Role, string>> = {
  resident: 'a resident',
  guard: 'a guard',
  manager: 'a manager',
};

/** "Mara invites you, as a resident of 3 left." */
export function invitationSentence(view: {
  readonly inviterName: string;
  readonly role: Role;
  readonly flat: string;
}): string {
  const who = view.inviterName ? `${view.inviterName} invites you` : 'You are invited';
  const where = view.flat ? ` of ${view.flat}` : '';
  return `${who}, as ${roleInSentence[view.role]}${where}.`;
}
