import type { Pool, PoolClient } from 'pg';
import type { Role } from '#shared/domain/entities';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import { insertUser } from '../auth/accounts';
import type { PasswordHasher } from '../auth/passwords';
import type { SigningKeys } from '../passes/signing-keys';
import { joinSite } from '../sites/join-site';
import { makeSite } from '../sites/make-site';
import { chooseDemoPassword, findDemoPasswords } from './demo-password';
import { demoId, demoIds, demoPeople, demoSlots } from './demo-people';

export interface DemoOptions {
  pool: Pool;
  clock: Clock;
  /** Where the made password is kept. */
  dataDir: string;
  /** DEMO_PASSWORD. */
  demoPassword: string | undefined;
  passwords: PasswordHasher;
  signingKeys: Pick<SigningKeys, 'make'>;
}

/** What to print at start. */
export interface DemoSite {
  readonly siteId: string;
  readonly accounts: readonly { readonly email: string; readonly role: Role }[];
  /** Null when it is known no more: changed since, or the demo was made with another DEMO_PASSWORD. */
  readonly password: string | null;
  readonly passwordFrom: 'environment' | 'file' | null;
  /** The e-mails of accounts that keep another password although DEMO_PASSWORD is given. */
  readonly notInEffectFor: readonly string[];
}

const demoAccounts = demoPeople.filter((it) => it.signsIn);
/** The first id that `makeSite` takes. */
const DEMO_SITE_ID = demoIds('site')();
const TIME_ZONE = 'Europe/Berlin';
const LENT_DAYS = 7;
/** In cents: B8 can be tried at once, with the provider that moves no money. */
const CREDIT_PRICE = 50;
/** Its owner lends it by hand for a week, and every working day by a rule. */
const RULED_SLOT = 'A-04';
/** Any constant will do: the bytes of "demosite" with the first bit off. */
const ADVISORY_LOCK = '7234309775640945765';

/**
 * Makes the demo site in an empty database; in one that has the demo, only gives DEMO_PASSWORD to the accounts that
 * still have the made one, and tells accounts and password; in one with other people or sites, answers null and
 * changes nothing. Safe from many processes at once.
 * All but the password, and the day from which two slots are lent for a week, is the same each time.
 */
export async function ensureDemoSite(options: DemoOptions): Promise<DemoSite | null> {
  const { pool, dataDir, demoPassword } = options;
  if (await isEmpty(pool)) {
    const chosen = await chooseDemoPassword(dataDir, demoPassword);
    const hash = await options.passwords.hash(chosen.password);
    await inTransaction(pool, (client) => seedUnlessSeeded(client, hash, options));
  }
  if (!(await hasDemo(pool))) return null;
  const notInEffectFor = demoPassword === undefined ? [] : await giveToAccounts(demoPassword, options);
  const known = await findPasswordInUse(options);
  return {
    siteId: DEMO_SITE_ID,
    accounts: demoAccounts.map(({ email, role }) => ({ email, role })),
    password: known?.password ?? null,
    passwordFrom: known?.from ?? null,
    notInEffectFor,
  };
}

/** A sentence for a person at a terminal. It holds no password that was given, only one that was made. */
export function describeDemoPassword(demo: DemoSite, dataDir: string): string {
  const { accounts, password, passwordFrom, notInEffectFor } = demo;
  if (notInEffectFor.length === accounts.length) {
    return 'DEMO_PASSWORD is not in effect: their passwords are no longer the ones made at the first start.';
  }
  if (notInEffectFor.length > 0) {
    return `Their password is the one in DEMO_PASSWORD (not of ${notInEffectFor.join(', ')}: changed since the demo was made).`;
  }
  if (password === null) return 'Their password has been changed since the demo was made.';
  if (passwordFrom === 'environment') return 'Their password is the one in DEMO_PASSWORD.';
  return `Their password: ${password} (made at the first start, kept in ${dataDir}/demo-password)`;
}

/**
 * Sets a DEMO_PASSWORD that was given after the demo was made, but never over a password that somebody chose.
 * Answers the e-mails of the accounts whose password is still another.
 */
async function giveToAccounts(given: string, { pool, clock, dataDir, passwords }: DemoOptions) {
  const kept = (await findDemoPasswords(dataDir, undefined))[0]?.password;
  const notInEffectFor: string[] = [];
  for (const { key, email } of demoAccounts) {
    const userId = demoId(`user/${key}`);
    const hash = await findHash(pool, userId);
    if (await passwords.verify(hash, given)) continue;
    if (kept !== undefined && (await passwords.verify(hash, kept))) {
      // The old hash is in the condition in case somebody changes the password at this moment.
      await pool.query('update passwords set hash = $3, changed_at = $4 where user_id = $1 and hash = $2', [
        ...[userId, hash, await passwords.hash(given), new Date(clock.now())],
      ]);
    } else notInEffectFor.push(email);
  }
  return notInEffectFor;
}

