import { createClient } from '$lib/api/client';
import { createSyncApi } from '$lib/api/trpc-sync-api';
import type { SyncApi } from '$lib/api/sync-api';
import { DeviceDatabase } from '$lib/client-db/database';
import type { EngineDependencies } from '$lib/sync/dependencies';
import { createSyncEngine, type SyncEngine } from '$lib/sync/sync-engine';
import type { DBCore, DexieOptions } from 'dexie';
import type { FaultyNetwork, Line } from './faulty-network';
import { listenForPokes } from './poke-listener';
import type { SimMember } from './site';
import type { VirtualTime } from './virtual-time';

export interface TabOptions {
  readonly member: SimMember;
  readonly storage: DexieOptions;
  readonly origin: string;
  readonly network: FaultyNetwork;
  readonly time: VirtualTime;
  /** How the tab reaches the server, but for its own freezing. */
  readonly line: Omit<Line, 'running'>;
  readonly isCurrent: () => boolean;
  /** Whether the network lets the stream of pokes through. */
  readonly hasPokes: boolean;
  readonly newId: () => string;
  readonly random: () => number;
  readonly clock: { now(): number };
  readonly locks: EngineDependencies['locks'];
}

/** Milliseconds of real time after which a call counts as unanswered. */
const PATIENCE = 5_000;

/** One open app over a member's database: the product's own sync engine with the simulation's surroundings. */
export class Tab {
  readonly db: DeviceDatabase;
  readonly engine: SyncEngine;
  readonly member: SimMember;
  /** How many sync passes run here at this moment. */
  passes = 0;
  #isDead = false;
  #writesLeft: { count: number; readonly onDeath: () => void } | null = null;
  #thawed: Promise<void> | null = null;
  #thaw: () => void = () => undefined;

  constructor(options: TabOptions) {
    const { member, time, locks } = options;
    this.member = member;
    this.db = new DeviceDatabase(member.id, options.storage);
    this.db.use({ stack: 'dbcore', name: 'mortal', create: (core) => this.#mortal(core) });
    const line: Line = { ...options.line, running: () => this.#running() };
    this.engine = createSyncEngine(
      {
        db: this.db,
        api: this.#api(options, line),
        clock: options.clock,
        newId: options.newId,
        build: 'sim',
        memberId: member.id,
        isCurrent: () => !this.#isDead && options.isCurrent(),
        random: options.random,
        after: (milliseconds, work) => time.after(milliseconds, () => void this.#running().then(work)),
        locks: {
          alone: (name, work) =>
            locks.alone(name, async () => {
              await this.#running();
              this.passes++;
              return await work().finally(() => this.passes--);
            }),
        },
      },
      { onConnection: () => undefined, onStorage: () => undefined },
    );
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get isFrozen(): boolean {
    return this.#thawed !== null;
  }

  /** Timers and answers wait from here on, in the middle of whatever the tab does. */
  freeze(): void {
    this.#thawed ??= new Promise((resolve) => {
      this.#thaw = resolve;
    });
  }

  thaw(): void {
    this.#thawed = null;
    this.#thaw();
  }

  /** The tab is gone: nothing that it waits for ever comes. */
  kill(): void {
    this.#isDead = true;
  }

  /** The tab is gone at its `count`th write from now: the transaction that this is part of never happened. */
  killAtWrite(count: number, onDeath: () => void): void {
    this.#writesLeft = { count, onDeath };
  }

  /** It lives on after all. */
  spare(): void {
    this.#writesLeft = null;
  }

  #mortal(core: DBCore): DBCore {
    return {
      ...core,
      table: (name) => {
        const table = core.table(name);
        return {
          ...table,
          mutate: (request) => {
            if (this.#survivesWrite()) return table.mutate(request);
            return Promise.reject(new DOMException('the tab is gone', 'AbortError'));
          },
        };
      },
    };
  }

  #survivesWrite(): boolean {
    if (this.#writesLeft && --this.#writesLeft.count <= 0) {
      const { onDeath } = this.#writesLeft;
      this.#writesLeft = null;
      onDeath();
    }
    return !this.#isDead;
  }

  async #running(): Promise<void> {
    while (this.#thawed) await this.#thawed;
    if (this.#isDead) await new Promise(() => undefined);
  }

  #api({ origin, network, hasPokes }: TabOptions, line: Line): SyncApi {
    const client = createClient({
      url: `${origin}/trpc`,
      fetch: network.fetchOver(line),
      timeout: PATIENCE,
    });
    const listen: SyncApi['listen'] = (listener) =>
      hasPokes ? listenForPokes(origin, line, listener) : () => undefined;
    return { ...createSyncApi(client), listen };
  }
}
