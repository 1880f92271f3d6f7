import type { Pool } from 'pg';
import type { Registration, Role } from '#shared/domain/entities';
import { defaultPolicy } from '#shared/domain/policy';
import { newId } from '../../platform/ids';

/** A user without any way in, for tests. */
export async function addUser(pool: Pool, email = `${newId()}@example.test`, name = 'Ada'): Promise<string> {
  const userId = newId();
  await pool.query('insert into users (user_id, email, name) values ($1, $2, $3)', [userId, email, name]);
  return userId;
}

/** A site with its row only, for tests of what needs no more of it. */
export async function addSite(
  pool: Pool,
  registration: Registration,
  createdAt = new Date(0),
): Promise<string> {
  const siteId = newId();
  await pool.query(
    `insert into sites (site_id, name, time_zone, policy, registration, issuance_account_id, created_at)
     values ($1, 'House', 'Europe/Berlin', $2, $3, $4, $5)`,
    [siteId, JSON.stringify(defaultPolicy), registration, newId(), createdAt],
  );
  return siteId;
}

export async function addMember(
  pool: Pool,
  member: { siteId: string; userId: string; role: Role; joinedAt?: Date },
): Promise<string> {
  const memberId = newId();
  await pool.query(
    `insert into members (site_id, member_id, user_id, role, name, joined_at) values ($1, $2, $3, $4, 'Ada at home', $5)`,
    [member.siteId, memberId, member.userId, member.role, member.joinedAt ?? new Date(0)],
  );
  return memberId;
}
