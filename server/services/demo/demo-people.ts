import { createHash } from 'node:crypto';
import type { Role, SlotKind } from '#shared/domain/entities';

export interface DemoPerson {
  readonly key: string;
  readonly email: string;
  readonly name: string;
  readonly flat: string;
  readonly role: Role;
  /** Whether there is a password to sign in with; neighbours are only there to own slots. */
  readonly signsIn: boolean;
}

export interface DemoSlot {
  readonly label: string;
  readonly level: string;
  readonly kind: SlotKind;
  /** Whose it is, by `DemoPerson.key`; null: the site's own. */
  readonly owner: string | null;
  /** Whether the owner lends it for the days after the start. */
  readonly isLent: boolean;
}

const DOMAIN = 'demo.undercroft.test';

const person = (key: string, role: Role, name: string, flat: string, signsIn = true): DemoPerson => ({
  key,
  email: `${key}@${DOMAIN}`,
  name,
  flat,
  role,
  signsIn,
});

export const demoPeople: readonly DemoPerson[] = [
  person('resident-a', 'resident', 'Alma Reuter', '1 left'),
  person('resident-b', 'resident', 'Ben Okafor', '1 right'),
  person('guard', 'guard', 'Gerd Wagner', ''),
  person('manager', 'manager', 'Mara Lindt', ''),
  person('ines.fuchs', 'resident', 'Ines Fuchs', '2 left', false),
  person('omar.haddad', 'resident', 'Omar Haddad', '2 right', false),
];

const slot = (
  label: string,
  level: string,
  owner: string | null = null,
  kind: SlotKind = 'car',
): DemoSlot => ({
  label,
  level,
  kind,
  owner,
  isLent: owner === 'ines.fuchs' || owner === 'omar.haddad',
});

export const demoSlots: readonly DemoSlot[] = [
  slot('A-01', '-1', 'resident-a'),
  slot('A-02', '-1', 'resident-b'),
  slot('A-03', '-1', 'ines.fuchs'),
  slot('A-04', '-1', 'omar.haddad'),
  slot('A-05', '-1'),
  slot('A-06', '-2'),
  slot('A-07', '-2'),
  slot('A-08', '-2', null, 'charger'),
  slot('A-09', '-2', null, 'small'),
  slot('A-10', '-2', null, 'accessible'),
];

/**
 * The id of a thing of the demo, the same in every demo: a UUIDv8 (RFC 9562 §5.8) of the SHA-256 of what it is called.
 */
export function demoId(what: string): string {
  const bytes = createHash('sha256').update(`undercroft demo/${what}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Ids for what is made in a fixed order: another one at each call, the same sequence in every demo. */
export function demoIds(what: string): () => string {
  let made = 0;
  return () => demoId(`${what}/${made++}`);
}
