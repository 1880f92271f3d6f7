import type { Pool } from 'pg';
import { newId } from '../server/platform/ids';
import { systemClock } from '../server/platform/clock';
import { createSessions } from '../server/services/auth/sessions';
import { joinSite } from '../server/services/sites/join-site';

export interface BenchMember {
  readonly id: string;
  readonly clientId: string;
  readonly token: string;
  /** The last seq used, counted up by the bench. */
  seq: number;
}

export interface BenchSite {
  readonly id: string;
  readonly members: BenchMember[];
  readonly slotIds: string[];
}

/**
 * Fills the demo site of a fresh product with members and slots, and opens its policy so that only the arbiter's
 * work limits the rate: free, far ahead, and any number at a time.
 */
export async function makeBenchSite(
  pool: Pool,
  size: { members: number; slots: number },
): Promise<BenchSite> {
  const site = await pool.query<{ site_id: string }>(
    `update sites set policy = policy || '{"reservationsAtATime": 1000000, "horizon": 315360000000, "startingCredits": 1000000}'
     returning site_id`,
  );
  const siteId = site.rows[0]?.site_id;
  if (siteId === undefined) throw new Error('no site to fill');
  const slotIds = Array.from({ length: size.slots }, newId);
  await pool.query(
    `insert into slots (site_id, slot_id, label) select $1, slot_id, 'B-' || number
       from unnest($2::uuid[]) with ordinality as given (slot_id, number)`,
    [siteId, slotIds],
  );
  const members: BenchMember[] = [];
  for (let index = 0; index < size.members; index++) members.push(await makeMember(pool, siteId, index));
  return { id: siteId, members, slotIds };
}

async function makeMember(pool: Pool, siteId: string, index: number): Promise<BenchMember> {
  const userId = newId();
  const connection = await pool.connect();
  try {
    await connection.query('begin');
    await connection.query('insert into users (user_id, email, name) values ($1, $2, $3)', [
      userId,
      `bench-${String(index)}@bench.test`,
      `Bench ${String(index)}`,
    ]);
    const name = `Bench ${String(index)}`;
    const id = await joinSite(
      connection,
      { siteId, userId, role: 'resident', name },
      { newId, now: Date.now() },
    );
    await connection.query('commit');
    const { token } = await createSessions({ pool, clock: systemClock }).create({ userId });
    return { id, clientId: newId(), token, seq: 0 };
  } finally {
    connection.release();
  }
}
