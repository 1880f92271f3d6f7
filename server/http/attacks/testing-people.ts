import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import type { Role } from '#shared/domain/entities';
import { inTransaction } from '../../db/transaction';
import { systemClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createSessions } from '../../services/auth/sessions';
import { joinSite } from '../../services/sites/join-site';

/** Who may stand before the door: nobody, an account without a site, a member, who runs the installation. */
export const kindsOfCaller = [
  'signed_out',
  'no_site',
  'resident',
  'guard',
  'manager',
  'administrator',
] as const;
export type KindOfCaller = (typeof kindsOfCaller)[number];

export interface TestCaller {
  /** The `Cookie` header; empty for who is signed out. */
  readonly cookie: string;
  readonly userId: string | null;
  readonly memberId: string | null;
}

export interface NewCaller {
  kind: KindOfCaller;
  siteId: string;
  /** Whether they have just proved who they are. */
  verified?: boolean;
  name?: string;
}

/** A new person with a session of their own, so that nothing a call does touches another call. */
export async function makeCaller(pool: Pool, caller: NewCaller): Promise<TestCaller> {
  const { kind, siteId, name = 'Walker' } = caller;
  if (kind === 'signed_out') return { cookie: '', userId: null, memberId: null };
  const userId = newId();
  await pool.query('insert into users (user_id, email, name) values ($1, $2, $3)', [
    ...[userId, `${userId}@example.test`, name],
  ]);
  const memberId = isRole(kind) ? await join(pool, { siteId, userId, role: kind, name }) : null;
  if (kind === 'administrator')
    await pool.query('insert into platform_administrators (user_id) values ($1)', [userId]);
  const cookie = await openSession(pool, { userId, verified: caller.verified ?? true });
  return { cookie, userId, memberId };
}

/** One more session of a user. Answers its `Cookie` header on a server whose origin is plain http. */
export async function openSession(
  pool: Pool,
  { userId, verified = true }: { userId: string; verified?: boolean },
): Promise<string> {
  const { token } = await createSessions({ pool, clock: systemClock }).create({ userId, by: 'password' });
  if (!verified) await pool.query('update sessions set verified_at = null where user_id = $1', [userId]);
  return `undercroft=${token}`;
}

/** Another household at each call, so that the limits of addresses do not stand in a walk's way. */
export function anyAddress(): string {
  return [...randomBytes(4)].map((byte) => 1 + (byte % 223)).join('.');
}

function isRole(kind: KindOfCaller): kind is Role {
  return kind === 'resident' || kind === 'guard' || kind === 'manager';
}

async function join(
  pool: Pool,
  member: { siteId: string; userId: string; role: Role; name: string },
): Promise<string> {
  return await inTransaction(pool, (client) => joinSite(client, member, { newId, now: Date.now() }));
}
