import type { SecurityEventKind } from '#shared/domain/security-event';
import type { SecurityLine } from '$lib/auth/devices';
import { placeWords } from '../settings/device-words';
import { formatCredits } from '../time/format';
import { formatMoney } from '../time/money';

const titles: Readonly<Record<SecurityEventKind, string>> = {
  registered: 'Account made',
  signed_in: 'Signed in',
  sign_in_failed: 'Sign-in failed',
  second_factor_failed: 'Wrong second code',
  verification_failed: 'Could not confirm who it is',
  denied: 'Not allowed by role',
  limited: 'Too many tries, turned away',
  passkey_added: 'Passkey added',
  passkey_removed: 'Passkey removed',
  password_set: 'Password set',
  password_removed: 'Password removed',
  second_factor_on: 'Second factor turned on',
  second_factor_off: 'Second factor turned off',
  recovery_codes_renewed: 'New recovery codes',
  recovery_asked: 'Recovery link asked for',
  recovered: 'Came back by a recovery link',
  email_changed: 'E-mail changed',
  identity_linked: 'Other sign-in linked',
  identity_removed: 'Other sign-in removed',
  session_revoked: 'Device removed',
  unlock_approved: 'Browser let in by phone',
  unlock_refused: 'Browser refused by phone',
  invitation_issued: 'Invitation given out',
  invitation_revoked: 'Invitation taken back',
  member_joined: 'Joined the building',
  member_removed: 'Removed from the building',
  member_left: 'Left the building',
  role_changed: 'Role changed',
  registration_changed: 'Way of joining changed',
  slot_owner_changed: 'Slot’s owner changed',
  credits_sold: 'Credits sold',
  credits_refunded: 'Credits given back for money',
  payment_disputed: 'Another sum paid than agreed',
  refund_failed: 'Money did not go back: return it another way',
  calendar_feed_made: 'Calendar address made',
  calendar_feed_removed: 'Calendar address removed',
  key_rotated: 'New signing key',
  exported: 'Data exported',
  account_deleted: 'Account deleted',
  site_made: 'Building made',
};

/** What happened, in a few words. */
export function eventTitle(kind: SecurityEventKind): string {
  return titles[kind];
}

/** The groups by which a manager looks for something; each kind is in one. */
export const eventGroups = {
  'Sign-ins': ['signed_in', 'registered', 'unlock_approved', 'recovered'],
  'Failures and denials': [
    'sign_in_failed',
    'second_factor_failed',
    'verification_failed',
    'denied',
    'limited',
    'unlock_refused',
  ],
  'Ways in and devices': [
    'passkey_added',
    'passkey_removed',
    'password_set',
    'password_removed',
    'second_factor_on',
    'second_factor_off',
    'recovery_codes_renewed',
    'recovery_asked',
    'email_changed',
    'identity_linked',
    'identity_removed',
    'session_revoked',
  ],
  'People and roles': [
    'invitation_issued',
    'invitation_revoked',
    'member_joined',
    'member_removed',
    'member_left',
    'role_changed',
    'registration_changed',
  ],
  'Money and slots': [
    'credits_sold',
    'credits_refunded',
    'payment_disputed',
    'refund_failed',
    'slot_owner_changed',
  ],
  'Keys and data': [
    'calendar_feed_made',
    'calendar_feed_removed',
    'key_rotated',
    'exported',
    'account_deleted',
    'site_made',
  ],
} as const satisfies Readonly<Record<string, readonly SecurityEventKind[]>>;
export type EventGroup = keyof typeof eventGroups;

/** How somebody signed in, and what calls are called; what is not here is shown as it stands. */
const detailWords: Readonly<Record<string, string>> = {
  passkey: 'by passkey',
  password: 'by password',
  password_totp: 'by password and code',
  oidc: 'by another provider',
  unlock: 'by phone',
  recovery: 'by recovery link',
  registration: 'by registering',
  address: 'from one address',
  account: 'at one account',
  site: 'at the whole site',
  cash: 'in cash',
  transfer: 'by transfer',
  given: 'given',
  taken: 'taken back',
};

function factWords(name: string, fact: unknown, detail: SecurityLine['detail']): string {
  if (name === 'credits') return formatCredits(Number(fact));
  if (name === 'amount') return formatMoney(Number(fact), String(detail['currency'] ?? ''));
  if (name === 'agreed') {
    return `${formatMoney(Number(fact), String(detail['agreedCurrency'] ?? ''))} agreed`;
  }
  return detailWords[String(fact)] ?? String(fact);
}

/** `Ada · by passkey · Firefox on Windows · network 203.0.113.x`. Empty parts are left out. */
export function eventDetail(
  event: Pick<SecurityLine, 'person' | 'actor' | 'network' | 'device' | 'detail'>,
): string {
  const { person, actor, detail } = event;
  const facts = Object.entries(detail)
    // Ids are for who looks into the database, and a currency is said with its amount.
    .filter(
      ([name, fact]) => fact !== null && fact !== '' && !name.endsWith('Id') && !/currency$/i.test(name),
    )
    .map(([name, fact]) => factWords(name, fact, detail));
  return [
    person?.name ?? 'Nobody known',
    actor && actor.userId !== person?.userId ? `by ${actor.name}` : '',
    ...facts,
    event.device,
    placeWords({ network: event.network, isSameNetwork: false }),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
