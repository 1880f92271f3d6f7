import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestDatabase } from '../../db/testing';
import { createTestDatabase } from '../../db/testing';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createAccounts } from '../auth/accounts';
import { createPasswordHasher } from '../auth/passwords';
import { createSigningKeys } from '../passes/signing-keys';
import { describeDemoPassword, ensureDemoSite } from './demo-site';

const EMAILS = ['resident-a', 'resident-b', 'guard', 'manager'].map((name) => `${name}@demo.undercroft.test`);
/** 00:30 on 21 November in Berlin, still the 20th in UTC. */
const clock = createSettableClock(Date.UTC(2026, 10, 20, 23, 30));
const passwords = createPasswordHasher();

let database: TestDatabase;
let dataDir: string;
beforeEach(async () => {
  database = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'undercroft-demo-'));
});
afterEach(async () => {
  await database.close();
  await rm(dataDir, { recursive: true });
});

const ensure = (demoPassword?: string) => {
  const { pool } = database;
  const signingKeys = createSigningKeys({ pool, clock, newId, secretKey: new Uint8Array(32) });
  return ensureDemoSite({ pool, clock, dataDir, demoPassword, passwords, signingKeys });
};

async function snapshot() {
  const queries = [
    'select site_id, name, time_zone, registration, policy, issuance_account_id from sites',
    'select account_id, kind, balance from accounts order by account_id',
    'select movement_id, account_id, amount from entries order by movement_id, account_id',
    'select user_id, email, name from users order by email',
    'select site_id, member_id, user_id, role, name, flat from members order by member_id',
    'select site_id, slot_id, label, level, kind, owner_id, lent::text from slots order by label',
  ];
  const results = await Promise.all(
    queries.map((query) => database.pool.query<Record<string, unknown>>(query)),
  );
  return results.map(({ rows }) => rows);
}

async function canSignIn(email: string, password: string): Promise<boolean> {
  const accounts = createAccounts({ pool: database.pool, passwords });
  return (await accounts.signIn({ email, password })).ok;
}

