import type { PlannedEvent } from './plan';
import type { ServerFault } from './faults';
import type { History } from './history';
import type { Install } from './install';
import { STEP } from './plan';
import { persist } from './sim-database';
import { beginSession, endSession, proveAgain, setPresence } from './site';
import type { World } from './world';

type DeviceEvent = Extract<PlannedEvent, { device: number }>;
type DeviceHappening = (world: World, install: Install, event: DeviceEvent) => Promise<void>;

/** A day, in milliseconds. */
const DAY = 86_400_000;

/** Lets one event of the plan happen. What lasts ends by itself, unless the quiet comes before. */
export async function happen(world: World, event: PlannedEvent, history: History): Promise<void> {
  if (event.kind === 'act') {
    const install = world.installs[event.device]!;
    if (isProved(event, install) && event.die[1] < 0.5) await proofOf(world, install);
    const stored = await install.act(event.action, event.die).catch((error: unknown) => {
      world.findings.check('I9', false, () => `a wish could not be stored: ${String(error)}`);
      return [];
    });
    for (const { intent } of stored) {
      history.note(event, JSON.stringify(intent));
      if (intent.op === 'topup.begin@1') world.purchases.begun(intent.args.topupId, install);
    }
    if (event.action === 'leave') takenInAgain(world, install);
  } else if (event.device !== null) {
    const kind = event.kind;
    if (kind !== 'user-switch') world.counts[kind]++;
    history.note(event);
    await onDevice[kind](world, world.installs[event.device]!, event);
  } else {
    history.note(event);
    await onServer[event.kind](world, event);
  }
}

/** Half of these are asked for by somebody who proves first who they are; of the others most are refused. */
const provedActions: ReadonlySet<string> = new Set(['bind-named', 'set-policy']);
/** What a manager does instead at the desk, to sell and to give back (`nearest` in actions). */
const deskActions: ReadonlySet<string> = new Set(['reserve', 'cancel']);

function isProved({ action }: { action: string }, { member }: Install): boolean {
  return provedActions.has(action) || (member.role === 'manager' && deskActions.has(action));
}

async function proofOf({ database, time }: World, { token }: Install): Promise<void> {
  if (token !== null) await persist(() => proveAgain(database.pool, token, time.now()));
}

const onDevice: Readonly<Record<Exclude<DeviceEvent['kind'], 'act'>, DeviceHappening>> = {
  async offline(world, install, { steps }) {
    install.networkChanged(false);
    lasts(world, steps, () => install.networkChanged(true));
    await Promise.resolve();
  },
  async freeze(world, install, { steps, die }) {
    const tab = install.tabs[Math.floor(die[0] * install.tabs.length)];
    tab?.freeze();
    lasts(world, steps, () => tab?.thaw());
    await Promise.resolve();
  },
  async 'tab-kill'(world, install, { steps, die }) {
    // Some at once, in the middle of a call; some in the middle of a transaction.
    if (die[0] < 0.4) install.killTabs();
    else install.killTabsAtWrite(1 + Math.floor(die[1] * 6));
    lasts(world, steps, () => void install.liveTab());
    await Promise.resolve();
  },
  async 'second-tab'(world, install, { steps }) {
    const tab = await install.openTab();
    lasts(world, steps, () => install.killTab(tab));
  },
  async 'clock-skew'(world, install, { steps, die }) {
    install.skew = Math.round((die[0] * 2 - 1) * DAY);
    // Some clocks are set right again in the middle of everything, some stay wrong to the end.
    if (die[1] < 0.5) lasts(world, steps, () => (install.skew = 0));
    await Promise.resolve();
  },
  async 'storage-loss'(world, install, { steps }) {
    install.loseStorage();
    lasts(world, steps, () => void install.liveTab());
    await Promise.resolve();
  },
  async 'session-lost'(world, install, { steps }) {
    const { token, member } = install;
    if (token === null) return;
    await persist(() => endSession(world.database.pool, token));
    lasts(world, steps, async () => {
      if (install.member.id !== member.id || install.token !== token) return;
      install.token = await signIn(world, install);
      install.signedIn();
    });
  },
  async 'member-leaves'(world, { owner }, { steps, die }) {
    world.away.add(owner);
    await persist(() => setPresence(world.database.pool, world.site, owner, false));
    // Half of them come back only when all is quiet.
    if (die[0] < 0.5) lasts(world, steps, () => comeBack(world, owner));
  },
  async 'user-switch'(world, install, { steps, die }) {
    const others = world.site.members.filter(({ id }) => id !== install.owner.id);
    const other = others[Math.floor(die[0] * others.length)];
    if (!other || install.member.id !== install.owner.id) return;
    world.counts['user-switch']++;
    const ownToken = install.token;
    // Signed out first: the app lets nobody sign in over somebody's session.
    install.switchTo(other, null);
    lasts(world, 1, async () => {
      install.switchTo(other, await signIn(world, install));
      await install.openTab();
    });
    lasts(world, steps, async () => {
      for (const tab of install.tabs) if (tab.member.id === other.id) install.killTab(tab);
      install.switchTo(install.owner, ownToken);
      await install.liveTab();
      install.signedIn();
    });
  },
};

