import { atNewPrice } from '#shared/domain/agreed-price';
import { alternativesTo } from '#shared/domain/availability';
import { decide } from '#shared/domain/decide';
import { isActive, type Member, type Slot } from '#shared/domain/entities';
import type { Intent } from '#shared/domain/intent';
import { defaultPolicy, type SitePolicy } from '#shared/domain/policy';
import { applyChanges, type State } from '#shared/domain/state';
import type { PullResponse } from '#shared/protocol/pull';
import type { Alternative, Outcome, PushResponse, WireIntent } from '#shared/protocol/push';
import type { PokeListener, Result, SyncApi } from '$lib/api/sync-api';

/*
 * The server's side of the wire in memory, for tests of the device: the real rules, journal, bookmarks and session,
 * and the faults that tests order. The real server has its own tests; this one is small enough to be read.
 */

interface Client {
  readonly memberId: string;
  lastSeq: number;
  readonly journal: Map<number, { readonly fingerprint: string; readonly outcome: Outcome }>;
}

interface Bookmark {
  readonly clientId: string;
  /** Rows as JSON by `scope entity id`. */
  readonly rows: ReadonlyMap<string, string>;
  readonly lastSeq: number;
}

export const SITE = '01900000-0000-7000-8000-000000000001';
export const ISSUANCE = '01900000-0000-7000-8000-000000000002';

