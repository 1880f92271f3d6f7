import { Dexie, type DexieOptions, type EntityTable } from 'dexie';
import type { VisitorLinkView } from '#shared/protocol/visitor-link';

/** A visitor pass that was opened by its link on this phone. */
export interface OpenedLink {
  /** base64url of the secret's SHA-256: who reads the storage has no link. */
  readonly linkHash: string;
  readonly view: VisitorLinkView | null;
  /** Server's clock minus the device's, milliseconds, when `view` came. */
  readonly serverOffset: number;
  /** Whether it was asked to be this phone's, whatever answer came. */
  readonly taken: boolean;
}

/** The key that proves this phone holds what it has taken; the private key is not extractable. */
export interface LinkKeyRow {
  readonly name: 'holder';
  readonly pair: CryptoKeyPair;
  /** base64url of the compressed point, 33 bytes. */
  readonly publicKey: string;
  /** The last `ctr` that a live pass was shown with. */
  readonly counter: number;
}

/**
 * D2: what a phone keeps of the links opened on it, apart from any member's database: whoever has a link is nobody here, and
 * signing in or out leaves it alone.
 */
export class LinkDatabase extends Dexie {
  declare readonly links: EntityTable<OpenedLink, 'linkHash'>;
  declare readonly keys: EntityTable<LinkKeyRow, 'name'>;

  constructor(options: DexieOptions = {}) {
    super('undercroft-link', { ...options, chromeTransactionDurability: 'strict' });
    this.version(1).stores({ links: 'linkHash', keys: 'name' });
  }
}
