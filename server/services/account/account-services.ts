import type { Pool } from 'pg';
import type { MailDelivery } from '#shared/protocol/account';
import type { Clock } from '../../platform/clock';
import type { AuthResult } from '../auth/auth-result';
import type { AuthServices } from '../auth/auth-services';
import type { SiteIntents } from '../visitors/site-intents';
import { deleteAccount } from './delete-account';
import { exportAccount, type AccountExport } from './export-data';
import { createOwnAccount, type OwnAccount } from './own-account';

/** What a person may ask of their own account as a whole. */
export interface AccountServices extends OwnAccount {
  readonly mailDelivery: MailDelivery;
  /** Everything kept of the user. */
  exportData(userId: string): Promise<AccountExport>;
  /** Ends the account and every membership. Refuses last_manager, and what leaving a site refuses. */
  delete(userId: string): Promise<AuthResult<null>>;
}

export interface AccountServicesOptions {
  pool: Pool;
  clock: Clock;
  auth: Pick<AuthServices, 'sessions' | 'securityLog'>;
  siteIntents: SiteIntents;
  mailDelivery: MailDelivery;
}

export function createAccountServices(options: AccountServicesOptions): AccountServices {
  const { auth, mailDelivery } = options;
  return {
    ...createOwnAccount(options),
    mailDelivery,
    exportData: (userId) => exportAccount(options, userId),
    delete: (userId) => deleteAccount({ ...options, ...auth }, userId),
  };
}
