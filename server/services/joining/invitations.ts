import type { Pool, PoolClient } from 'pg';
import type { Role } from '#shared/domain/entities';
import { invitationAddress, readInvitation } from '#shared/protocol/invitation';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import type { SecretKey } from '../../platform/secret-key';
import { normalizeEmail } from '../auth/accounts';
import type { AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';
import type { Locale, Mails } from '../mail/mail';
import { pokeAtCommit } from '../pokes/poke-at-commit';
import type { SecurityLog } from '../security/security-log';
import type { Invitation } from './invitation-row';
import { findInvitation } from './invitation-row';
import { hashInvitation, makeInvitationCode, makeInvitationToken } from './invitation-secret';

/** The manager who issues or revokes; the site is the one of their session. */
export interface Issuer {
  readonly userId: string;
  readonly memberId: string;
  readonly siteId: string;
  readonly siteName: string;
  readonly name: string;
  readonly from: { readonly address: string; readonly userAgent: string };
}

/** What it is for. Lengths and bounds have been checked (shared/protocol/invitation). */
export interface Terms {
  readonly role: Role;
  readonly flat: string;
  readonly days: number;
}

/** An invitation with its secret, which cannot be had again. */
export interface IssuedInvitation {
  readonly invitationId: string;
  /** ms since 1970 */
  readonly expiresAt: number;
  readonly secret: string;
}

export interface IssuedSheet {
  readonly sheetId: string;
  /** ms since 1970 */
  readonly expiresAt: number;
  /** In the order asked for. */
  readonly codes: readonly { readonly flat: string; readonly code: string; readonly uses: number }[];
}

export interface Invitations {
  /** Sends one to an address, for one account with that address. Refuses email_invalid. */
  issueByEmail(
    issuer: Issuer,
    invitation: Terms & { email: string },
  ): Promise<AuthResult<Omit<IssuedInvitation, 'secret'>>>;
  /** A link for `uses` people; for guards and managers for one alone. Refuses invitation_single_use. */
  issueLink(issuer: Issuer, invitation: Terms & { uses: number }): Promise<AuthResult<IssuedInvitation>>;
  /** Codes for paper, one a flat, for residents alone. */
  issueSheet(
    issuer: Issuer,
    sheet: { flats: readonly string[]; uses: number; days: number },
  ): Promise<IssuedSheet>;
  /** Takes back one of the site's own, or all of one of its sheets. Refuses invitation_not_found. */
  revoke(issuer: Issuer, which: { invitationId: string } | { sheetId: string }): Promise<AuthResult<null>>;
  /** What a secret opens, for whoever has it. Refuses as `findInvitation`. */
  look(secret: string): Promise<AuthResult<Invitation>>;
}

export interface InvitationsOptions {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  secretKey: SecretKey;
  /** The public origin, which links begin with. */
  origin: string;
  mails: Mails;
  securityLog: SecurityLog;
}

const DAY = 86_400_000;

/** A1: invitations to closed sites. A secret is shown once, at issuing; the database has its keyed hash. */
export function createInvitations(options: InvitationsOptions): Invitations {
  const { pool, clock, newId, secretKey, origin, mails, securityLog } = options;

  const keep = async (client: PoolClient, issuer: Issuer, made: NewInvitation): Promise<IssuedInvitation> => {
    const now = clock.now();
    const invitationId = newId();
    const expiresAt = now + made.days * DAY;
    await client.query(
      `insert into invitations (site_id, invitation_id, kind, secret_sha256, email, role, flat, sheet_id, uses_allowed,
                                created_by, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        ...[
          issuer.siteId,
          invitationId,
          made.kind,
          hashInvitation(secretKey, made.secret),
          made.email ?? null,
        ],
        ...[made.role, made.flat, made.sheetId ?? null, made.uses, issuer.memberId],
        ...[new Date(now), new Date(expiresAt)],
      ],
    );
    return { invitationId, expiresAt, secret: made.secret };
  };

  const log = async (
    client: PoolClient,
    { userId, siteId, from }: Issuer,
    event: { kind: 'invitation_issued' | 'invitation_revoked'; detail: Record<string, string | number> },
  ): Promise<void> => {
    await securityLog.record({ ...event, userId, siteId, from }, client);
    await pokeAtCommit(client, [`desk:${siteId}`]);
  };

  return {
    async issueByEmail(issuer, { email: typed, role, flat, days }) {
      const email = normalizeEmail(typed);
      if (email === '') return refused('email_invalid');
      const secret = makeInvitationToken();
      const issued = await inTransaction(pool, async (client) => {
        const kept = await keep(client, issuer, { kind: 'email', email, secret, role, flat, days, uses: 1 });
        const { siteName, name: inviterName } = issuer;
        const content = {
          siteName,
          inviterName,
          link: invitationAddress(origin, secret),
          expiresAt: kept.expiresAt,
        };
        const locale = await localeFor(client, email, issuer.userId);
        await mails.queue({ kind: 'invitation', to: email, locale, content }, client);
        await log(client, issuer, { kind: 'invitation_issued', detail: { by: 'email', role } });
        return kept;
      });
      return granted({ invitationId: issued.invitationId, expiresAt: issued.expiresAt });
    },

    async issueLink(issuer, { role, flat, days, uses }) {
      if (role !== 'resident' && uses !== 1) return refused('invitation_single_use');
      const secret = makeInvitationToken();
      const issued = await inTransaction(pool, async (client) => {
        const kept = await keep(client, issuer, { kind: 'link', secret, role, flat, days, uses });
        await log(client, issuer, { kind: 'invitation_issued', detail: { by: 'link', role, uses } });
        return kept;
      });
      return granted(issued);
    },

    issueSheet: (issuer, { flats, uses, days }) =>
      inTransaction(pool, async (client) => {
        const sheetId = newId();
        const codes: { flat: string; code: string; uses: number }[] = [];
        let expiresAt = 0;
        for (const flat of flats) {
          const code = makeInvitationCode();
          const made = { kind: 'code', role: 'resident', secret: code, sheetId, flat, days, uses } as const;
          ({ expiresAt } = await keep(client, issuer, made));
          codes.push({ flat, code, uses });
        }
        await log(client, issuer, {
          kind: 'invitation_issued',
          detail: { by: 'sheet', codes: codes.length },
        });
        return { sheetId, expiresAt, codes };
      }),

    async revoke(issuer, which) {
      const [column, id] =
        'sheetId' in which ? ['sheet_id', which.sheetId] : ['invitation_id', which.invitationId];
      const isFound = await inTransaction(pool, async (client) => {
        const { rows } = await client.query<{ changed: boolean }>(
          `update invitations i set revoked_at = coalesce(i.revoked_at, $3)
             from (select invitation_id, revoked_at is null as was_open from invitations
                    where site_id = $1 and ${column} = $2 order by invitation_id for update) found
            where i.site_id = $1 and i.invitation_id = found.invitation_id
           returning found.was_open as changed`,
          [issuer.siteId, id, new Date(clock.now())],
        );
        const count = rows.filter(({ changed }) => changed).length;
        if (count > 0)
          await log(client, issuer, { kind: 'invitation_revoked', detail: { invitations: count } });
        return rows.length > 0;
      });
      return isFound ? granted(null) : refused('invitation_not_found');
    },

    async look(typed) {
      const secret = readInvitation(typed);
      if (secret === null) return refused('invitation_not_found');
      return await findInvitation(pool, { hash: hashInvitation(secretKey, secret), now: clock.now() });
    },
  };
}

interface NewInvitation extends Terms {
  readonly kind: 'email' | 'link' | 'code';
  readonly secret: string;
  readonly uses: number;
  readonly email?: string;
  readonly sheetId?: string;
}

/** The language of whoever has the address; of the inviter where nobody we know has it. */
async function localeFor(client: PoolClient, email: string, inviterId: string): Promise<Locale> {
  const { rows } = await client.query<{ locale: Locale }>(
    `select locale from users where lower(email) = $1 or user_id = $2 order by lower(email) = $1 desc limit 1`,
    [email, inviterId],
  );
  return rows[0]?.locale ?? 'en';
}
