import { createECDH, createHash, ECDH, randomBytes, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Role } from '#shared/domain/entities';
import type { Outcome } from '#shared/protocol/push';
import { inTransaction } from '../../db/transaction';
import { systemClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createSigningKeys } from '../../services/passes/signing-keys';
import { makeSite } from '../../services/sites/make-site';
import { makeCaller, openSession } from './testing-people';
import { callWire, type WireAnswer } from './testing-wire';

const HOUR = 3_600_000;

/** A member of a house with a device. */
export interface Inhabitant {
  readonly role: Role;
  readonly userId: string;
  readonly memberId: string;
  readonly clientId: string;
}

/** A site that has something of everything that can be named by an id. */
export interface House {
  readonly siteId: string;
  /** Stands in names, e-mails and phone numbers of its people, and nowhere else. */
  readonly mark: string;
  readonly people: Readonly<Record<Role, Inhabitant>>;
}

export interface Wish {
  readonly op: string;
  readonly args: unknown;
}

/** Makes a house with rows in every table that a member can fill, by its people's own wishes where there are ops. */
export async function makeHouse(pool: Pool, { url, mark }: { url: string; mark: string }): Promise<House> {
  const secretKey = new Uint8Array(32).fill(7);
  const signingKeys = createSigningKeys({ pool, clock: systemClock, newId, secretKey });
  const site = { name: `${mark} House`, timeZone: 'Europe/Berlin', registration: 'invited' } as const;
  const siteId = await inTransaction(pool, (client) => makeSite(client, site, { newId, signingKeys }));
  const people = {
    resident: await addPerson(pool, { siteId, mark, role: 'resident' }),
    guard: await addPerson(pool, { siteId, mark, role: 'guard' }),
    manager: await addPerson(pool, { siteId, mark, role: 'manager' }),
  };
  const house = { siteId, mark, people };
  await addSlots(pool, house);
  await wishForEverything(pool, { url, house });
  await addWhatNoOpMakes(pool, house);
  return house;
}

export async function addPerson(
  pool: Pool,
  { siteId, mark, role }: { siteId: string; mark: string; role: Role },
): Promise<Inhabitant> {
  const name = `${mark} ${role}`;
  const { userId, memberId } = await makeCaller(pool, { kind: role, siteId, name });
  await pool.query('update users set email = $2 where user_id = $1', [
    userId,
    `${mark}.${randomUUID()}@example.test`,
  ]);
  return { role, userId: userId!, memberId: memberId!, clientId: randomUUID() };
}

/** Sends wishes from a person's device, each in a session of its own, and answers what came. */
export async function wish(
  target: { pool: Pool; url: string },
  person: Pick<Inhabitant, 'userId' | 'clientId'>,
  wishes: readonly Wish[],
): Promise<WireAnswer & { outcomes: readonly Outcome[] }> {
  const { pool, url } = target;
  const { rows } = await pool.query<{ seq: string }>(
    'select coalesce(max(last_seq), 0) as seq from clients where client_id = $1',
    [person.clientId],
  );
  const cookie = await openSession(pool, { userId: person.userId });
  const intents = wishes.map(({ op, args }, index) => ({
    ...{ seq: Number(rows[0]!.seq) + 1 + index, id: randomUUID(), op, args },
    ...{ deviceTime: Date.now(), expiresAt: null },
  }));
  const input = { proto: 1, build: 'test', clientId: person.clientId, intents };
  const answer = await callWire({ url, procedure: { path: 'sync.push', type: 'mutation' }, cookie, input });
  const body = JSON.parse(answer.text) as { result?: { data: { outcomes: readonly Outcome[] } } };
  return { ...answer, outcomes: body.result?.data.outcomes ?? [] };
}

/** The compressed point of a new key, base64url: what a device binds. */
export function newHolderKey(): string {
  const key = createECDH('prime256v1').generateKeys();
  return ECDH.convertKey(key, 'prime256v1', undefined, 'base64url', 'compressed') as string;
}

async function addSlots(pool: Pool, { siteId, people }: House): Promise<void> {
  for (const [label, owner] of [
    ['S-1', people.resident.memberId],
    ['S-2', null],
    ['S-3', null],
  ]) {
    await pool.query('insert into slots (site_id, slot_id, label, owner_id) values ($1, $2, $3, $4)', [
      ...[siteId, newId(), label, owner],
    ]);
  }
}