describe('ensureDemoSite', () => {
  it('A8 makes slots A-01 to A-10 over two levels: four owned, two of them lent for a week of whole days', async () => {
    await ensure();
    const [sites, , , , , slots = []] = await snapshot();
    expect(sites).toMatchObject([
      {
        ...{ name: 'Undercroft Demo', time_zone: 'Europe/Berlin', registration: 'open' },
        policy: { creditPrice: 50, currency: 'EUR' },
      },
    ]);
    expect(slots.map((slot) => slot['label'])).toEqual(
      ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10'].map((number) => `A-${number}`),
    );
    expect(new Set(slots.map((slot) => slot['level'])).size).toBe(2);
    expect(slots.map((slot) => slot['owner_id'] !== null).lastIndexOf(true)).toBe(3);
    const { rows } = await database.pool.query<{ label: string; start: Date; end: Date }>(
      `select label, lower(lent) as start, upper(lent) as end from slots where not isempty(lent) order by label`,
    );
    const week = { start: new Date('2026-11-20T23:00Z'), end: new Date('2026-11-27T23:00Z') };
    expect(rows).toEqual([
      { label: 'A-03', ...week },
      { label: 'A-04', ...week },
    ]);
  });

  it('D1 A8 makes the four accounts with a password of its own, kept for its owner only', async () => {
    const demo = await ensure();
    expect(demo?.accounts.map(({ email }) => email)).toEqual(EMAILS);
    expect(demo?.accounts.map(({ role }) => role)).toEqual(['resident', 'resident', 'guard', 'manager']);
    expect(demo?.passwordFrom).toBe('file');
    const password = demo?.password ?? '';
    expect(password).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
    await expect(readFile(join(dataDir, 'demo-password'), 'utf8')).resolves.toBe(`${password}\n`);
    expect((await stat(join(dataDir, 'demo-password'))).mode & 0o777).toBe(0o600);
    for (const email of EMAILS) await expect(canSignIn(email, password)).resolves.toBe(true);
    await expect(canSignIn('ines.fuchs@demo.undercroft.test', password)).resolves.toBe(false);
    const { rows } = await database.pool.query(
      `select label, email from slots s join members m on m.member_id = s.owner_id join users using (user_id)
        where label in ('A-01', 'A-02') order by label`,
    );
    expect(rows).toEqual([
      { label: 'A-01', email: EMAILS[0] },
      { label: 'A-02', email: EMAILS[1] },
    ]);
  });

  it('A8 changes nothing at a later start and tells the same password', async () => {
    const first = await ensure();
    const before = await snapshot();
    await expect(ensure()).resolves.toEqual(first);
    await expect(snapshot()).resolves.toEqual(before);
  });

  it('A8 makes the same demo each time, but for the password', async () => {
    const first = await ensure();
    const before = await snapshot();
    await database.close();
    database = await createTestDatabase();
    await rm(join(dataDir, 'demo-password'));
    const second = await ensure();
    await expect(snapshot()).resolves.toEqual(before);
    expect(second?.password).not.toBe(first?.password);
  });

  it('A8 makes one demo when several processes start at once', async () => {
    const [first, ...others] = await Promise.all([ensure(), ensure(), ensure()]);
    for (const other of others) expect(other).toEqual(first);
    expect((await snapshot())[0]).toHaveLength(1);
    await expect(canSignIn(EMAILS[0] ?? '', first?.password ?? '')).resolves.toBe(true);
  });

  it('A8 takes DEMO_PASSWORD, keeps it nowhere, and tells no password that does not work', async () => {
    const given = 'from the environment';
    await expect(ensure(given)).resolves.toMatchObject({ password: given, passwordFrom: 'environment' });
    await expect(readdir(dataDir)).resolves.toEqual([]);
    await expect(canSignIn(EMAILS[3] ?? '', given)).resolves.toBe(true);
    await expect(ensure('another one')).resolves.toMatchObject({ password: null, passwordFrom: null });
    await expect(ensure()).resolves.toMatchObject({ password: null, passwordFrom: null });
    await expect(canSignIn(EMAILS[3] ?? '', 'another one')).resolves.toBe(false);
  });

  it('A8 takes a DEMO_PASSWORD that comes later, for the accounts whose password is still the made one', async () => {
    const made = (await ensure())?.password ?? '';
    await database.pool.query(
      `update passwords set hash = $1 where user_id = (select user_id from users where email = $2)`,
      [await passwords.hash('changed by somebody'), EMAILS[3]],
    );
    const given = 'from the environment';
    const later = await ensure(given);
    expect(later).toMatchObject({
      password: given,
      passwordFrom: 'environment',
      notInEffectFor: [EMAILS[3]],
    });
    for (const email of EMAILS.slice(0, 3)) {
      await expect(canSignIn(email, given)).resolves.toBe(true);
      await expect(canSignIn(email, made)).resolves.toBe(false);
    }
    await expect(canSignIn(EMAILS[3] ?? '', 'changed by somebody')).resolves.toBe(true);
    expect(describeDemoPassword(later!, dataDir)).toContain(`DEMO_PASSWORD (not of ${EMAILS[3]}`);
    await expect(ensure(given)).resolves.toEqual(later);
  });

  it('A8 says that a DEMO_PASSWORD is not in effect', async () => {
    await ensure('from the environment');
    const demo = await ensure('another one');
    expect(demo?.notInEffectFor).toEqual(EMAILS);
    expect(describeDemoPassword(demo!, dataDir)).toContain('DEMO_PASSWORD is not in effect');
    const unset = await ensure();
    expect(describeDemoPassword(unset!, dataDir)).not.toContain('DEMO_PASSWORD');
  });

  it('A8 leaves a database alone that somebody else uses', async () => {
    await database.pool.query(
      `insert into users (user_id, email, name) values ($1, 'ada@example.test', 'Ada')`,
      [newId()],
    );
    const before = await snapshot();
    await expect(ensure()).resolves.toBeNull();
    await expect(snapshot()).resolves.toEqual(before);
    await expect(readdir(dataDir)).resolves.toEqual([]);
  });
});
