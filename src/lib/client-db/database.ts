import { Dexie, type DexieOptions, type EntityTable, type Table } from 'dexie';
import type { Intent } from '#shared/domain/intent';
import type { Direction, Pass, ScanResult } from '#shared/domain/entities';
import type { Loading } from '#shared/protocol/pull';
import type { Outcome } from '#shared/protocol/push';
import type { Entity, Row } from '#shared/protocol/rows';
import type { TrustedKeys } from '#shared/pass/signed-bundle';

/** A row of a scope, as it was pulled. */
export type StoredRow = {
  [E in Entity]: { readonly scope: string; readonly entity: E; readonly id: string; readonly row: Row<E> };
}[Entity];

/** `sent`: a push with it was begun, so the server may have decided it. The last four have an outcome. */
export type OutboxStatus = 'waiting' | 'sent' | 'applied' | 'refused' | 'expired' | 'quarantined';

/** A wish on its way: `op` tells the type of `args`. */
export type OutboxRow = Intent & {
  /**
   * Counts up by one per clientId, from 1. What is left of a former client has a seq below zero: it is never sent
   * again, only shown until it is dismissed.
   */
  readonly seq: number;
  readonly id: string;
  /** The device's own clock, milliseconds since 1970. */
  readonly deviceTime: number;
  readonly expiresAt: number | null;
  readonly status: OutboxStatus;
  readonly outcome: Outcome | null;
  readonly dismissed: boolean;
};

/**
 * The secrets of a visitor pass's links that were made on this device, newest first: the newest, whose wish may still be
 * refused, and the one that was in force when it was made.
 */
export interface LinkRow {
  readonly visitorPassId: string;
  readonly secrets: readonly {
    readonly token: string;
    /** base64url of the token's SHA-256. */
    readonly hash: string;
  }[];
}

/** An applied wish whose effects are in the rows: a server that is restored from a backup may have forgotten it. */
export type FinishedRow = OutboxRow & {
  readonly clientId: string;
  /** The server's clock, milliseconds since 1970, when it left the outbox. */
  readonly finishedAt: number;
};

/** The latest status list that a guard's device has verified: an older one never takes its place. */
export interface KeptList {
  /** base64url of the COSE_Sign1, as in a pulled row. */
  readonly signed: string;
  /** From whom: the server, by pull, or the screen of another guard's device. */
  readonly from: 'server' | 'guard';
  /** When the site issued it, milliseconds since 1970. */
  readonly issuedAt: number;
}

/** Everything that there is one of, by key. */
export interface Meta {
  clientId: string;
  /** The seq that the next intent gets. */
  nextSeq: number;
  /** Opaque, as the last pull gave it. */
  cookie: string | null;
  /** The last seq of this client that the server had decided; once `loading` is null its effects are in the rows. */
  lastSeq: number;
  /** Server time of the last pull that made the rows complete; its presence says that they have been. */
  asOf: number;
  /** How far a load in several answers has come; null or absent when the rows are complete. */
  loading: Loading | null;
  /** Rows to ask for in one answer of a load: fewer after an answer that did not come in time. */
  pageRows: number;
  /** Scopes that turned out to differ from what the server has: asked for anew at the next pull. */
  reload: string[];
  /** The device's clock, milliseconds since 1970, when the copy was last compared with the server's. */
  digestedAt: number;
  /** How many scopes were found to differ, ever. */
  diverged: number;
  /** Server's clock minus the device's, milliseconds, at the last contact. */
  serverOffset: number;
  /** The hash of the row schemas of the build that made the cookie: with others everything is fetched anew. */
  entities: string;
  /** `clientId:publicKey` of the last unnamed pass.bind that was queued. */
  boundKey: string;
  /** Ids of the passes of no device that an unnamed pass.bind was queued for: each is asked for once. */
  boundPasses: string[];
  /** D3: the site's keys as this device last accepted them: the next ones have to be vouched for by one of these. */
  keyPins: TrustedKeys;
  /** The last `ctr` that a live pass was shown with. */
  showCounter: number;
  /** X8: where this device's scan journal ends. */
  journalHead: JournalHead;
  /** `clientId:journalId` of the last journal.open that was queued. */
  journalOpenedBy: string;
  /** The id of that intent, by which its refusal is found. */
  journalOpening: string;
  /** D3: what has been revoked, as this guard's device last knew. */
  keptList: KeptList;
}

