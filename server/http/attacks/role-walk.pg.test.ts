import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessOf, procedures, type Callers } from '#shared/domain/procedure-access';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { demoId } from '../../services/demo/demo-people';
import { startTestServer, type TestServer } from '../testing';
import { TEST_PASSWORD } from '../testing-device';
import { kindsOfCaller, makeCaller, type KindOfCaller } from './testing-people';
import { listProcedures } from './testing-procedures';
import { callWire } from './testing-wire';

const there = listProcedures();
/** What the guard before every procedure may say; a procedure that was reached says anything else. */
const refusals: readonly (string | null)[] = [
  'signed_out',
  'no_site',
  'role_forbidden',
  'verification_needed',
];

let database: TestDatabase;
let server: TestServer;
let siteId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({ databaseUrl: database.url, demoPassword: TEST_PASSWORD, trustProxy: 1 });
  siteId = demoId('site/0');
});
afterAll(async () => {
  await server.close();
  await database.close();
});

/** Written by hand and apart from the server's own look at the table, so that a slip in either shows. */
function expectedRefusal(callers: Callers, kind: KindOfCaller): string | null {
  if (callers === 'anyone') return null;
  if (kind === 'signed_out') return 'signed_out';
  if (callers === 'signed_in') return null;
  if (callers === 'administrator') return kind === 'administrator' ? null : 'role_forbidden';
  if (kind === 'no_site' || kind === 'administrator') return 'no_site';
  return callers.includes(kind) ? null : 'role_forbidden';
}

describe('A2 D1 E2 every procedure and who may call it', () => {
  it('D1 the table and the router name the same procedures', () => {
    expect(there.map(({ path }) => path).sort()).toEqual([...procedures].sort());
  });

  it('D1 a procedure in no table would answer nobody', () => {
    for (const { path } of there) expect(accessOf(path), path).toBeDefined();
    expect(accessOf('toString')).toBeUndefined();
  });

  it.each(there.map((procedure) => [procedure.path, procedure] as const))(
    'A2 D1 %s',
    async (path, procedure) => {
      const access = accessOf(path)!;
      const look = async (kind: KindOfCaller, verified: boolean): Promise<string[]> => {
        const { cookie } = await makeCaller(database.pool, { kind, siteId, verified });
        // No procedure takes it, so that the guard alone is asked; those without input do what they do, to new people.
        const { code } = await callWire({ url: server.url, procedure, cookie, input: { '': 'nothing' } });
        const unproved = access.verified && !verified ? 'verification_needed' : null;
        const expected = expectedRefusal(access.callers, kind) ?? unproved;
        const seen = refusals.includes(code) ? code : null;
        if (seen === expected) return [];
        return [`${kind}, ${verified ? '' : 'not '}verified: ${String(seen)}, not ${String(expected)}`];
      };
      const looks = kindsOfCaller.flatMap((kind) =>
        kind === 'signed_out' ? [look(kind, false)] : [look(kind, false), look(kind, true)],
      );
      const differences = (await Promise.all(looks)).flat();
      expect(differences).toEqual([]);
    },
  );
});
