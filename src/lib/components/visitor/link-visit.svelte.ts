import { fromBase64url } from '#shared/pass/base64url';
import { LINK_TOKEN, type VisitorLinkView } from '#shared/protocol/visitor-link';
import type { OpenLink } from '$lib/api/visitor-api';
import { withReopening } from '$lib/client-db/connection-lost';
import type { LinkDatabase, LinkKeyRow, OpenedLink } from '$lib/client-db/link-database';
import { ensureLinkKey, nextLinkCounter } from '$lib/sync/link-holder';
import { hashOfLink } from '$lib/sync/link-secret';

/** What a link's page takes from its surroundings; tests give their own. */
export interface LinkSurroundings {
  readonly db: LinkDatabase;
  readonly open: OpenLink;
  /** Null on a page that came by plain http. */
  readonly subtle: SubtleCrypto | null;
  /** The device's clock, milliseconds since 1970. */
  readonly now: () => number;
  /** Asks the browser not to clear this site's storage when the phone gets full. */
  readonly persist: () => Promise<unknown>;
}

/** Why there is no pass to show. */
export type LinkProblem = 'not_found' | 'needs_signal' | 'too_many' | 'insecure' | 'unreadable';

/** Passes that ended so long ago (ms) are forgotten when another link is opened. */
const KEPT_FOR = 7 * 24 * 3_600_000;

/**
 * D2: a visitor pass by its link, on a phone that is signed in nowhere. What was opened once is on the phone and needs no
 * signal any more; each `ask` looks whether the server has something newer to say. Reads are shown before the server is asked.
 */
export class LinkVisit {
  readonly #token: string;
  readonly #around: LinkSurroundings;
  #linkHash: string | null = null;
  #kept = $state.raw<OpenedLink | null>(null);
  #problem = $state<LinkProblem | null>(null);
  #taking = $state(false);
  #fresh = $state(false);
  #storage = $state<'works' | 'fails'>('works');
  /** Apart from `#storage`: some browsers keep rows and no keys. */
  #keyStorage = $state<'works' | 'fails'>('works');
  #asking: Promise<void> | null = null;

  constructor(token: string, around: LinkSurroundings) {
    this.#token = token;
    this.#around = around;
  }

  /** What the server said last; null before it ever did, and when the link is good no more. */
  get view(): VisitorLinkView | null {
    return this.#kept?.view ?? null;
  }

  /** Server's clock minus the device's, milliseconds. */
  get serverOffset(): number {
    return this.#kept?.serverOffset ?? 0;
  }

  /** Null while there is a view, and while the first answer is awaited. */
  get problem(): LinkProblem | null {
    return this.view ? null : this.#problem;
  }

  /** Whether the last call reached the server. */
  get isFresh(): boolean {
    return this.#fresh;
  }

  /** Whether it is being made this phone's. */
  get taking(): boolean {
    return this.#taking;
  }

  /** Whether the pass, and the key of one that is this phone's, will still be here without signal. */
  get isKept(): boolean {
    return this.#storage === 'works' && this.#keyStorage === 'works';
  }

  /** Shows what is kept, then asks. Resolves when the first answer is in. */
  async start(): Promise<void> {
    const { subtle } = this.#around;
    const secret = LINK_TOKEN.test(this.#token) ? fromBase64url(this.#token) : null;
    if (!subtle) this.#problem = 'insecure';
    else if (!secret) this.#problem = 'not_found';
    if (!subtle || !secret) return;
    this.#linkHash = await hashOfLink(subtle, secret);
    await this.#readKept();
    await this.ask();
  }

  /** Asks the server; one call at a time. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  /**
   * Makes the pass this phone's. Without an answer it is asked for again: the server may have heard it. On a phone that
   * cannot keep a key nothing is taken, and `isKept` says so.
   */
  async take(): Promise<void> {
    if (this.#linkHash === null || !this.#kept) return;
    this.#taking = true;
    // Not awaited: some browsers ask the person, and the pass is good without.
    this.#around.persist().catch(() => undefined);
    try {
      await this.#keep({ ...this.#kept, taken: true });
      await this.#asking;
      await this.ask();
    } finally {
      this.#taking = false;
    }
  }

  /** ES256 by this phone's key: 64 bytes r‖s. */
  async sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const subtle = this.#subtle();
    const { pair } = await this.#linkKey();
    return new Uint8Array(await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes));
  }