async function wishForEverything(pool: Pool, { url, house }: { url: string; house: House }): Promise<void> {
  const { resident, guard, manager } = house.people;
  const { rows } = await pool.query<{ slot_id: string }>(
    'select slot_id from slots where site_id = $1 and owner_id is null order by label',
    [house.siteId],
  );
  const start = Date.now() + 2 * HOUR;
  const window = { start, end: start + HOUR };
  const scan = {
    scanId: newId(),
    passId: null,
    gate: 0,
    scannedAt: Date.now(),
    result: 'forged',
    reason: '',
    code: 'x',
  };
  const visitor = {
    ...{
      visitorPassId: newId(),
      visitors: [{ name: `${house.mark} Visitor`, phone: '+49 30 1234567' }],
      uses: 1,
    },
    ...{ ...window, plate: '', amount: 0, payment: 'none', reference: '', binds: false },
    linkHash: randomBytes(32).toString('base64url'),
  };
  const wishes: readonly (readonly [Inhabitant, readonly Wish[]])[] = [
    [
      resident,
      [
        { op: 'pass.bind@1', args: { holderKey: newHolderKey(), reservationId: null } },
        { op: 'reservation.create@1', args: { reservationId: newId(), slotId: rows[0]!.slot_id, ...window } },
        { op: 'visitor.issue@1', args: visitor },
        { op: 'member.set_plate@1', args: { plate: 'B UC 1' } },
      ],
    ],
    [
      guard,
      [
        { op: 'journal.open@1', args: { journalId: newId(), publicKey: newHolderKey() } },
        { op: 'scan.record@1', args: scan },
      ],
    ],
    [manager, [{ op: 'site.set_policy@1', args: { changes: { leasesAtATime: 1, leaseTime: 60 } } }]],
  ];
  for (const [person, list] of wishes) {
    const { outcomes, text } = await wish({ pool, url }, person, list);
    if (outcomes.length !== list.length || outcomes.some(({ status }) => status !== 'applied'))
      throw new Error(`the house could not be furnished: ${text}`);
  }
}

/** What comes about by ceremonies, mails or accident. */
async function addWhatNoOpMakes(pool: Pool, { siteId, mark, people }: House): Promise<void> {
  const { userId } = people.resident;
  const [at, later] = [new Date(), new Date(Date.now() + HOUR)];
  const secret = () => createHash('sha256').update(randomBytes(32)).digest();
  await pool.query(
    `insert into incidents (site_id, incident_id, kind, scan_ids, raised_at)
     select $1, $2, 'double_use', array_agg(scan_id), $3 from scans where site_id = $1`,
    [siteId, newId(), at],
  );
  await pool.query(
    `insert into passkeys (credential_id, user_id, public_key, counter, backed_up, name) values ($1, $2, $3, 0, false, 'Phone')`,
    [randomBytes(16).toString('base64url'), userId, randomBytes(77)],
  );
  // Another way in, so that one may be taken away.
  await pool.query(`insert into passwords (user_id, hash, changed_at) values ($1, 'none', $2)`, [userId, at]);
  await pool.query(
    `insert into external_identities (issuer, subject, user_id, created_at) values ($1, $2, $3, $4)`,
    ['https://issuer.example', randomUUID(), userId, at],
  );
  await pool.query(
    `insert into invitations (site_id, invitation_id, kind, secret_sha256, role, uses_allowed, created_by, created_at, expires_at)
     values ($1, $2, 'link', $3, 'resident', 1, $4, $5, $6)`,
    [siteId, newId(), secret(), people.manager.memberId, at, later],
  );
  const waiting = await makeCaller(pool, { kind: 'no_site', siteId, name: `${mark} Waiting` });
  await pool.query(
    'insert into join_requests (site_id, request_id, user_id, created_at) values ($1, $2, $3, $4)',
    [siteId, newId(), waiting.userId, at],
  );
  await pool.query(
    `insert into unlock_requests (request_id, code_sha256, browser_sha256, match_number, asked_user_id, created_at, expires_at)
     values ($1, $2, $3, 42, $4, $5, $6)`,
    [newId(), secret(), secret(), userId, at, later],
  );
}
