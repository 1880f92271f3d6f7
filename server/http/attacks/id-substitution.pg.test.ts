import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowedOp } from '#shared/domain/access';
import type { Role } from '#shared/domain/entities';
import { opSchemas, type Op } from '#shared/protocol/ops';
import { pullRequestSchema } from '#shared/protocol/pull';
import { pushRequestSchema } from '#shared/protocol/push';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { startTestServer, type TestServer } from '../testing';
import { createWatch, differencesOf, idsFor, type KnownIds } from './testing-digest';
import { addPerson, makeHouse, wish, type House, type Inhabitant } from './testing-house';
import { openSession } from './testing-people';
import { listProcedures } from './testing-procedures';
import { isSchema, sampleOf, withValueAt, type Schema } from './testing-samples';
import { callWire } from './testing-wire';

const ATTEMPTS_PER_ID = 4;
const roles = ['resident', 'guard', 'manager'] as const satisfies readonly Role[];

let database: TestDatabase;
let server: TestServer;
let attackers: House;
let victims: House;
let neighbour: Inhabitant;
let own: KnownIds;
let theirs: KnownIds;
let watch: Awaited<ReturnType<typeof createWatch>>;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({ databaseUrl: database.url, trustProxy: 1 });
  attackers = await makeHouse(database.pool, { url: server.url, mark: 'Attackers' });
  victims = await makeHouse(database.pool, { url: server.url, mark: 'Victims' });
  neighbour = await addPerson(database.pool, {
    siteId: victims.siteId,
    mark: 'Neighbours',
    role: 'resident',
  });
  watch = await createWatch(database.pool, victims);
  own = await (await createWatch(database.pool, attackers)).ids();
  theirs = await watch.ids();
});
afterAll(async () => {
  await server.close();
  await database.close();
});

const ops = Object.entries(opSchemas) as unknown as [Op, Schema][];
const byFunction: Readonly<Record<string, unknown>> = {
  'sync.push': pushRequestSchema,
  'sync.pull': pullRequestSchema,
};
const calls = listProcedures().flatMap((procedure) => {
  const schemas = [byFunction[procedure.path], ...procedure.inputs].filter(isSchema);
  return schemas.map((schema) => [procedure.path, procedure, schema] as const);
});

/**
 * Everything that can be asked with an id of `known`: at each place of an id each that its name may stand for, beside ids of
 * `others` and beside new ones, and at every place at once.
 */
function substitutionsOf(
  schema: Schema,
  { known, others }: { known: KnownIds; others: KnownIds } = { known: theirs, others: own },
): unknown[] {
  const idsAt = (path: readonly string[]): readonly string[] =>
    idsFor(path.findLast((part) => !/^\d+$/.test(part)) ?? '', known).slice(0, ATTEMPTS_PER_ID);
  const bases = [
    sampleOf(schema, (name) => (/Id$/.test(name) ? idsFor(name, others)[0] : undefined)),
    sampleOf(schema),
  ];
  return bases.flatMap(({ value, idPaths }) => {
    const one = idPaths.flatMap((path) => idsAt(path).map((id) => withValueAt(value, path, id)));
    const all = idPaths.reduce((changed, path) => withValueAt(changed, path, idsAt(path)[0]), value);
    return idPaths.length > 1 ? [...one, all] : one;
  });
}

/** What of the victims an answer gave away: their mark, or an id that the question did not hold. */
function leaksOf(answer: string, question: unknown): string[] {
  const asked = JSON.stringify(question);
  const secrets = [victims.mark, ...new Set([...theirs.values()].flat())];
  return secrets.filter((secret) => answer.includes(secret) && !asked.includes(secret));
}

/** For each role and each question at once: every one has a session, or a device, of its own. */
async function tryAll<R extends Role>(
  roles: readonly R[],
  questions: readonly unknown[],
  attempt: (role: R, question: unknown) => Promise<void>,
): Promise<void> {
  await Promise.all(roles.flatMap((role) => questions.map((question) => attempt(role, question))));
}

