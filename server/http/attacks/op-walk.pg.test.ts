import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowedOp, hasRule } from '#shared/domain/access';
import { opSchemas, type Op } from '#shared/protocol/ops';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { startTestServer, type TestServer } from '../testing';
import { addPerson, makeHouse, wish, type House } from './testing-house';
import { sampleOf, type Schema } from './testing-samples';

const roles = ['resident', 'guard', 'manager'] as const;
const ops = Object.entries(opSchemas) as unknown as [Op, Schema][];

let database: TestDatabase;
let server: TestServer;
let house: House;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({ databaseUrl: database.url, trustProxy: 1 });
  house = await makeHouse(database.pool, { url: server.url, mark: 'Walkers' });
});
afterAll(async () => {
  await server.close();
  await database.close();
});

describe('D1 every op and who may ask for it', () => {
  it.each(ops)('D1 %s', async (op, schema) => {
    expect(hasRule(op)).toBe(true);
    const target = { pool: database.pool, url: server.url };
    const differences: string[] = [];
    for (const role of roles) {
      const person = await addPerson(database.pool, { siteId: house.siteId, mark: 'Walkers', role });
      // About oneself, so that no rule of whose row it is stands before the table: anybody may leave.
      const { value: args } = sampleOf(schema, (name) => (name === 'memberId' ? person.memberId : undefined));
      const { outcomes, text } = await wish(target, person, [{ op, args }]);
      const [outcome] = outcomes;
      if (!outcome) throw new Error(`no outcome: ${text}`);
      // What the schema refuses never comes to the rule.
      expect(outcome.status, text).not.toBe('quarantined');
      const isRefused = outcome.code === 'role_forbidden';
      if (isRefused === allowedOp(role, op)) differences.push(`${role}: ${String(outcome.code)}`);
    }
    expect(differences).toEqual([]);
  });

  it('D1 nobody speaks for the site itself', () => {
    const system = ops.map(([op]) => op).filter((op) => allowedOp('system', op));
    const alone = system.filter((op) => !roles.some((role) => allowedOp(role, op)));
    expect(alone).toEqual([
      'reservation.settle@1',
      'visitor.open@1',
      'share.follow_rules@1',
      'waitlist.offer@1',
      'waitlist.lapse@1',
      'topup.settle@1',
      'topup.fail@1',
      'topup.refunded@1',
    ]);
  });
});
