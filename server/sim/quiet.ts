import {
  checkKept,
  checkPrediction,
  checkWishes,
  differenceToFreshPull,
  readJournal,
  type DeviceCheck,
} from './device-invariants';
import { comeBack, signIn } from './happenings';
import { contentOf, type Install } from './install';
import { replayAll } from './replay';
import { checkServer } from './server-invariants';
import { persist } from './sim-database';
import { isUndecided } from '$lib/sync/wish-status';
import type { World } from './world';

const MINUTE = 60_000;
/** Rounds of syncing, a simulated minute each, after which nothing may wait any more. */
const ROUNDS = 12;

/** Ends all faults, lets every device sync, and checks everything. */
export async function checkQuiet(world: World): Promise<void> {
  await calm(world);
  await checkThoseAway(world);
  for (const member of [...world.away]) await comeBack(world, member);
  await syncAll(world);
  const { findings, time, hearing, server } = world;
  const checks = await eachCopy(world, (check) => checkConverged(world, check));
  const journal = await persist(() => readJournal(world.database.pool));
  const { restoredAt } = world;
  for (const check of checks) {
    checkPrediction(findings, check, time.now());
    checkWishes(findings, check, journal, (at) => restoredAt !== null && at <= restoredAt);
  }
  const tokens = await tokensByClient(world);
  await replayAll(findings, hearing, server.origin, (clientId) => tokens.get(clientId) ?? null);
  await persist(() => checkServer(world.database.pool, findings, { now: time.now(), isQuiet: true }));
  await persist(() => world.purchases.check(world.database.pool));
}

async function calm(world: World): Promise<void> {
  world.isQuiet = true;
  world.network.calm();
  // What is under way with a delay is waited for below, by passes that hold up the clock.
  world.time.advance(MINUTE);
  await world.busy;
  // A kill that was ordered for one of the next commits may still be to come.
  world.server.tell(world.orders({ killAfterCommits: 0, killAfterJobStatements: 0 }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await world.server.start();
  world.server.tell(world.orders());
  for (const install of present(world)) {
    for (const tab of install.tabs) {
      tab.spare();
      tab.thaw();
    }
    install.switchTo(install.owner, null);
    install.token = await signIn(world, install);
    install.isOnline = true;
    await install.liveTab();
  }
}

async function checkThoseAway(world: World): Promise<void> {
  const away = present(world).filter(({ owner }) => world.away.has(owner));
  for (const install of away) await (await install.liveTab()).engine.sync();
  const journal = await persist(() => readJournal(world.database.pool));
  for (const install of away) {
    const copy = install.copies.find(({ member, isLost }) => member.id === install.owner.id && !isLost);
    if (!copy || world.restoredAt !== null) continue;
    const content = await contentOf(await install.liveTab());
    checkKept(world.findings, { install, copy, content }, journal);
  }
}

/** Every copy of every device syncs until nothing waits in any outbox. */
async function syncAll(world: World): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    world.time.advance(MINUTE);
    await atRest(world, false);
    await world.purchases.step();
    let waiting = 0;
    await eachCopy(world, async ({ install }) => {
      const tab = await install.liveTab();
      tab.engine.signedIn();
      await tab.engine.sync();
      waiting += (await contentOf(tab)).outbox.filter(isUndecided).length;
    });
    // Whoever's wish to leave was decided in this round is taken in again, and has what others did meanwhile to come.
    const left = await persist(() =>
      world.database.pool.query('update members set left_at = null where left_at is not null'),
    );
    if (waiting === 0 && round >= 1 && left.rowCount === 0 && world.purchases.isQuiet) break;
  }
  // What one job does another may follow.
  for (let time = 0; time < 2; time++) await atRest(world, true);
}

/** Resolves when the site's jobs that are due have run, or all of them. */
async function atRest(world: World, isEverything: boolean): Promise<void> {
  world.server.tick(world.orders(), isEverything);
  while (world.server.isTicking) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function checkConverged(world: World, { install, copy }: DeviceCheck): Promise<void> {
  let difference: string | null = null;
  // A status list may just have been signed anew: such news comes with the next pull.
  for (let attempt = 0; attempt < 3; attempt++) {
    difference = await differenceToFreshPull(install, world.server.origin);
    if (difference === null) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const name = `device ${String(copy.device)} (${copy.member.role})`;
  world.findings.check(
    'I7',
    difference === null,
    () => `${name} differs from a fresh pull:\n    ${difference}`,
  );
}

/** Runs `work` for each member's copy on each device, signed in as that member; answers what they hold afterwards. */
async function eachCopy(world: World, work: (check: DeviceCheck) => Promise<void>): Promise<DeviceCheck[]> {
  const perInstall = present(world).map(async (install) => {
    const done: DeviceCheck[] = [];
    const { owner, token } = install;
    for (const copy of install.copies.filter(({ isLost }) => !isLost)) {
      if (copy.member.id !== install.member.id) {
        install.switchTo(copy.member, null);
        await install.idle();
        install.switchTo(copy.member, await signIn(world, install));
      }
      const tab = await install.liveTab();
      await work({ install, copy, content: await contentOf(tab) });
      done.push({ install, copy, content: await contentOf(tab) });
    }
    if (install.member.id !== owner.id) {
      install.switchTo(owner, null);
      await install.idle();
      install.switchTo(owner, token);
    }
    return done;
  });
  return (await Promise.all(perInstall)).flat();
}

async function tokensByClient(world: World): Promise<Map<string, string>> {
  const { rows } = await world.database.pool.query<{ client_id: string; member_id: string }>(
    'select client_id, member_id from clients',
  );
  const tokens = new Map<string, string>();
  for (const member of new Set(world.site.members)) {
    const own = rows.filter((row) => row.member_id === member.id);
    const install = world.installs.find(({ owner }) => owner.id === member.id);
    if (own.length === 0 || !install) continue;
    const token = await signIn(world, install);
    for (const { client_id } of own) tokens.set(client_id, token);
  }
  return tokens;
}

function present({ installs, choice }: World): Install[] {
  return installs.filter(({ device }) => choice.only?.has(device) ?? true);
}
