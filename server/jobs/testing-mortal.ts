import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Pool } from 'pg';
import { findProjectRoot } from '../platform/project-root';
import type { Birth, Fate, FromMortal } from './testing-mortal-messages';

/** A process of the product that can be killed at a step. */
export interface Mortal {
  readonly url: string;
  /** Resolves when it has heard; from then on its clock and its end are these. */
  tell(fate: Fate): Promise<void>;
  /** Resolves when it stands at the last of its steps; rejects when it ends before. */
  stopped(): Promise<void>;
  /** SIGKILL; resolves when Postgres, too, has seen that it is gone. */
  kill(): Promise<void>;
}

export interface Mortals {
  /** Starts one; what others that are dead have left behind counts as left long ago. */
  start(birth: Birth): Promise<Mortal>;
  /** Kills those that live. */
  close(): Promise<void>;
}

/** Bundles the process once: it starts in a third of the time that tsx takes. `pool` is of the database that all of them use. */
export async function createMortals(pool: Pool): Promise<Mortals> {
  const root = findProjectRoot();
  // Below the packages, which stay outside of the bundle.
  const folder = await mkdtemp(join(root, 'node_modules', '.undercroft-mortal-'));
  const entry = join(folder, 'mortal.mjs');
  await build({
    ...{ absWorkingDir: root, entryPoints: ['server/jobs/testing-mortal-process.ts'], outfile: entry },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20.19', packages: 'external' },
    ...{ tsconfig: 'tsconfig.node.json', logLevel: 'warning' },
  });
  const living = new Set<ChildProcess>();

  async function kill(child: ChildProcess): Promise<void> {
    living.delete(child);
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    // Its transactions are rolled back and its locks free once Postgres has looked at its sockets.
    for (;;) {
      const { rowCount } = await pool.query(
        `select from pg_stat_activity where datname = current_database() and application_name in ('undercroft', 'undercroft-jobs')`,
      );
      if (rowCount === 0) return;
    }
  }

  return {
    async start(birth) {
      await ageLocks(pool);
      const child = fork(entry, [], { cwd: root, env: { ...process.env, BIRTH: JSON.stringify(birth) } });
      living.add(child);
      const heard = listen(child);
      const { url } = await heard('ready');
      return {
        url,
        async tell(fate) {
          child.send(fate);
          await heard('heard');
        },
        stopped: async () => void (await heard('stopped')),
        kill: () => kill(child),
      };
    },
    async close() {
      await Promise.all([...living].map(kill));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A lock is looked at when it is five seconds old (lifelines.ts); a test does not wait for that. */
async function ageLocks(pool: Pool): Promise<void> {
  for (const table of ['jobs', 'job_queues'])
    await pool.query(
      `update graphile_worker._private_${table} set locked_at = locked_at - interval '6 seconds' where locked_at is not null`,
    );
}

type Kind = FromMortal['kind'];

/** What it says, each once, in order of its kind. */
function listen(child: ChildProcess): <K extends Kind>(kind: K) => Promise<Extract<FromMortal, { kind: K }>> {
  const said: FromMortal[] = [];
  let onNews: () => void = () => undefined;
  let isOver = false;
  child.on('message', (message: FromMortal) => {
    said.push(message);
    onNews();
  });
  child.once('exit', () => {
    isOver = true;
    onNews();
  });
  return async <K extends Kind>(kind: K) => {
    for (;;) {
      const index = said.findIndex((message) => message.kind === kind);
      if (index !== -1) return said.splice(index, 1)[0] as Extract<FromMortal, { kind: K }>;
      if (isOver) throw new Error(`the process ended before it was ${kind}`);
      await new Promise<void>((resolve) => (onNews = resolve));
    }
  };
}
