import type { Pool } from 'pg';
import type { Role } from '#shared/domain/entities';
import { inTransaction } from '../db/transaction';
import type { Clock } from '../platform/clock';
import type { SecretKey } from '../platform/secret-key';
import { createSessionToken, hashSessionToken } from '../services/auth/session-token';
import { createSigningKeys } from '../services/passes/signing-keys';
import { joinSite } from '../services/sites/join-site';
import { makeSite } from '../services/sites/make-site';
import { makeId } from '$lib/sync/device-ids';
import { createRandom } from './random';
import { SET_WATCH } from './watch';

export interface SimMember {
  readonly id: string;
  readonly userId: string;
  readonly role: Role;
}

/** A building with everybody in it. */
export interface SimSite {
  readonly id: string;
  /** By device: whose it is. Some members have two devices. */
  readonly members: readonly SimMember[];
}

const SLOTS = 8;
const OWNED_SLOTS = 4;
/** Of these one is lent by a weekly rule alone. */
const RULED_SLOT = 1;
const HOUR = 3_600_000;
/** By Berlin's clocks: part of the windows lie in it, and the hour that is missing in the run. */
const PEAK = { weekdays: [7], from: 110, until: 190, price: 5 };

/**
 * Fills a migrated, empty database: few slots, so that wishes collide; few credits, so that they run short; one member in
 * eight a guard, every fifth device the second one of a member.
 */
export async function makeSimSite(
  pool: Pool,
  options: { seed: number; devices: number; clock: Clock; secretKey: SecretKey },
): Promise<SimSite> {
  const { seed, devices, clock, secretKey } = options;
  const random = createRandom(seed, 'site');
  const now = clock.now();
  const newId = () => makeId(now, (bytes) => random.fill(bytes));
  const signingKeys = createSigningKeys({ pool, clock, newId, secretKey });
  await signingKeys.check();
  return inTransaction(pool, async (client) => {
    await client.query(SET_WATCH);
    const policy = {
      ...{ reservationsAtATime: 4, price: 3, startingCredits: 30, leaseTime: HOUR, leasesAtATime: 2 },
      ...{ cancelCutOff: HOUR / 12, lateCancelCharge: 1, tracksNoShows: true, noShowCharge: 1 },
      ...{ creditPrice: 50, offerTime: 90_000, peakPrices: [PEAK] },
    };
    const site = { name: 'Simulated', timeZone: 'Europe/Berlin', registration: 'invited', policy } as const;
    const siteId = await makeSite(client, site, { newId, signingKeys });
    const members: SimMember[] = [];
    for (let device = 0; device < devices; device++) {
      const before = members[device - 1];
      if (device % 5 === 4 && roleOf(device) === 'resident' && before?.role === 'resident') {
        members.push(before);
        continue;
      }
      const [userId, role, name] = [newId(), roleOf(device), `Member ${String(device)}`];
      await client.query('insert into users (user_id, email, name) values ($1, $2, $3)', [
        ...[userId, `member-${String(device)}@sim.test`, name],
      ]);
      const id = await joinSite(client, { siteId, userId, role, name }, { newId, now });
      members.push({ id, userId, role });
    }
    const owners = [...new Set(members.filter(({ role }) => role !== 'guard').map(({ id }) => id))];
    for (let slot = 0; slot < SLOTS; slot++) {
      const ownerId = slot < OWNED_SLOTS ? (owners[slot] ?? null) : null;
      const [slotId, isRuled] = [newId(), ownerId !== null && slot === RULED_SLOT];
      const [kind, level] = slot < SLOTS - 2 ? ['car', 'B1'] : ['small', 'B2'];
      await client.query(
        `insert into slots (site_id, slot_id, label, kind, level, owner_id, lent, opened, rules_revision)
         select $1, $2, $3, $4, $5, $6, r.lent, r.lent, $10
           from (select case when $7 then tstzmultirange(tstzrange($8, $9)) else '{}' end as lent) r`,
        [
          ...[
            siteId,
            slotId,
            `${level!}-${String(slot)}`,
            kind,
            level,
            ownerId,
            ownerId !== null && !isRuled,
          ],
          ...[new Date(now - HOUR), new Date(now + HOUR), isRuled ? 1 : 0],
        ],
      );
      if (!isRuled) continue;
      await client.query(
        `insert into lending_rules (site_id, rule_id, slot_id, weekdays, from_minute, until_minute, starts_on, created_at)
         values ($1, $2, $3, 127, 0, 600, '2026-03-01', $4)`,
        [siteId, newId(), slotId, new Date(now)],
      );
    }
    return { id: siteId, members };
  });
}

/** Begins a session of a member, who has just proved who they are, and answers its token. */
export async function beginSession(pool: Pool, site: SimSite, member: SimMember, now: number) {
  const token = createSessionToken();
  await pool.query(
    `insert into sessions (token_sha256, user_id, site_id, created_at, expires_at, last_seen_at, verified_at)
     values ($1, $2, $3, $4, $5, $4, $4)`,
    [
      ...[Buffer.from(hashSessionToken(token)!), member.userId, site.id, new Date(now)],
      new Date(now + 30 * 24 * HOUR),
    ],
  );
  return token;
}

/** Ends one session, as a sign-out elsewhere does. */
export async function endSession(pool: Pool, token: string): Promise<void> {
  await pool.query('delete from sessions where token_sha256 = $1', [Buffer.from(hashSessionToken(token)!)]);
}

/** Who sits there proves once more who they are. */
export async function proveAgain(pool: Pool, token: string, now: number): Promise<void> {
  await pool.query('update sessions set verified_at = $2 where token_sha256 = $1', [
    ...[Buffer.from(hashSessionToken(token)!), new Date(now)],
  ]);
}

/** The member is (not) of the site any more. What is booked stays: that `member.remove` ends it is the rules' matter. */
export async function setPresence(pool: Pool, site: SimSite, member: SimMember, isThere: boolean) {
  await pool.query(
    'update members set left_at = case when $3 then null else now() end where site_id = $1 and member_id = $2',
    [site.id, member.id, isThere],
  );
}

function roleOf(device: number): Role {
  if (device % 8 === 7) return 'guard';
  return device === 0 ? 'manager' : 'resident';
}
