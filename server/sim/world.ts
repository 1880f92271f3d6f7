import type { Findings } from './findings';
import { databaseFaults, type FaultCounts } from './faults';
import { FaultyNetwork } from './faulty-network';
import { Hearing } from './hearing';
import { Install } from './install';
import type { Choice } from './plan';
import { createServerHandle, type ServerHandle } from './server-handle';
import { Purchases } from './purchases';
import type { ToServer } from './server-messages';
import { SIM_SECRET_KEY } from './sim-secret-key';
import { createSimDatabase, type Cluster, type SimDatabase } from './sim-database';
import { beginSession, makeSimSite, type SimMember, type SimSite } from './site';
import { VirtualTime } from './virtual-time';

/** What runs stand on. */
export interface Grounds {
  readonly cluster: () => Cluster;
  /** Ends Postgres as a crash does; it comes back by itself. Null where others use the same one. */
  readonly crashPostgres: (() => Promise<void>) | null;
}

/** Everything that there is in one run. */
export interface World {
  readonly choice: Choice;
  readonly grounds: Grounds;
  readonly findings: Findings;
  readonly counts: FaultCounts;
  readonly time: VirtualTime;
  readonly hearing: Hearing;
  readonly database: SimDatabase;
  readonly server: ServerHandle;
  readonly network: FaultyNetwork;
  readonly site: SimSite;
  readonly purchases: Purchases;
  readonly installs: readonly Install[];
  /** Members that are not of the site at the moment. */
  readonly away: Set<SimMember>;
  /** The virtual time of the last restore; null when there was none. */
  restoredAt: number | null;
  isQuiet: boolean;
  /** A restore or backup is under way: nobody else starts the server. */
  busy: Promise<void>;
  orders(kills?: Partial<Pick<ToServer, 'killAfterCommits' | 'killAfterJobStatements'>>): ToServer;
  close(): Promise<void>;
}

/** The night in which Berlin's clocks go forward: an hour is missing in the middle of the run. */
const START = Date.UTC(2026, 2, 29, 0, 40);
/** The most real milliseconds that the first load is waited for. */
const FIRST_LOAD = 10_000;
/** What the product's own code says when it has a bug. */
const BUG = /An intent was put aside|a call failed|unhandled|a job broke/;

/** Makes database, site, server, devices and their sessions, and opens a tab on each. */
export async function buildWorld(
  choice: Choice,
  grounds: Grounds,
  { findings, counts }: { findings: Findings; counts: FaultCounts },
): Promise<World> {
  const { seed, devices } = choice;
  const time = new VirtualTime(START);
  const database = await createSimDatabase(grounds.cluster());
  const site = await makeSimSite(database.pool, { seed, devices, clock: time, secretKey: SIM_SECRET_KEY });
  const hearing = new Hearing(findings);
  const network = new FaultyNetwork({ seed, time, hearing, counts, faults: choice.faults });
  const orders: World['orders'] = (kills) => ({
    now: time.now(),
    databaseFaults: world.isQuiet ? [] : databaseFaults.filter((kind) => choice.faults.has(kind)),
    killAfterCommits: null,
    killAfterJobStatements: null,
    tick: null,
    ...kills,
  });
  const purchases: Purchases = new Purchases({ seed, time, findings, origin: () => server.origin });
  const server: ServerHandle = await createServerHandle({
    databaseUrl: database.url,
    seed,
    orders: () => orders(),
    onFault: (fault) => counts[fault]++,
    onError: (line) => findings.check('I9', !BUG.test(line), () => `the server logged ${line}`),
    onCheckout: (purchase) => purchases.onCheckout(purchase),
    onRefund: (topupId) => purchases.onRefund(topupId),
  });
  const installs = site.members.map(
    (owner, device) => new Install({ seed, device, owner, origin: server.origin, network, time }),
  );
  const stopWatching = watchConsole(findings);
  const world: World = {
    ...{
      choice,
      grounds,
      findings,
      counts,
      time,
      hearing,
      database,
      server,
      network,
      site,
      purchases,
      installs,
      orders,
    },
    away: new Set(),
    restoredAt: null,
    isQuiet: false,
    busy: Promise.resolve(),
    async close() {
      stopWatching();
      for (const install of installs) install.killTabs();
      await server.kill();
      await database.close();
    },
  };
  await server.start();
  for (const install of installs) {
    install.token = await beginSession(database.pool, site, install.owner, time.now());
  }
  const present = installs.filter(({ device }) => choice.only?.has(device) ?? true);
  await Promise.all(present.map((install) => install.openTab()));
  // The first load of all of them at once: those whose first call the network delays wait for the first steps.
  const until = performance.now() + FIRST_LOAD;
  while (performance.now() < until && installs.filter(({ passes }) => passes > 0).length > devices / 4) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return world;
}

/** The sync engine says on the console that a pass broke: a bug, whatever the network did. Answers how to stop. */
function watchConsole(findings: Findings): () => void {
  const original = console.error;
  console.error = (...parts: unknown[]) => {
    findings.check('I9', false, () => `console.error: ${parts.map(String).join(' ')}`);
    if (process.env['SIM_DEBUG']) original(...parts);
  };
  return () => {
    console.error = original;
  };
}