async function findHash(pool: Pool, userId: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ hash: string }>('select hash from passwords where user_id = $1', [
    userId,
  ]);
  return rows[0]?.hash;
}

async function isEmpty(database: Pick<PoolClient, 'query'>): Promise<boolean> {
  const { rows } = await database.query<{ used: boolean }>(
    'select exists (select from sites) or exists (select from users) as used',
  );
  return rows[0]?.used === false;
}

async function hasDemo(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query('select from users where user_id = $1', [demoId('user/resident-a')]);
  return rowCount === 1;
}

async function seedUnlessSeeded(client: PoolClient, hash: string, options: DemoOptions): Promise<void> {
  await client.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
  if (!(await isEmpty(client))) return;
  const now = options.clock.now();
  const at = new Date(now);
  const site = {
    name: 'Undercroft Demo',
    timeZone: TIME_ZONE,
    registration: 'open',
    policy: { creditPrice: CREDIT_PRICE },
  } as const;
  const siteId = await makeSite(client, site, { newId: demoIds('site'), signingKeys: options.signingKeys });
  const memberIds = new Map<string, string>();
  for (const { key, email, name, flat, role, signsIn } of demoPeople) {
    const userId = demoId(`user/${key}`);
    await insertUser(client, { userId, email, name, at, hash: signsIn ? hash : undefined });
    // Nobody reads the mails of these addresses.
    await client.query('update users set email_verified_at = $2 where user_id = $1', [userId, at]);
    const tools = { newId: demoIds(`member/${key}`), now };
    memberIds.set(key, await joinSite(client, { siteId, userId, role, name, flat }, tools));
  }
  await insertSlots(client, { siteId, memberIds, at });
}

/** The lent windows are whole days of the site's own time, from the one in which the demo is made. */
async function insertSlots(
  client: PoolClient,
  { siteId, memberIds, at }: { siteId: string; memberIds: ReadonlyMap<string, string>; at: Date },
): Promise<void> {
  const rows = demoSlots.map(({ label, level, kind, owner, isLent }) => ({
    slot_id: demoId(`slot/${label}`),
    label,
    level,
    kind,
    owner_id: owner === null ? null : memberIds.get(owner),
    is_lent: isLent,
    has_rule: label === RULED_SLOT,
    rule_id: label === RULED_SLOT ? demoId(`rule/${label}`) : null,
  }));
  await client.query(
    `with today as (select date_trunc('day', $3::timestamptz at time zone $4) as midnight)
     insert into slots (site_id, slot_id, label, level, kind, owner_id, lent, opened, rules_revision)
     select $1, slot_id, label, level, kind, owner_id, w.lent, w.lent, case when has_rule then 1 else 0 end
       from today, jsonb_to_recordset($2) as slot (slot_id uuid, label text, level text, kind text, owner_id uuid, is_lent boolean, has_rule boolean),
            lateral (select case when is_lent then tstzmultirange(tstzrange(midnight at time zone $4, (midnight + $5 * interval '1 day') at time zone $4))
                                 else '{}' end as lent) w`,
    [siteId, JSON.stringify(rows), at, TIME_ZONE, LENT_DAYS],
  );
  // C1: every working day, from the day on which the demo is made; the job makes its windows.
  await client.query(
    `insert into lending_rules (site_id, rule_id, slot_id, weekdays, from_minute, until_minute, starts_on, created_at)
     select $1, rule_id, slot_id, 31, 510, 1050, ($3::timestamptz at time zone $4)::date, $3
       from jsonb_to_recordset($2) as rule (slot_id uuid, rule_id uuid) where rule_id is not null`,
    [siteId, JSON.stringify(rows), at, TIME_ZONE],
  );
}

/** The password that the first account really has, so that nothing is printed that does not work. */
async function findPasswordInUse({ pool, dataDir, demoPassword, passwords }: DemoOptions) {
  const hash = await findHash(pool, demoId('user/resident-a'));
  for (const candidate of await findDemoPasswords(dataDir, demoPassword)) {
    if (await passwords.verify(hash, candidate.password)) return candidate;
  }
  return undefined;
}
