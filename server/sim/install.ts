import { createECDH } from 'node:crypto';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { readMeta, type OutboxRow, type StoredRow } from '$lib/client-db/database';
import { makeId } from '$lib/sync/device-ids';
import { ensureClient } from '$lib/sync/outbox';
import { predict } from '$lib/sync/predict';
import { baseOf } from '$lib/sync/pulled-rows';
import { act, type ActionName } from './actions';
import type { FaultyNetwork } from './faulty-network';
import type { Die } from './plan';
import { createRandom, type Random } from './random';
import type { Stored } from './scene';
import type { SimMember } from './site';
import { Tab } from './tab';
import { TabLocks } from './tab-locks';
import type { VirtualTime } from './virtual-time';

/** One member's database on one device, and what was put into its outbox. */
export interface Copy {
  readonly device: number;
  readonly member: SimMember;
  readonly wishes: (Stored & { readonly at: number })[];
  /** The browser has thrown the database away. */
  isLost: boolean;
}

export interface InstallOptions {
  readonly seed: number;
  readonly device: number;
  /** Whose device it is. */
  readonly owner: SimMember;
  readonly origin: string;
  readonly network: FaultyNetwork;
  readonly time: VirtualTime;
}

/** What a copy holds, read in one transaction. */
export interface CopyContent {
  readonly clientId: string;
  readonly rows: readonly StoredRow[];
  readonly outbox: readonly OutboxRow[];
  readonly serverOffset: number;
}

/** A device: a browser profile with its storage, its cookie and its tabs. */
export class Install {
  readonly owner: SimMember;
  readonly device: number;
  /** Who is signed in here. */
  member: SimMember;
  /** The session's token; null without a cookie. */
  token: string | null = null;
  isOnline = true;
  /** The device's clock minus the true time, milliseconds. */
  skew = 0;
  readonly copies: Copy[] = [];
  #tabs: Tab[] = [];
  #deaths = new Map<Tab, () => void>();
  #storage = emptyStorage();
  readonly #random: Random;
  readonly #locks: TabLocks | null;
  readonly #hasPokes: boolean;
  readonly #holderKey: string;

  constructor(private readonly options: InstallOptions) {
    this.owner = options.owner;
    this.member = options.owner;
    this.device = options.device;
    this.#random = createRandom(options.seed, 'install', options.device);
    // Not every browser has Web Locks; overlapping passes must do no harm.
    this.#locks = this.#random.chance(0.6) ? new TabLocks() : null;
    // Some proxies let no stream through; and if all listened, every commit would cost as many pulls as there are devices.
    this.#hasPokes = this.#random.chance(0.3);
    this.#holderKey = holderKeyFrom(this.#random);
  }

  /** The device's own clock, milliseconds since 1970. */
  readonly clock = { now: (): number => this.options.time.now() + this.skew };

