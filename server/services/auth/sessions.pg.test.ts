import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { createSessions } from './sessions';
import { addMember, addSite, addUser } from './testing-people';

const START = Date.UTC(2026, 10, 21);
const DAY = 86_400_000;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

function setUp(options: { memory?: number } = {}) {
  const clock = createSettableClock(START);
  const sessions = createSessions({ pool: database.pool, clock, ...options });
  return { clock, sessions, elsewhere: createSessions({ pool: database.pool, clock, ...options }) };
}

async function storedSession(userId: string) {
  const { rows } = await database.pool.query('select * from sessions where user_id = $1', [userId]);
  return rows[0] as { token_sha256: Buffer; user_agent: string; last_seen_at: Date; expires_at: Date };
}

describe('createSessions', () => {
  it('A2 stores the SHA-256 of a token of 160 bits and never the token', async () => {
    const { sessions } = setUp();
    const userId = await addUser(database.pool);
    const { token } = await sessions.create({ userId, userAgent: 'x'.repeat(1000) });
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
    const { token } = await sessions.create({ userId });
    await expect(sessions.validate(token)).resolves.toEqual({
      user: { id: userId, email: 'ada@example.test', name: 'Ada' },
      member: { id: memberId, siteId: first, siteName: 'House', role: 'manager', name: 'Ada at home' },
      session: {
        id: createHash('sha256').update(token).digest('base64url'),
        createdAt: START,
        expiresAt: START + 30 * DAY,
        verifiedAt: START,
      },
    });
  });

  it('A2 has a user without a site', async () => {
    const { sessions } = setUp();
    const { token } = await sessions.create({ userId: await addUser(database.pool) });
    await expect(sessions.validate(token)).resolves.toMatchObject({ member: null });
  });

  it.each(['', 'x', 'a'.repeat(32), 'A'.repeat(32), 'a'.repeat(1_000_000)])(
    'A2 refuses a made-up token (case %#)',
    async (token) => {
      const { sessions } = setUp();
      await expect(sessions.validate(token)).resolves.toBeNull();
    },
  );

  it('A2 slides the end once half of the lifetime has passed, and not before', async () => {
    const { sessions, clock } = setUp();
    const { token } = await sessions.create({ userId: await addUser(database.pool) });
    clock.set(START + 15 * DAY);
    await expect(sessions.validate(token)).resolves.toMatchObject({
      session: { expiresAt: START + 30 * DAY },
    });
    clock.set(START + 16 * DAY);
    await expect(sessions.validate(token)).resolves.toMatchObject({
      session: { expiresAt: START + 46 * DAY },
    });
    clock.set(START + 45 * DAY);
    await expect(sessions.validate(token)).resolves.not.toBeNull();
  });

  it('A2 is over at its end', async () => {
    const { sessions, clock } = setUp();
    const { token } = await sessions.create({ userId: await addUser(database.pool) });
    clock.set(START + 30 * DAY);
    await expect(sessions.validate(token)).resolves.toBeNull();
  });

  it('A2 takes a lifetime from its configuration', async () => {
    const { clock } = setUp();
    const sessions = createSessions({ pool: database.pool, clock, lifetime: 1000 });
    const { token, expiresAt } = await sessions.create({ userId: await addUser(database.pool) });
    expect(expiresAt).toBe(START + 1000);
    await expect(sessions.validate(token)).resolves.not.toBeNull();
    clock.advance(1000);
    await expect(sessions.validate(token)).resolves.toBeNull();
  });

  it('A2 ends at once where it is ended, and within two seconds elsewhere', async () => {
    const { sessions, elsewhere, clock } = setUp();
    const { token } = await sessions.create({ userId: await addUser(database.pool) });
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
    const own = [await sessions.create({ userId }), await sessions.create({ userId })];
    const others = await sessions.create({ userId: otherId });
    await Promise.all(own.map(({ token }) => sessions.validate(token)));
    await sessions.endAll(userId);
    for (const { token } of own) await expect(sessions.validate(token)).resolves.toBeNull();
    await expect(sessions.validate(others.token)).resolves.not.toBeNull();
  });

  it('notes when it was last seen every few minutes, not at each request', async () => {
    const { sessions, clock } = setUp({ memory: 0 });
    const userId = await addUser(database.pool);
    const { token } = await sessions.create({ userId });
    clock.advance(299_999);
    await sessions.validate(token);
    expect((await storedSession(userId)).last_seen_at.getTime()).toBe(START);
    clock.advance(1);
    await sessions.validate(token);
    expect((await storedSession(userId)).last_seen_at.getTime()).toBe(START + 300_000);
  });

  it('A2 is over at its end also while it is remembered', async () => {
    const { clock } = setUp();
    const sessions = createSessions({ pool: database.pool, clock, lifetime: 4000, memory: 60_000 });
    const { token } = await sessions.create({ userId: await addUser(database.pool) });
    await expect(sessions.validate(token)).resolves.not.toBeNull();
    clock.advance(4000);
    await expect(sessions.validate(token)).resolves.toBeNull();
  });

  it('removes the expired sessions of whoever signs in', async () => {
    const { sessions, clock } = setUp();
    const userId = await addUser(database.pool);
    const old = await sessions.create({ userId });
    clock.advance(31 * DAY);
    await sessions.create({ userId });
    const { rows } = await database.pool.query('select from sessions where user_id = $1', [userId]);
    expect(rows).toHaveLength(1);
    await expect(sessions.validate(old.token)).resolves.toBeNull();
  });

  it('K6 notes a proof of who one is in one session alone, and honours it at once', async () => {
    const { sessions, elsewhere, clock } = setUp();
    const userId = await addUser(database.pool);
    const [own, other] = [await sessions.create({ userId }), await sessions.create({ userId })];
    const session = (await sessions.validate(own.token))!.session;
    await elsewhere.validate(own.token);
    clock.advance(500);
    await expect(sessions.noteVerified(session.id)).resolves.toBe(START + 500);
    const verifiedAt = async (there: typeof sessions, { token }: { token: string }) =>
      (await there.validate(token))?.session.verifiedAt;
    await expect(verifiedAt(sessions, own)).resolves.toBe(START + 500);
    await expect(verifiedAt(sessions, other)).resolves.toBe(START);
    // Another process remembers the session for up to two seconds, but can ask.
    await expect(verifiedAt(elsewhere, own)).resolves.toBe(START);
    await expect(elsewhere.readVerifiedAt(session.id)).resolves.toBe(START + 500);
    await sessions.end(session.id);
    await expect(elsewhere.readVerifiedAt(session.id)).resolves.toBeNull();
  });

  it('K6 a session from before proofs were noted has none', async () => {
    const { sessions } = setUp();
    const { token } = await sessions.create({ userId: await addUser(database.pool) });
    await database.pool.query('update sessions set verified_at = null');
    const session = (await sessions.validate(token))!.session;
    expect(session.verifiedAt).toBeNull();
    await expect(sessions.readVerifiedAt(session.id)).resolves.toBeNull();
  });
});