/** The last entry of a scan journal: seq 0 before the first. `hash` as base64url. */
export interface JournalHead {
  readonly journalId: string;
  readonly seq: number;
  readonly hash: string;
}

export interface MetaRow {
  readonly key: keyof Meta;
  readonly value: Meta[keyof Meta];
}

/** The holder's key pair; the private key is not extractable. */
export interface HolderKeyRow {
  readonly name: 'holder';
  readonly pair: CryptoKeyPair;
  /** base64url of the compressed point, 33 bytes. */
  readonly publicKey: string;
}

/** X8: the key pair that signs this device's scan journal; the private key is not extractable. */
export interface JournalKeyRow {
  readonly name: 'journal';
  readonly pair: CryptoKeyPair;
  /** base64url of the compressed point, 33 bytes. */
  readonly publicKey: string;
  readonly journalId: string;
}

/** What a guard decided on this device, whether or not its scan has reached the server. */
export interface DecisionRow {
  readonly scanId: string;
  readonly passId: string | null;
  /** Absent in what an older build stored, like `direction` and `undoes`. */
  readonly kind?: Pass['kind'] | null;
  readonly gate: number;
  readonly direction?: Direction;
  readonly undoes?: string | null;
  readonly scannedAt: number;
  readonly result: ScanResult;
  readonly reason: string;
  readonly code: string;
  readonly ctr: number | null;
  readonly counts: boolean;
  readonly guardName: string;
}

/**
 * The device's copy of what one member may see, and its outbox. One database per member: a queue never mixes with
 * another person's. Version steps are forward-only, like the server's migrations.
 */
export class DeviceDatabase extends Dexie {
  declare readonly rows: Table<StoredRow, [string, string, string]>;
  declare readonly outbox: EntityTable<OutboxRow, 'seq'>;
  declare readonly meta: EntityTable<MetaRow, 'key'>;
  declare readonly keys: EntityTable<HolderKeyRow | JournalKeyRow, 'name'>;
  declare readonly decisions: EntityTable<DecisionRow, 'scanId'>;
  declare readonly links: EntityTable<LinkRow, 'visitorPassId'>;
  declare readonly finished: EntityTable<FinishedRow, 'id'>;

  constructor(memberId: string, options: DexieOptions = {}) {
    super(databaseName(memberId), {
      ...options,
      // Outbox rows and decisions must have reached the disk before a screen says so; Chromium's default is relaxed.
      chromeTransactionDurability: 'strict',
    });
    this.version(1).stores({
      // `row.passId` finds the scans of a pass; rows without it are not in that index.
      rows: '[scope+entity+id], [entity+id], scope, row.passId',
      outbox: 'seq, id',
      meta: 'key',
      keys: 'name',
      decisions: 'scanId, passId',
    });
    this.version(2).stores({ finished: 'id, finishedAt' });
    this.version(3).stores({ links: 'visitorPassId' });
  }
}

/** The name of a member's database. */
export function databaseName(memberId: string): string {
  return `undercroft-${memberId}`;
}

/** Reads one value; undefined when it was never written. */
export async function readMeta<K extends keyof Meta>(
  db: DeviceDatabase,
  key: K,
): Promise<Meta[K] | undefined> {
  const row = await db.meta.get(key);
  // The type of a value follows from its key: writeMeta is the only writer.
  return row?.value as Meta[K] | undefined;
}

/** Writes these values; joins the transaction that runs. */
export async function writeMeta(db: DeviceDatabase, values: Partial<Meta>): Promise<void> {
  const rows = Object.entries(values).map(([key, value]) => ({ key: key as keyof Meta, value }));
  await db.meta.bulkPut(rows);
}
