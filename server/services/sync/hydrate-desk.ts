import type { Row } from '#shared/protocol/rows';
import { queries, rowsOf } from '../../db/queries';
import { among, timeOrNull, type Hydration } from './hydration';

/** Invitations stay in the desk's scope for this long after their end (ms). The digest counts them a day shorter. */
export const INVITATIONS_KEPT_FOR = 30 * 24 * 3_600_000;

/** Rows of scope `desk:`, which managers alone have: who is a member now. */
export async function hydrateDeskMembers({ client, siteId, ids }: Hydration): Promise<Row<'desk_member'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('members as m')
      .leftJoin('users as u', 'u.user_id', 'm.user_id')
      .select(['m.member_id as id', 'm.role', 'm.name', 'm.flat', 'u.email', 'm.joined_at'])
      .where('m.site_id', '=', siteId)
      .where('m.left_at', 'is', null)
      .where(among('m.member_id', ids)),
  );
  return rows.map(({ joined_at, ...row }) => ({ ...row, joinedAt: joined_at.getTime() }));
}

/** The ways in that were given out, without their secrets. */
export async function hydrateInvitations({
  client,
  siteId,
  ids,
  now,
}: Hydration): Promise<Row<'invitation'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('invitations')
      .select(['invitation_id', 'kind', 'email', 'role', 'flat', 'sheet_id', 'uses_allowed', 'uses'])
      .select(['created_by', 'created_at', 'expires_at', 'revoked_at'])
      .where('site_id', '=', siteId)
      .where('expires_at', '>', new Date(now - INVITATIONS_KEPT_FOR))
      .where(among('invitation_id', ids)),
  );
  return rows.map((row) => ({
    id: row.invitation_id,
    kind: row.kind,
    email: row.email,
    role: row.role,
    flat: row.flat,
    sheetId: row.sheet_id,
    usesAllowed: row.uses_allowed,
    uses: row.uses,
    createdBy: row.created_by,
    createdAt: row.created_at.getTime(),
    expiresAt: row.expires_at.getTime(),
    revokedAt: timeOrNull(row.revoked_at),
  }));
}

/** Those who ask to be let in and wait for an answer. */
export async function hydrateJoinRequests({
  client,
  siteId,
  ids,
}: Hydration): Promise<Row<'join_request'>[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('join_requests as j')
      .innerJoin('users as u', 'u.user_id', 'j.user_id')
      .select(['j.request_id', 'u.name', 'u.email', 'j.flat', 'j.message', 'j.created_at'])
      .where('j.site_id', '=', siteId)
      .where('j.decided_at', 'is', null)
      .where(among('j.request_id', ids)),
  );
  return rows.map((row) => ({
    id: row.request_id,
    name: row.name,
    email: row.email,
    flat: row.flat,
    message: row.message,
    createdAt: row.created_at.getTime(),
  }));
}

/** Those that were kept for long enough since the pull at `at` (ms); no transaction touched them. */
export async function selectEndedInvitations(
  { client, siteId, now }: Pick<Hydration, 'client' | 'siteId' | 'now'>,
  at: number,
): Promise<string[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('invitations')
      .select('invitation_id')
      .where('site_id', '=', siteId)
      .where('expires_at', '>', new Date(at - INVITATIONS_KEPT_FOR))
      .where('expires_at', '<=', new Date(now - INVITATIONS_KEPT_FOR)),
  );
  return rows.map((row) => row.invitation_id);
}
