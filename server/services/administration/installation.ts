import type { Pool } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import { normalizeEmail, normalizeName } from '../auth/accounts';
import type { AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';
import type { Invitations } from '../joining/invitations';
import type { SigningKeys } from '../passes/signing-keys';
import type { SecurityLog } from '../security/security-log';
import { makeSite } from '../sites/make-site';
import { readFigures, readTotals, type InstallationTotals, type SiteFigures } from './site-figures';

/** Who asks: the administrator of the session. */
export interface Asking {
  readonly userId: string;
  readonly name: string;
  readonly from: { readonly address: string; readonly userAgent: string };
}

export interface Installation {
  /** Every site with its figures, by name, and those of all of it. Counts only: nobody's name, plate or reservation. */
  describe(): Promise<{ sites: readonly SiteFigures[]; totals: InstallationTotals }>;
  /** Makes a closed site and invites its first manager by mail. Refuses name_invalid, email_invalid. */
  makeSite(
    asking: Asking,
    site: { name: string; timeZone: string; managerEmail: string },
  ): Promise<AuthResult<{ siteId: string }>>;
  /**
   * Invites a manager to a site that has none, where the first mail was lost or came too late.
   * Refuses email_invalid, site_not_found, site_has_manager.
   */
  inviteManager(asking: Asking, invitation: { siteId: string; email: string }): Promise<AuthResult<null>>;
}

export interface InstallationOptions {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  signingKeys: Pick<SigningKeys, 'make'>;
  invitations: Pick<Invitations, 'issueByEmail'>;
  securityLog: SecurityLog;
}

/** Days until a first manager's invitation ends. */
const INVITATION_DAYS = 14;

/**
 * E2: what runs the installation, apart from what happens inside a site: an administrator is no member anywhere, so no row of a
 * site goes to them but its figures.
 */
export function createInstallation(options: InstallationOptions): Installation {
  const { pool, clock, newId, signingKeys, invitations, securityLog } = options;

  const invite = (asking: Asking, site: { siteId: string; siteName: string; email: string }) =>
    invitations.issueByEmail(
      // The site has no member yet to have issued it: it is the administrator's, who is named in the mail.
      { ...asking, memberId: asking.userId, siteId: site.siteId, siteName: site.siteName },
      { email: site.email, role: 'manager', flat: '', days: INVITATION_DAYS },
    );

  return {
    async describe() {
      const now = clock.now();
      const [sites, totals] = await Promise.all([readFigures(pool, now), readTotals(pool, now)]);
      return { sites, totals };
    },

    async makeSite(asking, { name: typedName, timeZone, managerEmail }) {
      const name = normalizeName(typedName);
      if (name === undefined) return refused('name_invalid');
      const email = normalizeEmail(managerEmail);
      if (email === '') return refused('email_invalid');
      const siteId = await inTransaction(pool, async (client) => {
        const made = await makeSite(
          client,
          { name, timeZone, registration: 'invited' },
          { newId, signingKeys },
        );
        const { userId, from } = asking;
        await securityLog.record({ kind: 'site_made', userId, siteId: made, from, detail: { name } }, client);
        return made;
      });
      // In a transaction of its own: a site whose invitation was lost shows as one without a manager.
      const invited = await invite(asking, { siteId, siteName: name, email });
      return invited.ok ? granted({ siteId }) : invited;
    },

    async inviteManager(asking, { siteId, email }) {
      const { rows } = await pool.query<{ name: string; managers: number }>(
        `select s.name, (select count(*)::int from members m where m.site_id = s.site_id and m.role = 'manager' and m.left_at is null) as managers
           from sites s where s.site_id = $1`,
        [siteId],
      );
      const [site] = rows;
      if (!site) return refused('site_not_found');
      // A site that has a manager lets in others by itself: whoever runs the installation is nobody there.
      if (site.managers > 0) return refused('site_has_manager');
      const invited = await invite(asking, { siteId, siteName: site.name, email });
      return invited.ok ? granted(null) : invited;
    },
  };
}