  readonly newId = (): string => makeId(this.clock.now(), (bytes) => this.#random.fill(bytes));

  /** How many sync passes run at this moment. */
  get passes(): number {
    return this.#tabs.reduce((sum, tab) => sum + tab.passes, 0);
  }

  /** Those of tabs that are not frozen. */
  get passesAtWork(): number {
    return this.#tabs.reduce((sum, tab) => sum + (tab.isFrozen ? 0 : tab.passes), 0);
  }

  /** The tabs that are there, frozen ones included. */
  get tabs(): readonly Tab[] {
    return this.#tabs;
  }

  /** Opens a tab for whoever is signed in. */
  async openTab(): Promise<Tab> {
    const { member } = this;
    const { network, time, origin, device } = this.options;
    if (!this.#copyOf(member)) this.copies.push({ device, member, wishes: [], isLost: false });
    let die = (): void => undefined;
    const died = new Promise<void>((resolve) => (die = resolve));
    const tab = new Tab({
      ...{ member, storage: this.#storage, network, time, origin, clock: this.clock },
      newId: this.newId,
      random: () => this.#random.next(),
      hasPokes: this.#hasPokes,
      isCurrent: () => this.member.id === member.id,
      line: {
        device,
        isOnline: () => this.isOnline,
        cookie: () => (this.token === null ? '' : `undercroft=${this.token}`),
      },
      locks: {
        alone: (name, work) => this.#locks?.alone(name, work, died) ?? work(),
      },
    });
    this.#deaths.set(tab, die);
    this.#tabs.push(tab);
    await ensureClient(tab.db, this.newId);
    tab.engine.start();
    return tab;
  }

  /** Ends a tab in the middle of whatever it does. */
  killTab(tab: Tab): void {
    tab.kill();
    this.#deaths.get(tab)?.();
    this.#tabs = this.#tabs.filter((other) => other !== tab);
  }

  killTabs(): void {
    for (const tab of this.#tabs) this.killTab(tab);
  }

  /** A tab in which the person can do something now; one is opened when there is none for who is signed in. */
  async liveTab(): Promise<Tab> {
    const own = this.#tabs.find((tab) => tab.member.id === this.member.id && !tab.isFrozen);
    return own ?? (await this.openTab());
  }

  /** Ends each tab in the middle of one of its next writes. */
  killTabsAtWrite(count: number): void {
    for (const tab of this.#tabs) tab.killAtWrite(count, () => this.killTab(tab));
  }

  /** Does something as a person would; answers what was stored: nothing when there was no occasion. */
  async act(action: ActionName, die: Die): Promise<readonly Stored[]> {
    const tab = this.#tabs.find((each) => each.member.id === this.member.id && !each.isFrozen);
    if (!tab) return [];
    const copy = this.#copyOf(tab.member)!;
    const { rows, outbox, clientId, serverOffset } = await contentOf(tab);
    const base = baseOf(rows);
    const deviceNow = this.clock.now();
    const now = deviceNow + serverOffset;
    const state = predict(base, outbox, { clientId, now });
    if (!state) return [];
    const scene = { db: tab.db, base, state, member: tab.member, deviceNow, now, die };
    const full = { ...scene, newId: this.newId, holderKey: this.#holderKey };
    // A tab that dies over it has promised nothing.
    const stored = await act(action, full).catch((error: unknown) => {
      if (tab.isDead) return [];
      throw error;
    });
    copy.wishes.push(...stored.map((wish) => ({ ...wish, at: this.options.time.now() })));
    if (stored.length > 0) void tab.engine.sync();
    return stored;
  }

  /** The browser throws the storage away; all tabs go with it. */
  loseStorage(): void {
    this.killTabs();
    this.#storage = emptyStorage();
    for (const copy of this.copies) copy.isLost = true;
  }

  /** Somebody signs in here: with `token`, or with none yet. What was open stays open and must notice. */
  switchTo(member: SimMember, token: string | null): void {
    this.member = member;
    this.token = token;
  }

  /** Resolves when no pass runs here; only when all is quiet, for a pass may wait for ever. */
  async idle(): Promise<void> {
    while (this.passes > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  signedIn(): void {
    for (const tab of this.#tabs) if (tab.member.id === this.member.id) tab.engine.signedIn();
  }

  networkChanged(isOnline: boolean): void {
    this.isOnline = isOnline;
    for (const tab of this.#tabs) tab.engine.networkChanged(isOnline);
  }

  #copyOf(member: SimMember): Copy | undefined {
    return this.copies.find((copy) => copy.member.id === member.id && !copy.isLost);
  }
}

/** Everything that a tab's database holds. */
export function contentOf({ db }: Tab): Promise<CopyContent> {
  return db.transaction('r', [db.rows, db.outbox, db.meta], async () => ({
    clientId: (await readMeta(db, 'clientId')) ?? '',
    rows: await db.rows.toArray(),
    outbox: await db.outbox.toArray(),
    serverOffset: (await readMeta(db, 'serverOffset')) ?? 0,
  }));
}

function emptyStorage() {
  // Dexie's cache goes by the database's name, so it would mix up the profiles of one process.
  return { indexedDB: new IDBFactory(), IDBKeyRange, cache: 'disabled' as const };
}

/** base64url of a point on P-256, from bytes that the seed fixes. */
function holderKeyFrom(random: Random): string {
  const secret = new Uint8Array(32);
  random.fill(secret);
  secret[0] = 1;
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(secret);
  return pair.getPublicKey('base64url', 'compressed');
}