const onServer: Readonly<
  Record<ServerFault | 'backup', (world: World, event: PlannedEvent) => Promise<void>>
> = {
  async 'server-kill'(world, { steps }) {
    world.counts['server-kill']++;
    await world.server.kill();
    lasts(world, steps, () => world.server.start());
  },
  async 'commit-kill'(world, { steps, die }) {
    world.counts['commit-kill']++;
    world.server.tell(world.orders({ killAfterCommits: 1 + Math.floor(die[0] * 5) }));
    lasts(world, steps + 1, () => world.server.start());
    await Promise.resolve();
  },
  // In the middle of whatever the site does by itself.
  async 'job-kill'(world, { steps, die }) {
    world.counts['job-kill']++;
    world.server.tell(world.orders({ killAfterJobStatements: 1 + Math.floor(die[0] * 25) }));
    lasts(world, steps + 1, () => world.server.start());
    await Promise.resolve();
  },
  async 'postgres-crash'(world) {
    if (!world.grounds.crashPostgres) return;
    world.counts['postgres-crash']++;
    await world.grounds.crashPostgres();
  },
  async backup(world) {
    await world.server.kill();
    await world.database.backUp();
    await world.server.start();
  },
  async restore(world) {
    if (!world.database.hasBackup) return;
    world.counts.restore++;
    await world.server.kill();
    await world.database.restore();
    world.restoredAt = world.time.now();
    for (const member of world.site.members) {
      await persist(() => setPresence(world.database.pool, world.site, member, true));
    }
    world.away.clear();
    for (const install of world.installs) install.token = await signIn(world, install);
    await world.server.start();
    world.hearing.forget();
    world.purchases.sayAgain();
    for (const install of world.installs) install.signedIn();
  },
};

/** A new session of whoever uses this device. */
export function signIn(world: World, { member }: Install): Promise<string> {
  return persist(() => beginSession(world.database.pool, world.site, member, world.time.now()));
}

/** Whoever left by a wish is a member again some steps later. What is decided only then waits for the quiet. */
function takenInAgain(world: World, { member }: Install): void {
  lasts(world, 4, async () => {
    if (world.away.has(member)) return;
    await persist(() => setPresence(world.database.pool, world.site, member, true));
    for (const install of world.installs) if (install.member.id === member.id) install.signedIn();
  });
}

/** A member is of the site again, and its devices notice. */
export async function comeBack(world: World, member: World['site']['members'][number]): Promise<void> {
  if (!world.away.delete(member)) return;
  await persist(() => setPresence(world.database.pool, world.site, member, true));
  for (const install of world.installs) if (install.member.id === member.id) install.signedIn();
}

function lasts(world: World, steps: number, end: () => unknown): void {
  world.time.after(steps * STEP, () => {
    if (world.isQuiet) return;
    world.busy = Promise.all([world.busy, end()]).then(() => undefined);
  });
}
