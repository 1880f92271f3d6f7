import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { defaultSessionLimits } from './session-limits';
import { createSessions, type SessionsOptions } from './sessions';
import { addMember, addSite, addUser } from './testing-people';

const START = Date.UTC(2026, 10, 21);
const MINUTE = 60_000;
const DAY = 86_400_000;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

function setUp(options: Pick<SessionsOptions, 'memory' | 'onEnded'> = {}) {
  const clock = createSettableClock(START);
  const sessions = createSessions({ pool: database.pool, clock, ...options });
  return { clock, sessions, elsewhere: createSessions({ pool: database.pool, clock, ...options }) };
}

async function storedSession(userId: string) {
  const { rows } = await database.pool.query('select * from sessions where user_id = $1', [userId]);
  return rows[0] as { token_sha256: Buffer; user_agent: string; last_seen_at: Date; network: string };
}

describe('createSessions', () => {
  it('A2 stores the SHA-256 of a token of 160 bits and never the token', async () => {
    const { sessions } = setUp();
    const userId = await addUser(database.pool);
    const { token } = await sessions.create({ userId, by: 'password', userAgent: 'x'.repeat(1000) });
    expect(token).toMatch(/^[a-z2-7]{32}$/);
    const stored = await storedSession(userId);
    expect(stored.token_sha256).toEqual(createHash('sha256').update(token).digest());
    expect(JSON.stringify(stored)).not.toContain(token);
    expect(stored.user_agent).toHaveLength(200);
  });

  it('A2 knows whose a session is and at which site: the one joined first', async () => {
    const { sessions } = setUp();
    const userId = await addUser(database.pool, 'ada@example.test', 'Ada');
    const [later, first] = [await addSite(database.pool, 'invited'), await addSite(database.pool, 'invited')];
    await addMember(database.pool, { siteId: later, userId, role: 'guard', joinedAt: new Date(2) });
    const memberId = await addMember(database.pool, {
      siteId: first,
      userId,
      role: 'manager',
      joinedAt: new Date(1),
    });
    const { token } = await sessions.create({ userId, by: 'password' });
    await expect(sessions.validate(token)).resolves.toEqual({
      user: { id: userId, email: 'ada@example.test', name: 'Ada', isAdministrator: false },
      member: { id: memberId, siteId: first, siteName: 'House', role: 'manager', name: 'Ada at home' },
      session: {
        id: createHash('sha256').update(token).digest('base64url'),
        lastingId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        createdAt: START,
        expiresAt: START + 3 * DAY,
        verifiedAt: START,
      },
    });
  });

  it('A2 has a user without a site', async () => {
    const { sessions } = setUp();
    const { token } = await sessions.create({ userId: await addUser(database.pool), by: 'password' });
    await expect(sessions.validate(token)).resolves.toMatchObject({ member: null });
  });

  it.each(['', 'x', 'a'.repeat(32), 'A'.repeat(32), 'a'.repeat(1_000_000)])(
    'A2 refuses a made-up token (case %#)',
    async (token) => {
      const { sessions } = setUp();
      await expect(sessions.validate(token)).resolves.toBeNull();
    },
  );

  it('B10 slides the end with each use that is noted, every five minutes', async () => {
    const { sessions, clock } = setUp();
    const { token } = await sessions.create({ userId: await addUser(database.pool), by: 'password' });
    const end = async () => (await sessions.validate(token))?.session.expiresAt;
    clock.set(START + 5 * MINUTE - 1);
    await expect(end()).resolves.toBe(START + 30 * DAY);
    clock.set(START + 5 * MINUTE + 2000);
    await expect(end()).resolves.toBe(START + 5 * MINUTE + 2000 + 30 * DAY);
    clock.set(START + 30 * DAY);
    await expect(end()).resolves.toBe(START + 60 * DAY);
  });

  it.each([
    ['resident', 30 * DAY, 180 * DAY],
    ['guard', 14 * DAY, 90 * DAY],
    ['manager', 3 * DAY, 30 * DAY],
  ] as const)(
    'B10 a %s’s session ends unused, and at last however much it is used',
    async (role, idle, absolute) => {
      const { sessions, clock } = setUp({ memory: 0 });
      const userId = await addUser(database.pool);
      await addMember(database.pool, { siteId: await addSite(database.pool, 'invited'), userId, role });
      const unused = await sessions.create({ userId, by: 'passkey' });
      expect(unused.expiresAt).toBe(START + idle);
      const used = await sessions.create({ userId, by: 'passkey' });
      clock.set(START + idle - 1);
      await expect(sessions.validate(used.token)).resolves.not.toBeNull();
      clock.set(START + idle);
      await expect(sessions.validate(unused.token)).resolves.toBeNull();
      for (let at = START + idle; at < START + absolute; at += idle / 2) {
        clock.set(at);
        await expect(sessions.validate(used.token)).resolves.not.toBeNull();
      }
      clock.set(START + absolute - 1);
      await expect(sessions.validate(used.token)).resolves.toMatchObject({
        session: { expiresAt: START + absolute },
      });
      clock.set(START + absolute);
      await expect(sessions.validate(used.token)).resolves.toBeNull();
    },
  );

  it('B10 E2 an administrator’s is the shortest, also for a resident of some site', async () => {
    const { sessions } = setUp();
    const userId = await addUser(database.pool);
    await database.pool.query('insert into platform_administrators (user_id) values ($1)', [userId]);
    await addMember(database.pool, {
      ...{ siteId: await addSite(database.pool, 'invited'), userId, role: 'resident' },
    });
    const { expiresAt } = await sessions.create({ userId, by: 'passkey' });
    expect(expiresAt).toBe(START + DAY / 2);
  });

  it('B10 moving to a site where one is more shortens it', async () => {
    const { sessions, clock } = setUp({ memory: 0 });
    const userId = await addUser(database.pool);
    const [first, second] = [
      await addSite(database.pool, 'invited'),
      await addSite(database.pool, 'invited'),
    ];
    await addMember(database.pool, { siteId: first, userId, role: 'resident', joinedAt: new Date(1) });
    await addMember(database.pool, { siteId: second, userId, role: 'manager', joinedAt: new Date(2) });
    const { token } = await sessions.create({ userId, by: 'passkey' });
    await database.pool.query('update sessions set site_id = $2 where user_id = $1', [userId, second]);
    await expect(sessions.validate(token)).resolves.toMatchObject({
      member: { role: 'manager' },
      session: { expiresAt: START + 3 * DAY },
    });
    clock.set(START + 3 * DAY);
    await expect(sessions.validate(token)).resolves.toBeNull();
  });

  it('B2 a lifetime of its own is an end that no use moves, and never longer than the role’s', async () => {
    const { sessions, clock } = setUp({ memory: 0 });
    const userId = await addUser(database.pool);
    const short = await sessions.create({ userId, by: 'unlock', lifetime: DAY / 2 });
    expect(short.expiresAt).toBe(START + DAY / 2);
    clock.set(START + DAY / 2 - 1);
    await expect(sessions.validate(short.token)).resolves.toMatchObject({
      session: { expiresAt: START + DAY / 2 },
    });
    clock.set(START + DAY / 2);
    await expect(sessions.validate(short.token)).resolves.toBeNull();
    await sessions.create({ userId, by: 'unlock', lifetime: 4000 * DAY });
    const { rows } = await database.pool.query<{ ends_at: Date }>(
      'select ends_at from sessions where user_id = $1 order by ends_at desc',
      [userId],
    );
    expect(rows[0]?.ends_at.getTime()).toBe(START + DAY / 2 + 180 * DAY);
  });

  it('A2 is over at its end', async () => {
    const { sessions, clock } = setUp();
    const { token } = await sessions.create({ userId: await addUser(database.pool), by: 'password' });
    clock.set(START + 30 * DAY);
    await expect(sessions.validate(token)).resolves.toBeNull();
  });

  it('A2 ends at once where it is ended, and within two seconds elsewhere', async () => {
    const { sessions, elsewhere, clock } = setUp();
    const { token } = await sessions.create({ userId: await addUser(database.pool), by: 'password' });
    const [valid] = await Promise.all([sessions.validate(token), elsewhere.validate(token)]);
    await sessions.end(valid?.session.id ?? '');
    await expect(sessions.validate(token)).resolves.toBeNull();
    clock.advance(1999);
    await expect(elsewhere.validate(token)).resolves.not.toBeNull();
    clock.advance(1);
    await expect(elsewhere.validate(token)).resolves.toBeNull();
  });

  it('ends all sessions of one user and of nobody else', async () => {
    const { sessions } = setUp();
    const [userId, otherId] = [await addUser(database.pool), await addUser(database.pool)];
    const own = [
      await sessions.create({ userId, by: 'password' }),
      await sessions.create({ userId, by: 'password' }),
    ];
    const others = await sessions.create({ userId: otherId, by: 'password' });
    await Promise.all(own.map(({ token }) => sessions.validate(token)));
    const kept = await sessions.create({ userId, by: 'password' });
    await sessions.endAll(userId, (await sessions.validate(kept.token))?.session.id);
    for (const { token } of own) await expect(sessions.validate(token)).resolves.toBeNull();
    await expect(sessions.validate(kept.token)).resolves.not.toBeNull();
    await sessions.endAll(userId);
    await expect(sessions.validate(kept.token)).resolves.toBeNull();
    await expect(sessions.validate(others.token)).resolves.not.toBeNull();
  });

  it('B5 keeps those that were ended together as over for good, so that their devices can still be taken away', async () => {
    const { sessions, elsewhere, clock } = setUp({ memory: 0 });
    const userId = await addUser(database.pool);
    const { token } = await sessions.create({ userId, by: 'password' });
    const { id } = (await sessions.validate(token))!.session;
    clock.advance(DAY);
    await sessions.endAll(userId);
    for (const process of [sessions, elsewhere]) {
      await expect(process.validate(token)).resolves.toBeNull();
      await expect(process.rotate(id, { verified: true })).resolves.toBeNull();
      await expect(process.readVerifiedAt(id)).resolves.toBeNull();
    }
    await expect(sessions.isRevoked(token)).resolves.toBe(false);
    const stored = (await storedSession(userId)) as unknown as Record<string, Date>;
    expect([stored['ends_at'], stored['expires_at']]).toEqual([new Date(START + DAY), new Date(START + DAY)]);
  });

  it('B5 forgets what it remembers of one user and of nobody else', async () => {
    const { sessions } = setUp({ memory: DAY });
    const people = await Promise.all(['Ada', 'Bob'].map((name) => addUser(database.pool, undefined, name)));
    const own = await Promise.all(
      people.map(async (userId) => (await sessions.create({ userId, by: 'password' })).token),
    );
    const names = async () =>
      Promise.all(own.map(async (token) => (await sessions.validate(token))?.user.name));
    expect(await names()).toEqual(['Ada', 'Bob']);
    await database.pool.query(`update users set name = 'New' where user_id = any($1)`, [people]);
    sessions.forgetUser(people[0]!);
    expect(await names()).toEqual(['New', 'Bob']);
  });

  it('notes when it was last seen every few minutes, not at each request', async () => {
    const { sessions, clock } = setUp({ memory: 0 });
    const userId = await addUser(database.pool);
    const { token } = await sessions.create({ userId, by: 'password' });
    clock.advance(299_999);
    await sessions.validate(token);
    expect((await storedSession(userId)).last_seen_at.getTime()).toBe(START);
    clock.advance(1);
    await sessions.validate(token);
    expect((await storedSession(userId)).last_seen_at.getTime()).toBe(START + 300_000);
  });

  it('A2 is over at its end also while it is remembered', async () => {
    const { clock } = setUp();
    const sessions = createSessions({
      ...{ pool: database.pool, clock, memory: 60_000 },
      limits: { ...defaultSessionLimits, no_site: { idle: 4000, absolute: DAY } },
    });
    const { token } = await sessions.create({ userId: await addUser(database.pool), by: 'password' });
    await expect(sessions.validate(token)).resolves.not.toBeNull();
    clock.advance(4000);
    await expect(sessions.validate(token)).resolves.toBeNull();
  });

  it('B5 keeps the row of a session that is over, so that its device can still be taken away', async () => {
    const { sessions, clock } = setUp();
    const userId = await addUser(database.pool);
    const old = await sessions.create({ userId, by: 'password' });
    clock.advance(31 * DAY);
    await sessions.create({ userId, by: 'password' });
    const { rows } = await database.pool.query('select from sessions where user_id = $1', [userId]);
    expect(rows).toHaveLength(2);
    await expect(sessions.validate(old.token)).resolves.toBeNull();
  });

  it('B10 K6 a proof gives one session a new token and kills the old one, and counts at once', async () => {
    const ended: (readonly string[])[] = [];
    const { sessions, elsewhere, clock } = setUp({ onEnded: (ids) => ended.push(ids) });
    const userId = await addUser(database.pool);
    const [own, other] = [
      await sessions.create({ userId, by: 'password' }),
      await sessions.create({ userId, by: 'password' }),
    ];
    const before = (await sessions.validate(own.token))!.session;
    await elsewhere.validate(own.token);
    clock.advance(500);
    const rotated = (await sessions.rotate(before.id, { verified: true }))!;
    expect(rotated.verifiedAt).toBe(START + 500);
    expect(ended).toEqual([[before.id]]);
    await expect(sessions.validate(own.token)).resolves.toBeNull();
    const after = (await sessions.validate(rotated.token))!.session;
    expect(after).toMatchObject({ id: rotated.id, verifiedAt: START + 500, createdAt: before.createdAt });
    expect(after.lastingId).toBe(before.lastingId);
    expect(after.id).not.toBe(before.id);
    expect((await sessions.validate(other.token))?.session.verifiedAt).toBe(START);
    // Another process remembers the old token for up to two seconds and knows of no proof by it.
    expect((await elsewhere.validate(own.token))?.session.verifiedAt).toBe(START);
    await expect(elsewhere.readVerifiedAt(before.id)).resolves.toBeNull();
    await expect(elsewhere.readVerifiedAt(rotated.id)).resolves.toBe(START + 500);
    clock.advance(2000);
    await expect(elsewhere.validate(own.token)).resolves.toBeNull();
    // The old token is not one that was taken away: its browser has the new one.
    await expect(sessions.isRevoked(own.token)).resolves.toBe(false);
  });

  it('B10 a new token without a proof is none, and of an ended session there is none', async () => {
    const { sessions, clock } = setUp();
    const { token } = await sessions.create({ userId: await addUser(database.pool), by: 'password' });
    const { id } = (await sessions.validate(token))!.session;
    clock.advance(500);
    const rotated = (await sessions.rotate(id))!;
    expect(rotated.verifiedAt).toBe(START);
    await sessions.end(rotated.id);
    await expect(sessions.rotate(rotated.id, { verified: true })).resolves.toBeNull();
    await expect(sessions.rotate(id)).resolves.toBeNull();
  });

  it('B10 another role ends the sessions at that site and no other', async () => {
    const { sessions } = setUp({ memory: 0 });
    const [site, otherSite] = [
      await addSite(database.pool, 'invited'),
      await addSite(database.pool, 'invited'),
    ];
    const userId = await addUser(database.pool);
    const memberId = await addMember(database.pool, { siteId: site, userId, role: 'resident' });
    const here = await sessions.create({ userId, by: 'password' });
    await addMember(database.pool, { siteId: otherSite, userId, role: 'resident', joinedAt: new Date(1) });
    const there = await sessions.create({ userId, by: 'password' });
    await database.pool.query('update sessions set site_id = $1 where token_sha256 = $2', [
      otherSite,
      createHash('sha256').update(there.token).digest(),
    ]);
    await database.pool.query(`update members set plate = 'X' where member_id = $1`, [memberId]);
    await expect(sessions.validate(here.token)).resolves.not.toBeNull();
    await database.pool.query(`update members set role = 'guard' where member_id = $1`, [memberId]);
    await expect(sessions.validate(here.token)).resolves.toBeNull();
    await expect(sessions.isRevoked(here.token)).resolves.toBe(false);
    await expect(sessions.validate(there.token)).resolves.not.toBeNull();
  });

  it('B5 notes roughly where it was used last, and never the address', async () => {
    const { sessions, clock } = setUp({ memory: 0 });
    const userId = await addUser(database.pool);
    const { token } = await sessions.create({ userId, by: 'password', address: '203.0.113.77' });
    expect((await storedSession(userId)).network).toBe('203.0.113.0/24');
    clock.advance(300_000);
    await sessions.validate(token, { address: '2001:db8:1:2:3::4' });
    expect((await storedSession(userId)).network).toBe('2001:db8:1::/48');
    clock.advance(300_000);
    await sessions.validate(token);
    expect((await storedSession(userId)).network).toBe('2001:db8:1::/48');
  });

  it('K6 a session from before proofs were noted has none', async () => {
    const { sessions } = setUp();
    const { token } = await sessions.create({ userId: await addUser(database.pool), by: 'password' });
    await database.pool.query('update sessions set verified_at = null');
    const session = (await sessions.validate(token))!.session;
    expect(session.verifiedAt).toBeNull();
    await expect(sessions.readVerifiedAt(session.id)).resolves.toBeNull();
  });
});