describe('D1 ids of another site change nothing there and tell nothing', () => {
  it.each(ops)('D1 %s', async (op, schema) => {
    const before = await watch.ofHouse();
    const attacking = roles.filter((role) => allowedOp(role, op));
    await tryAll(attacking, substitutionsOf(schema), async (role, args) => {
      const { text } = await wish(target(), freshDevice(attackers, role), [{ op, args }]);
      expect(leaksOf(text, args), text).toEqual([]);
    });
    expect(differencesOf(before, await watch.ofHouse())).toEqual([]);
  });

  it.each(calls)('D1 %s', async (_path, procedure, schema) => {
    const before = await watch.ofHouse();
    await tryAll(roles, substitutionsOf(schema), async (role, input) => {
      const cookie = await openSession(database.pool, attackers.people[role]);
      const answer = await callWire({ url: server.url, procedure, cookie, input });
      expect(leaksOf(answer.text, input), answer.text).toEqual([]);
      expect(answer.code).not.toBe('internal');
    });
    expect(differencesOf(before, await watch.ofHouse())).toEqual([]);
  });
});

describe('D1 ids of another member of the same site change nothing of theirs', () => {
  const unprivileged = ['resident', 'guard'] as const;
  // D2: a guard at the gate may send away whose visitor it is not.
  const guardMay: readonly string[] = ['visitor.revoke@1'];
  const attackerOf = (role: 'resident' | 'guard'): Inhabitant =>
    role === 'resident' ? neighbour : victims.people.guard;

  it.each(ops)('D1 %s', async (op, schema) => {
    const before = await watch.ofPerson(victims.people.resident);
    const attacking = unprivileged
      .filter((role) => allowedOp(role, op))
      .filter((role) => !(role === 'guard' && guardMay.includes(op)));
    await tryAll(attacking, substitutionsOf(schema), async (role, args) => {
      await wish(target(), { ...attackerOf(role), clientId: randomUUID() }, [{ op, args }]);
    });
    expect(differencesOf(before, await watch.ofPerson(victims.people.resident))).toEqual([]);
  });

  it.each(calls)('D1 %s', async (_path, procedure, schema) => {
    const before = await watch.ofPerson(victims.people.resident);
    await tryAll(unprivileged, substitutionsOf(schema), async (role, input) => {
      const cookie = await openSession(database.pool, attackerOf(role));
      await callWire({ url: server.url, procedure, cookie, input });
    });
    expect(differencesOf(before, await watch.ofPerson(victims.people.resident))).toEqual([]);
  });
});

/** Without it a house full of dead ids would pass all of the above. */
describe('D1 the same wishes are granted to whose ids they are', () => {
  it.each([
    'reservation.create@1',
    'reservation.change@1',
    'reservation.cancel@1',
    'share.open@1',
    'scan.record@1',
    'pass.bind@1',
    'visitor.revoke@1',
    'visitor.link@1',
    'incident.close@1',
    'device.revoke@1',
    'member.set_role@1',
    'member.remove@1',
  ] as const)('D1 %s', async (op) => {
    const house = await makeHouse(database.pool, { url: server.url, mark: 'Owners' });
    const known = await (await createWatch(database.pool, house)).ids();
    const questions = substitutionsOf(opSchemas[op] as unknown as Schema, { known, others: known });
    const codes: (string | null)[] = [];
    for (const role of roles.filter((it) => allowedOp(it, op))) {
      for (const args of questions) {
        const { outcomes } = await wish(target(), freshDevice(house, role), [{ op, args }]);
        codes.push(outcomes[0]?.status === 'applied' ? 'applied' : (outcomes[0]?.code ?? null));
        if (codes.includes('applied')) return;
      }
    }
    expect(codes).toContain('applied');
  });
});

function freshDevice(house: House, role: Role): Inhabitant {
  return { ...house.people[role], clientId: randomUUID() };
}

function target() {
  return { pool: database.pool, url: server.url };
}
