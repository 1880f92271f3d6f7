import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { faultKinds } from './faults';
import { invariants } from './invariants';
import { runSimulation, type RunResult } from './run';

/*
 * One short run with every fault but the crash of Postgres, which the other tests use at the same time. Long ones:
 * npm run sim, npm run sim:soak.
 */
const choice = { seed: 5, devices: 10, steps: 24, faults: new Set(faultKinds), only: null, keep: null };

let result: RunResult;

beforeAll(async () => {
  const { adminUrl, owner, template } = inject('testPostgres');
  const cluster = { adminUrl, ownerUrl: owner.url, template };
  result = await runSimulation(choice, { cluster: () => cluster, crashPostgres: null });
}, 120_000);

describe('a short simulation', () => {
  it('X5 has wishes, outcomes and faults of the network, the database, the server and the devices', () => {
    const { wishes, outcomes, faults } = result;
    expect(wishes).toBeGreaterThan(5);
    expect(outcomes['applied']).toBeGreaterThan(2);
    expect(faults['lost-reply'] + faults['lost-request'] + faults.late).toBeGreaterThan(0);
    expect(faults.serialization + faults.deadlock + faults.slow).toBeGreaterThan(0);
    expect(faults['server-kill']).toBeGreaterThan(0);
  });

  it.each(Object.entries(invariants))('X5 %s holds: %s', (id) => {
    expect(result.violations.filter(({ invariant }) => invariant === id)).toEqual([]);
  });

  it('X5 checks every invariant that docs/invariants.md has', () => {
    const text = readFileSync(new URL('../../docs/invariants.md', import.meta.url), 'utf8');
    const written = [...text.matchAll(/^\| (I\d+) /gm)].map(([, id]) => id);
    expect(written).toEqual(Object.keys(invariants));
  });
});
