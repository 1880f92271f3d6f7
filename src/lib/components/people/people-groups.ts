import type { Registration, Role } from '#shared/domain/entities';
import type { PersonView } from '$lib/state/person-views';

/** Roles as a person reads them: one, and many. */
export const roleWords: Readonly<Record<Role, { readonly one: string; readonly many: string }>> = {
  resident: { one: 'Resident', many: 'Residents' },
  guard: { one: 'Guard', many: 'Guards' },
  manager: { one: 'Manager', many: 'Managers' },
};

/** What each role may do, for who is about to give it. */
export const roleHints: Readonly<Record<Role, string>> = {
  resident: 'Reserves slots, lends own ones and expects visitors.',
  guard: 'Checks passes at the gate and takes in visitors. Reserves nothing.',
  manager: 'Everything a resident and a guard may, and changes rules, keys and people.',
};

/** B6: how people come in, in words. */
export const registrationWords: Readonly<
  Record<Registration, { readonly label: string; readonly hint: string }>
> = {
  invited: { label: 'Invited', hint: 'Only who has an invitation comes in. Nobody else sees this building.' },
  request: { label: 'On request', hint: 'Whoever finds this building may ask. You decide about each.' },
  open: { label: 'Open', hint: 'Whoever finds this building is a resident at once.' },
};

export interface PeopleGroup {
  readonly role: Role;
  readonly title: string;
  /** Those that are shown. */
  readonly people: readonly PersonView[];
  /** How many there are. */
  readonly count: number;
}

const order: readonly Role[] = ['manager', 'guard', 'resident'];

/**
 * The people whose name, flat, e-mail or slot has every word of `search`, by role, at most `limit` of each; groups without
 * anybody are left out.
 */
export function peopleGroups(people: readonly PersonView[], search: string, limit: number): PeopleGroup[] {
  const words = folded(search).split(' ').filter(Boolean);
  const found = people.filter((person) => {
    const text = folded([person.name, person.flat, person.email ?? '', ...person.slotLabels].join(' '));
    return words.every((word) => text.includes(word));
  });
  return order.flatMap((role) => {
    const own = found.filter((person) => person.role === role);
    if (own.length === 0) return [];
    return [{ role, title: roleWords[role].many, people: own.slice(0, limit), count: own.length }];
  });
}

/** The second line of somebody in a list. */
export function personDetail({ flat, slotLabels, email }: PersonView): string {
  const slots = slotLabels.length === 0 ? '' : `slot ${slotLabels.join(', ')}`;
  return [flat, slots, email ?? 'no account any more'].filter(Boolean).join(' · ');
}

/** Without case and accents, as people type. */
function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