  nextCounter(): Promise<number> {
    const { db } = this.#around;
    return withReopening(db, () => nextLinkCounter(db));
  }

  #linkKey(): Promise<LinkKeyRow> {
    const { db } = this.#around;
    return withReopening(db, () => ensureLinkKey(db, this.#subtle()));
  }

  /** Null where this browser keeps no key: then nothing can be this phone's, and what was to be taken is not. */
  async #keyToTakeWith(): Promise<string | null> {
    try {
      const { publicKey } = await this.#linkKey();
      this.#keyStorage = 'works';
      return publicKey;
    } catch (error) {
      console.warn('this phone keeps no key', error instanceof Error ? error.name : '');
      this.#keyStorage = 'fails';
      // One that is this phone's stays so: its key may be read again in a moment.
      if (this.#kept && this.#kept.view?.holder !== 'this_phone') {
        await this.#keep({ ...this.#kept, taken: false });
      }
      return null;
    }
  }

  #subtle(): SubtleCrypto {
    if (!this.#around.subtle) throw new Error('this page has no WebCrypto: it came by plain http');
    return this.#around.subtle;
  }

  async #ask(): Promise<void> {
    if (this.#linkHash === null) return;
    const key = this.#kept?.taken ? await this.#keyToTakeWith() : null;
    const answer = await this.#around.open(this.#token, key);
    this.#fresh = answer.ok;
    if (answer.ok) {
      const serverOffset = answer.value.serverNow - this.#around.now();
      const taken = this.#kept?.taken ?? false;
      const view = key === null ? this.#withoutKey(answer.value) : answer.value;
      await this.#keep({ linkHash: this.#linkHash, view, serverOffset, taken });
      this.#problem = null;
      return;
    }
    const { failure } = answer;
    if (failure.kind === 'unreachable') this.#problem = 'needs_signal';
    else if (failure.kind === 'unreadable') this.#problem = 'unreadable';
    else if (failure.code === 'visitor_pass_not_found') await this.#forget();
    else this.#problem = failure.code === 'too_many_requests' ? 'too_many' : 'needs_signal';
  }

  /** Asked without its key, the server takes the phone that has the pass for another one; what has ended, it says. */
  #withoutKey(answer: VisitorLinkView): VisitorLinkView {
    const kept = this.view;
    if (kept?.holder !== 'this_phone' || answer.state === 'revoked' || answer.state === 'over') return answer;
    return { ...answer, holder: kept.holder, code: kept.code, signed: kept.signed };
  }

  /** The link is another one by now: what it showed is good no more. */
  async #forget(): Promise<void> {
    this.#kept = null;
    this.#problem = 'not_found';
    await this.#storing(() => this.#around.db.links.delete(this.#linkHash ?? ''));
  }

  async #readKept(): Promise<void> {
    await this.#storing(async () => {
      const { db, now } = this.#around;
      const before = now() - KEPT_FOR;
      await db.links.filter(({ view }) => view !== null && view.end < before).delete();
      this.#kept = (await db.links.get(this.#linkHash ?? '')) ?? null;
    });
  }

  async #keep(kept: OpenedLink): Promise<void> {
    this.#kept = kept;
    await this.#storing(() => this.#around.db.links.put(kept));
  }

  /** A browser that keeps nothing (a private window, a full phone) still shows the pass, as long as there is signal. */
  async #storing(work: () => Promise<unknown>): Promise<void> {
    try {
      await withReopening(this.#around.db, work);
      this.#storage = 'works';
    } catch (error) {
      console.warn('this phone does not keep the pass', error instanceof Error ? error.name : '');
      this.#storage = 'fails';
    }
  }
}