/** A UUID that ends in `n`. */
export function uuid(n: number): string {
  return `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** The site's own, of which nothing is lent. */
export const emptySlot = {
  ownerId: null,
  ownerName: null,
  lent: [],
  opened: [],
  closed: [],
  rulesRevision: 0,
  followedRevision: 0,
  followedUntil: null,
  position: null,
} as const;

export class TestingServer {
  /** What the server's clock says. */
  now: number;
  reachable = true;
  /** How many of the next pushes are done but whose replies are lost. */
  lostReplies = 0;
  /** A code that every push and pull fails with. */
  failWith: string | null = null;
  /** B5: whether whose session is gone is told that it was taken away. */
  wasRevoked = false;
  /** How many more pulls are answered before the network is gone. */
  pullsLeft = Infinity;
  /** When whoever asks last proved who they are. */
  verifiedAt: number | null = null;
  /** Rows of one answer to a pull. */
  pageRows = Infinity;
  pushes: readonly WireIntent[][] = [];
  readonly state: State;
  readonly clients = new Map<string, Client>();
  readonly #bookmarks = new Map<string, Bookmark>();
  readonly #listeners = new Set<PokeListener>();
  #ids = 1_000_000;

  constructor(now: number, policy: Partial<SitePolicy> = {}) {
    this.now = now;
    const site = {
      id: SITE,
      name: 'Test',
      timeZone: 'Europe/Berlin',
      issuanceAccountId: ISSUANCE,
      registration: 'invited' as const,
    };
    this.state = {
      site: { ...site, policy: { ...defaultPolicy, ...policy } },
      members: new Map(),
      slots: new Map(),
      reservations: new Map(),
      accounts: new Map([[SITE, { id: SITE, balance: 0 }]]),
      holderKeys: new Map(),
      passes: new Map(),
      scans: new Map(),
      visitorPasses: new Map(),
      incidents: new Map(),
      journals: new Map(),
      journalReadings: new Map(),
      signingKeys: new Map(),
      slotClaims: new Map(),
      lendingRules: new Map(),
      waitlistEntries: new Map(),
      topups: new Map(),
      nextReceipt: 1,
      notices: new Map(),
      noticePreferences: new Map(),
      lastUses: new Map(),
    };
  }

  addMember(member: Omit<Member, 'plate' | 'leftAt'> & Partial<Pick<Member, 'plate'>>, balance = 50): void {
    this.state.members.set(member.id, { plate: '', leftAt: null, ...member });
    this.state.accounts.set(member.id, { id: member.id, balance });
  }

  addSlot(fields: Partial<Slot> & { id: string; label: string }): void {
    const slot: Slot = { level: 'B1', kind: 'car', ...emptySlot, opened: fields.lent ?? [], ...fields };
    this.state.slots.set(slot.id, slot);
  }

  /** As after a restore: bookmarks of before cannot be read. */
  forgetBookmarks(): void {
    this.#bookmarks.clear();
  }

  poke(): void {
    for (const listener of this.#listeners) listener.onPoke({ scopes: [`site:${SITE}`] });
  }

  /** Forgets every intent of this client after `lastSeq`, as a restore from a backup does; rows stay as they are. */
  forgetIntents(clientId: string, lastSeq: number): void {
    const client = this.clients.get(clientId);
    if (!client) return;
    client.lastSeq = lastSeq;
    for (const seq of client.journal.keys()) if (seq > lastSeq) client.journal.delete(seq);
  }

  /** The wire as a device with this session sees it; `session()` is null when signed out. */
  api(session: () => string | null): SyncApi {
    const guarded = <T>(work: (memberId: string) => Result<T>): Promise<Result<T>> => {
      if (!this.reachable) return Promise.resolve(unreachable);
      const memberId = session();
      if (memberId === null)
        return Promise.resolve(coded(this.wasRevoked ? 'session_revoked' : 'signed_out'));
      if (this.state.members.get(memberId)?.leftAt != null) return Promise.resolve(coded('no_site'));
      return Promise.resolve(this.failWith === null ? work(memberId) : coded(this.failWith));
    };
    return {
      push: (request) => guarded((memberId) => this.#push(memberId, structuredClone(request))),
      pull: (request) =>
        this.pullsLeft-- > 0
          ? guarded((memberId) => this.#pull(memberId, request.clientId, request.cookie))
          : Promise.resolve(unreachable),
      listen: (listener) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  #push(memberId: string, request: { clientId: string; intents: WireIntent[] }): Result<PushResponse> {
    const client = this.clients.get(request.clientId) ?? { memberId, lastSeq: 0, journal: new Map() };
    if (client.memberId !== memberId) return coded('client_foreign');
    if (request.intents.length > 50) return coded('too_many_intents');
    if (request.intents.some(({ seq }, index) => seq !== (request.intents[0]?.seq ?? 0) + index))
      return coded('seq_gap');
    if ((request.intents[0]?.seq ?? 1) > client.lastSeq + 1) return coded('seq_gap');
    const forked = ({ seq, id, args }: WireIntent) => {
      const known = client.journal.get(seq);
      return known !== undefined && known.fingerprint !== fingerprint(id, args);
    };
    if (request.intents.some(forked)) return coded('seq_fork');
    this.clients.set(request.clientId, client);
    this.pushes = [...this.pushes, request.intents];
    const outcomes = request.intents.map((intent) => this.#handle(client, request.clientId, intent));
    if (this.lostReplies > 0) {
      this.lostReplies--;
      return unreachable;
    }
    return { ok: true, value: { serverNow: this.now, lastSeq: client.lastSeq, outcomes } };
  }

  #handle(client: Client, clientId: string, intent: WireIntent): Outcome {
    const known = client.journal.get(intent.seq);
    if (known) return structuredClone(known.outcome);
    const outcome = this.#decide(client, clientId, intent);
    client.journal.set(intent.seq, { fingerprint: fingerprint(intent.id, intent.args), outcome });
    client.lastSeq = intent.seq;
    return structuredClone(outcome);
  }

  #decide(client: Client, clientId: string, { seq, id, op, args, expiresAt }: WireIntent): Outcome {
    const none = { seq, id, data: {}, alternatives: [] };
    const repeated = this.#decidedBefore(id);
    if (repeated) {
      const isSame = repeated.memberId === client.memberId && repeated.fingerprint === fingerprint(id, args);
      if (isSame) return { ...structuredClone(repeated.outcome), seq };
      return { ...none, status: 'quarantined', code: 'intent_id_reused' };
    }
    if (expiresAt !== null && expiresAt <= this.now) {
      return { ...none, status: 'expired', code: 'intent_expired' };
    }
    const actor = this.state.members.get(client.memberId);
    if (!actor) throw new Error('no such member');
    const { now, verifiedAt } = this;
    const context = { now, actor, clientId, verifiedAt, newId: () => uuid(this.#ids++) };
    const intent = { op, args } as Intent;
    const decision = decide(this.state, intent, context);
    if (decision.status === 'refused') {
      const same = atNewPrice(this.state, intent, decision) ?? [];
      const alternatives = decision.code === 'slot_taken' ? this.#alternatives(intent, actor) : [same].flat();
      return { ...none, status: 'refused', code: decision.code, data: decision.data, alternatives };
    }
    applyChanges(this.state, decision.changes);
    return { ...none, status: 'applied', code: null, data: decision.data };
  }

  #decidedBefore(intentId: string) {
    return [...this.clients.values()]
      .flatMap(({ memberId, journal }) => [...journal.values()].map((entry) => ({ memberId, ...entry })))
      .find(({ outcome }) => outcome.id === intentId);
  }

  #alternatives(intent: Intent, actor: Member): Alternative[] {
    if (intent.op !== 'reservation.create@1') return [];
    const { slotId, start, end } = intent.args;
    const slots = [...this.state.slots.values()].map((slot) => ({ ...slot, busy: this.#busy(slot.id) }));
    const level = this.state.slots.get(slotId)?.level ?? '';
    return alternativesTo(slots, { slotId, level }, { start, end }, actor.id).map(({ id, label }) => ({
      ...{ slotId: id, label, start, end, cost: this.state.site.policy.price },
    }));
  }

  #busy(slotId: string) {
    return [...this.state.reservations.values()].filter((row) => row.slotId === slotId && isActive(row));
  }

  #pull(memberId: string, clientId: string, cookie: string | null): Result<PullResponse> {
    const before = cookie === null ? null : this.#bookmarks.get(cookie);
    if (before === undefined) return coded('cookie_unreadable');
    const client = this.clients.get(clientId);
    const lastSeq = client?.lastSeq ?? 0;
    const rows = this.#rowsOf(memberId);
    const changes: PullResponse['changes'] = {};
    const scopeOf = (key: string) => {
      const [scope = '', entity = '', id = ''] = key.split(' ');
      return { entity, id, into: (changes[scope] ??= { put: [], del: [] }) };
    };
    const sent = new Map(before?.rows);
    const news = [...rows].filter(([key, json]) => sent.get(key) !== json);
    for (const [key, json] of news.slice(0, this.pageRows)) {
      sent.set(key, json);
      const { entity, into } = scopeOf(key);
      into.put.push({ entity, row: JSON.parse(json) as { id: string } });
    }
    for (const key of before?.rows.keys() ?? []) {
      const { entity, id, into } = scopeOf(key);
      if (!rows.has(key) && sent.delete(key)) into.del.push({ entity, id });
    }
    const next = `bookmark-${String(this.#ids++)}`;
    this.#bookmarks.set(next, { clientId, rows: sent, lastSeq });
    const heard = before?.clientId === clientId ? before.lastSeq : 0;
    const outcomes = [...(client?.journal ?? [])].flatMap(([seq, { outcome }]) =>
      seq > heard ? [structuredClone(outcome)] : [],
    );
    const replaceScopes = before ? [] : [`site:${SITE}`, `member:${memberId}`];
    const value = { serverNow: this.now, cookie: next, lastSeq, changes, replaceScopes, outcomes };
    const loading = { loaded: sent.size, total: rows.size, scopes: [`site:${SITE}`] };
    const isPart = news.length > this.pageRows;
    return { ok: true, value: { ...value, dropScopes: [], ...(isPart && { loading }) } };
  }

  #rowsOf(memberId: string): Map<string, string> {
    const rows = new Map<string, string>();
    const put = (scope: string, entity: string, row: { id: string }) =>
      rows.set(`${scope} ${entity} ${row.id}`, JSON.stringify(row));
    const site = `site:${SITE}`;
    const own = `member:${memberId}`;
    const member = this.state.members.get(memberId);
    if (!member) throw new Error('no such member');
    put(site, 'site', this.state.site);
    this.#putSlots(member, put);
    put(own, 'member', { ...member, siteId: SITE, flat: '', email: '' } as { id: string });
    for (const { id, role, name, leftAt } of member.role === 'manager' ? this.state.members.values() : []) {
      const row = { id, role, name, flat: '', email: null, joinedAt: 0 };
      if (leftAt === null) put(`desk:${SITE}`, 'desk_member', row);
    }
    const account = this.state.accounts.get(memberId);
    if (account) put(own, 'account', account);
    for (const reservation of this.state.reservations.values()) {
      const { id, slotId, start, end } = reservation;
      if (isActive(reservation)) put(site, 'occupancy', { id, slotId, start, end } as { id: string });
      const { askedToMoveAt, ...row } = reservation;
      if (reservation.memberId === memberId)
        put(own, 'reservation', askedToMoveAt === null ? row : reservation);
    }
    for (const key of this.state.holderKeys.values()) {
      if (key.memberId !== memberId) continue;
      const row = { id: key.clientId, key: key.key, boundAt: 0, revokedAt: key.revokedAt };
      put(own, 'holder_key', row as { id: string });
    }
    for (const pass of this.state.passes.values()) {
      // Nobody reads the codes in these tests.
      if (pass.memberId === memberId && pass.reservationId !== null)
        put(own, 'pass', { ...pass, code: 'K7QM4XRT', signed: '' } as { id: string });
    }
    for (const { issuedBy, ...visit } of this.state.visitorPasses.values()) {
      const code = visit.revokedAt === null && !visit.binds ? 'K7QM4XRT' : null;
      const row = { ...visit, code, signed: code && '' };
      if (issuedBy === memberId) put(own, 'visitor_pass', row);
    }
    for (const { memberId: whose, toldKey: _, ...notice } of this.state.notices.values())
      if (whose === memberId) put(own, 'notice', notice);
    for (const { memberId: whose, ...entry } of this.state.waitlistEntries.values())
      if (whose === memberId) put(own, 'waitlist_entry', entry);
    const preferences = this.state.noticePreferences.get(memberId);
    if (preferences) put(own, 'notice_preferences', { id: memberId, preferences } as { id: string });
    return rows;
  }

  #putSlots(member: Member, put: (scope: string, entity: string, row: { id: string }) => void): void {
    for (const slot of this.state.slots.values()) {
      const { opened, closed, rulesRevision, followedRevision, followedUntil, position, ...row } = slot;
      put(`site:${SITE}`, 'slot', { ...row, ...(position && { position }) });
      const lending = { id: slot.id, opened, closed, rulesRevision, followedRevision, followedUntil };
      if (slot.ownerId === member.id) put(`member:${member.id}`, 'slot_lending', lending);
      if (slot.ownerId !== null && member.role === 'manager') put(`desk:${SITE}`, 'slot_lending', lending);
    }
  }
}

const unreachable: Result<never> = { ok: false, failure: { kind: 'unreachable' } };

function coded(code: string): Result<never> {
  return { ok: false, failure: { kind: 'coded', code } };
}

function fingerprint(id: string, args: object): string {
  return JSON.stringify([id, args]);
}
