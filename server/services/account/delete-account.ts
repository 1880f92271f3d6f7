import { Buffer } from 'node:buffer';
import type { Pool, PoolClient } from 'pg';
import type { ErrorCode } from '#shared/protocol/errors';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import { granted, refused, type AuthResult } from '../auth/auth-result';
import type { Sessions } from '../auth/sessions';
import type { SecurityLog } from '../security/security-log';
import type { SiteIntents } from '../visitors/site-intents';

export interface DeleteAccountOptions {
  pool: Pool;
  clock: Clock;
  siteIntents: SiteIntents;
  sessions: Pick<Sessions, 'ended'>;
  securityLog: SecurityLog;
}

interface Membership {
  site_id: string;
  member_id: string;
  is_last_manager: boolean;
  has_others: boolean;
}

/** What a member without an account is called where their name stood. */
export const FORMER_MEMBER = 'Former member';

/**
 * Ends an account: first every membership, by the rule of leaving (domain/membership), then the user with all ways in, sessions
 * and links. A site of which the person is the only member is closed first. The members' rows stay without name, flat and
 * plate, for what was booked and paid, credits that were bought among it. Refuses last_manager, before anything has changed, where a site with other people would
 * be left without a manager; else what leaving refuses.
 */
export async function deleteAccount(
  options: DeleteAccountOptions,
  userId: string,
): Promise<AuthResult<null>> {
  const { pool, siteIntents, sessions, securityLog } = options;
  const memberships = await selectMemberships(pool, userId);
  if (memberships.some((it) => it.is_last_manager && it.has_others)) return refused('last_manager');
  for (const membership of memberships) {
    if (membership.is_last_manager && !(await closeSite(options, membership))) return refused('last_manager');
    const args = { memberId: membership.member_id };
    const outcome = await siteIntents.submit(membership.site_id, { op: 'member.remove@1', args });
    if (outcome.status !== 'applied') return refused(codeOfOutcome(outcome));
  }
  const ended = await inTransaction(pool, async (client) => {
    // Whoever lets the user in somewhere locks the row first (joining/entrance): nobody does between this and the end.
    await client.query('select from users where user_id = $1 for no key update', [userId]);
    // The person may have joined somewhere since the look above.
    if ((await selectMemberships(client, userId)).length > 0) return null;
    for (const { site_id: siteId } of memberships)
      await securityLog.record({ kind: 'account_deleted', userId: null, siteId }, client);
    return await forgetPerson(client, { userId, now: options.clock.now() });
  });
  if (!ended) return refused('last_manager');
  sessions.ended(ended);
  return granted(null);
}

/**
 * Shuts the doors of a site whose manager goes and leaves nobody: what was given out lets nobody in any more, but for managers
 * whom the installation has invited, who would help it. Answers false, with nothing changed, when somebody has come in meanwhile.
 */
async function closeSite(
  { pool, clock }: DeleteAccountOptions,
  { site_id: siteId, member_id: memberId }: Membership,
): Promise<boolean> {
  return await inTransaction(pool, async (client) => {
    const at = new Date(clock.now());
    // The order of joining (services/joining/entrance). Whoever is coming in holds one of these until they are in.
    await client.query(
      `select from invitations where site_id = $1 and revoked_at is null and role <> 'manager'
        order by invitation_id for update`,
      [siteId],
    );
    await client.query('select from sites where site_id = $1 for update', [siteId]);
    const { rowCount } = await client.query(
      'select from members where site_id = $1 and member_id <> $2 and left_at is null limit 1',
      [siteId, memberId],
    );
    if (rowCount !== 0) return false;
    await client.query(
      `update invitations set revoked_at = $2 where site_id = $1 and revoked_at is null and role <> 'manager'`,
      [siteId, at],
    );
    await client.query(
      `update join_requests set decided_at = $2, decision = 'refused' where site_id = $1 and decided_at is null`,
      [siteId, at],
    );
    await client.query(
      `update sites set registration = 'invited' where site_id = $1 and registration <> 'invited'`,
      [siteId],
    );
    return true;
  });
}

function codeOfOutcome(outcome: { status: string; code?: unknown }): ErrorCode {
  return typeof outcome.code === 'string' ? (outcome.code as ErrorCode) : 'internal';
}

async function selectMemberships(client: Pool | PoolClient, userId: string): Promise<Membership[]> {
  const { rows } = await client.query<Membership>(
    `select m.site_id, m.member_id,
            m.role = 'manager' and not exists (select from members o where o.site_id = m.site_id and o.role = 'manager'
               and o.left_at is null and o.member_id <> m.member_id) as is_last_manager,
            exists (select from members o where o.site_id = m.site_id and o.left_at is null
               and o.member_id <> m.member_id) as has_others
       from members m where m.user_id = $1 and m.left_at is null order by m.site_id`,
    [userId],
  );
  return rows;
}

/**
 * Everything that names the person, members before the user: the order in which others lock them. Its devices wipe what they hold
 * when they come back. Answers the ids of the sessions that have ended.
 */
async function forgetPerson(
  client: PoolClient,
  { userId, now }: { userId: string; now: number },
): Promise<string[]> {
  const ofMember = 'from members m where m.user_id = $1 and m.site_id = t.site_id and m.member_id =';
  await client.query(`update passes t set plate = '' ${ofMember} t.member_id and t.plate <> ''`, [userId]);
  await client.query(
    `update intents t
        set args = case t.op when 'member.set_plate@1' then '{"plate": ""}' else (t.args - 'photo') || '{"note": ""}' end
       ${ofMember} t.member_id and t.op in ('member.set_plate@1', 'slot.claim@1')`,
    [userId],
  );
  await client.query(
    `update slot_claims t set note = '', photo = null, reason = '' ${ofMember} t.member_id`,
    [userId],
  );
  await client.query(
    `update members set name = $2, flat = '', plate = '', left_at = coalesce(left_at, $3) where user_id = $1`,
    [userId, FORMER_MEMBER, new Date(now)],
  );
  const { rows } = await client.query<{ token_sha256: Uint8Array }>(
    `insert into revoked_sessions (token_sha256, user_id, revoked_at)
     select token_sha256, user_id, $2 from sessions where user_id = $1 on conflict do nothing returning token_sha256`,
    [userId, new Date(now)],
  );
  for (const table of ['notices', 'notice_preferences', 'calendar_feeds'])
    await client.query(
      `delete from ${table} t using members m where m.user_id = $1 and m.site_id = t.site_id and m.member_id = t.member_id`,
      [userId],
    );
  await client.query('delete from users where user_id = $1', [userId]);
  return rows.map((row) => Buffer.from(row.token_sha256).toString('base64url'));
}
