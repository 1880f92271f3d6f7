import type { Pool } from 'pg';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import type { OidcProviderSettings } from '../../platform/oidc-settings';
import type { SecretKey } from '../../platform/secret-key';
import { createEmailAddress, type EmailAddress } from '../account/email-address';
import { createRecovery, type Recovery } from '../account/recovery';
import type { Mails } from '../mail/mail';
import { createMails } from '../mail/mails';
import { createLimitNotes } from '../security/limit-notes';
import { createSecurityLog, type SecurityLog } from '../security/security-log';
import { createEntrance, type Entrance } from '../joining/entrance';
import { createInvitations, type Invitations } from '../joining/invitations';
import { createJoinRequests, type JoinRequests } from '../joining/join-requests';
import { createMemberSites, type MemberSites } from '../joining/member-sites';
import { createRegistrations, type Registrations } from '../joining/registrations';
import { createIdentities, type Identities } from '../oidc/identities';
import { createOidc, type Oidc } from '../oidc/oidc';
import type { Accounts } from './accounts';
import { createAccounts } from './accounts';
import type { OwnPassword } from './own-password';
import { createOwnPassword } from './own-password';
import type { Passkeys } from './passkeys';
import { createPasskeys } from './passkeys';
import { createPasswordHasher } from './passwords';
import type { SecondFactor } from './second-factor';
import { createSecondFactor } from './second-factor';
import type { Sessions } from './sessions';
import { createSessions } from './sessions';
import type { SignInLimits } from './sign-in-limits';
import { createSignInLimits } from './sign-in-limits';
import type { WaysInNotice } from './ways-in-notice';
import { createWaysInNotice } from './ways-in-notice';

/** All of identity that a request may need. */
export interface AuthServices {
  readonly accounts: Accounts;
  readonly registrations: Registrations;
  readonly entrance: Entrance;
  readonly invitations: Invitations;
  readonly joinRequests: JoinRequests;
  readonly memberSites: MemberSites;
  readonly passkeys: Passkeys;
  readonly ownPassword: OwnPassword;
  readonly secondFactor: SecondFactor;
  readonly waysInNotice: WaysInNotice;
  readonly sessions: Sessions;
  readonly limits: SignInLimits;
  readonly securityLog: SecurityLog;
  readonly mails: Mails;
  readonly emailAddress: EmailAddress;
  readonly recovery: Recovery;
  readonly oidc: Oidc;
  readonly identities: Identities;
}

export interface AuthServicesOptions {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  secretKey: SecretKey;
  /** The public origin, e.g. `https://parking.example`. */
  origin: string;
  /** Told of sessions that end, or change their token, before their time. */
  onSessionsEnded?: (sessionIds: readonly string[]) => void;
  /** Default: none. */
  oidcProviders?: readonly OidcProviderSettings[];
}

export function createAuthServices(options: AuthServicesOptions): AuthServices {
  const { onSessionsEnded } = options;
  const passwords = createPasswordHasher();
  const mails = createMails(options);
  const passkeys = createPasskeys(options);
  const securityLog = createSecurityLog(options);
  const sessions = createSessions({ ...options, ...(onSessionsEnded && { onEnded: onSessionsEnded }) });
  const entrance = createEntrance({ ...options, securityLog });
  return {
    accounts: createAccounts({ ...options, passwords }),
    registrations: createRegistrations({ ...options, passwords, passkeys, entrance }),
    entrance,
    invitations: createInvitations({ ...options, mails, securityLog }),
    joinRequests: createJoinRequests({ ...options, mails, entrance }),
    memberSites: createMemberSites(options),
    ownPassword: createOwnPassword({ ...options, passwords }),
    passkeys,
    secondFactor: createSecondFactor(options),
    sessions,
    emailAddress: createEmailAddress({ ...options, mails, sessions }),
    recovery: createRecovery({ ...options, mails, securityLog, sessions }),
    limits: createSignInLimits({ ...options, onLimited: createLimitNotes({ securityLog }) }),
    securityLog,
    mails,
    waysInNotice: createWaysInNotice({ ...options, mails }),
    oidc: createOidc({ ...options, oidcProviders: options.oidcProviders ?? [] }),
    identities: createIdentities({ ...options, entrance }),
  };
}
