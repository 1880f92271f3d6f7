import type { Pool, PoolClient } from 'pg';
import type { Role } from '#shared/domain/entities';
import type { AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';

export type InvitationKind = 'email' | 'link' | 'code';

/** An invitation as whoever has its secret may use it. */
export interface Invitation {
  readonly siteId: string;
  readonly invitationId: string;
  readonly siteName: string;
  readonly kind: InvitationKind;
  /** To whom it was sent: only an account with this address may use it. Null for the other kinds. */
  readonly email: string | null;
  readonly role: Role;
  readonly flat: string;
  /** The manager who issued it, and what the site calls them; null once the account is gone. */
  readonly inviterUserId: string | null;
  readonly inviterName: string;
  /** ms since 1970 */
  readonly expiresAt: number;
}

interface Columns {
  site_id: string;
  invitation_id: string;
  site_name: string;
  kind: InvitationKind;
  email: string | null;
  role: Role;
  flat: string;
  inviter_user_id: string | null;
  inviter_name: string | null;
  is_backed: boolean;
  expires_at: Date;
  revoked_at: Date | null;
  uses: number;
  uses_allowed: number;
}

/**
 * B6: a manager's word, which counts for as long as they are one, else who was removed keeps the key to come back by. Whoever
 * runs the installation is no member anywhere (services/administration): theirs stands.
 */
const IS_BACKED = "(m.member_id is null or m.role = 'manager' and m.left_at is null)";

const SELECT = `
  select i.site_id, i.invitation_id, s.name as site_name, i.kind, i.email, i.role, i.flat, i.expires_at,
         i.revoked_at, i.uses, i.uses_allowed, m.user_id as inviter_user_id, m.name as inviter_name,
         ${IS_BACKED} as is_backed
    from invitations i join sites s using (site_id)
    left join members m on m.site_id = i.site_id and m.member_id = i.created_by
   where i.secret_sha256 = $1`;

/**
 * The invitation with this hash, if it still lets anybody in at `now` (ms since 1970).
 * Refuses invitation_not_found, invitation_revoked (also when its issuer is no manager any more), invitation_expired,
 * invitation_used.
 */
export async function findInvitation(
  pool: Pick<Pool, 'query'>,
  { hash, now }: { hash: Buffer; now: number },
): Promise<AuthResult<Invitation>> {
  const { rows } = await pool.query<Columns>(SELECT, [hash]);
  return judge(rows[0], now);
}

/** The same, with its row locked until the caller's transaction ends: of many at once the limit lets in as many as it says. */
export async function lockInvitation(
  client: PoolClient,
  { hash, now }: { hash: Buffer; now: number },
): Promise<AuthResult<Invitation>> {
  const { rows } = await client.query<Columns>(`${SELECT} for update of i`, [hash]);
  return judge(rows[0], now);
}

/**
 * Whether the invitation brings in this user, as of now: its issuer is still a manager, and it is newer than the last time
 * that a manager removed the user. Asked after it is known that the user is no member: a removal that was committed
 * between the two looks counts.
 */
export async function stillInvites(
  client: PoolClient,
  { siteId, invitationId }: Pick<Invitation, 'siteId' | 'invitationId'>,
  userId: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from invitations i left join members m on m.site_id = i.site_id and m.member_id = i.created_by
      where i.site_id = $1 and i.invitation_id = $2 and ${IS_BACKED}
        and not exists (select from members o
                         where o.site_id = i.site_id and o.user_id = $3 and o.removed_at >= i.created_at)`,
    [siteId, invitationId, userId],
  );
  return rowCount === 1;
}

/** Counts a use of an invitation whose row is locked. */
export async function countUse(client: PoolClient, invitation: Invitation): Promise<void> {
  await client.query('update invitations set uses = uses + 1 where site_id = $1 and invitation_id = $2', [
    invitation.siteId,
    invitation.invitationId,
  ]);
}

function judge(row: Columns | undefined, now: number): AuthResult<Invitation> {
  if (!row) return refused('invitation_not_found');
  if (row.revoked_at !== null || !row.is_backed) return refused('invitation_revoked');
  if (row.uses >= row.uses_allowed) return refused('invitation_used');
  if (row.expires_at.getTime() <= now) return refused('invitation_expired');
  return granted({
    siteId: row.site_id,
    invitationId: row.invitation_id,
    siteName: row.site_name,
    kind: row.kind,
    email: row.email,
    role: row.role,
    flat: row.flat,
    inviterUserId: row.inviter_user_id,
    inviterName: row.inviter_name ?? '',
    expiresAt: row.expires_at.getTime(),
  });
}
