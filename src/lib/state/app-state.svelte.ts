import { untrack } from 'svelte';
import type { Pass, Registration, Role } from '#shared/domain/entities';
import type { Intent } from '#shared/domain/intent';
import type { PolicyChanges, SitePolicy } from '#shared/domain/policy';
import { changesCredits } from '#shared/domain/site';
import { VERIFIED_FOR } from '#shared/domain/verification';
import type { PassHistory } from '#shared/pass/pass-verdict';
import type { TrustedKeys } from '#shared/pass/signed-bundle';
import type { Loading } from '#shared/protocol/pull';
import type { Row } from '#shared/protocol/rows';
import type { SessionAnswer } from '#shared/protocol/session';
import { storageProblemOf, type StorageProblem } from '$lib/client-db/connection-lost';
import type { DecisionRow, KeptList, Meta, OutboxRow } from '$lib/client-db/database';
import type { Snapshot } from '$lib/client-db/snapshot';
import type { ConnectionState } from '$lib/sync/connection';
import { makeId } from '$lib/sync/device-ids';
import { baseOf, predict, type Base, type Predictor } from '$lib/sync/predict';
import { expectedMember, judgeStorage, parseCanary } from '$lib/sync/storage-guard';
import type { AppArea } from './app-area';
import { browserPlatform } from './browser-platform';
import { decisionViews, outboxViews, reservationViews, slotViews } from './build-views';
import { Device, tellSignOut } from './device';
import { deviceViews, removedAt, type DeviceView } from './device-views';
import type { DeviceRecord, Platform } from './platform';
import {
  revocationsWaiting,
  visitorPassViews,
  type VisitorPassView,
  type VisitorWish,
} from './visitor-views';
import {
  noteElsewhere,
  otherSites,
  unsentElsewhere,
  unsentOf,
  wipeElsewhere,
  type OtherSite,
} from './other-sites';
import { personViews, type PersonView } from './person-views';
import { LendingState } from './lending-state.svelte';
import { MapState } from './map-state.svelte';
import { NoticeState } from './notice-state.svelte';
import { isRefusal, RefusalError, refusalOf, refusalOfStorage } from './refusal';
import { refuseLocally } from './refuse-locally';
import { TopupState } from './topup-state.svelte';
import { WaitlistState } from './waitlist-state.svelte';
import { atRecordedSite, bringBack, strayedFrom, withUser } from './session-site';
import type {
  GateDecision,
  GateView,
  LocalDecision,
  OutboxView,
  Phase,
  Refusal,
  ReservationView,
  SlotView,
  StorageView,
} from './views';

const SECOND = 1000;
const LEASE_WISH_LASTS = 120 * SECOND;

/**
 * What screens read and ask for: the one way from a screen to the device's database and the network. Everything shown
 * comes from IndexedDB, the outbox replayed over the pulled rows; a screen never waits for the network.
 * Every action that wants something rejects with a RefusalError when the answer is known to be no, or when it could not
 * be kept; resolved means kept, not confirmed.
 */
export class App {
  readonly #platform: Platform;
  #device: Device | null = null;
  #started: Promise<void> | null = null;
  /** Sign-in, sign-out and wishes follow each other. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #stops: (() => void)[] = [];

  #phase = $state<Phase>('loading');
  #identity = $state.raw<DeviceRecord | null>(null);
  #base = $state.raw<Base>(baseOf([]));
  #outbox = $state.raw<readonly OutboxRow[]>([]);
  #meta = $state.raw<Partial<Meta>>({});
  #decisions = $state.raw<readonly DecisionRow[]>([]);
  #publicKey = $state<string | null>(null);
  #connection = $state<ConnectionState>('connecting');
  #deviceNow = $state(0);
  #persisted = $state<boolean | null>(null);
  #quotaProblem = $state(false);
  /** Of sync passes, beside that of what a person does: a small wish may find room where a pull does not. */
  #syncProblem = $state<StorageProblem | null>(null);
  #storageFailure = $state<StorageProblem | null>(null);
  #evictedUnsent = $state(0);
  #revokedUnsent = $state.raw<readonly OutboxView[]>([]);
  #revokedElsewhere = $state.raw<readonly OtherSite[]>([]);
  #withoutSite = $state.raw<SessionAnswer | null>(null);
  /** K6: by the server's clock; of this page's life alone. */
  #verifiedAt = $state<number | null>(null);

  readonly #serverOffset = $derived(this.#meta.serverOffset ?? 0);
  /** Changes once a minute: what waits may expire. */
  readonly #minute = $derived(Math.floor(this.#deviceNow / (60 * SECOND)));
  readonly #predicted = $derived.by(() => {
    // Else a copy of 10,000 slots would be gone through each minute for nothing.
    if (this.#outbox.some(({ expiresAt }) => expiresAt !== null)) void this.#minute;
    const now = untrack(() => this.now);
    // What is in the outbox was proved when it was wished for; the proof itself is of this page's life alone.
    return predict(this.#base, this.#outbox, { ...this.#predictor(now), verifiedAt: now });
  });
  readonly #slots = $derived(this.#predicted ? slotViews(this.#predicted, this.#outbox, this.#memberId) : []);
  readonly #reservations = $derived(
    this.#predicted
      ? reservationViews(this.#predicted, this.#outbox, {
          memberId: this.#memberId,
          clientId: this.#meta.clientId ?? '',
          pulled: this.#base.reservation,
        })
      : [],
  );
  readonly #outboxViews = $derived(outboxViews(this.#outbox, this.#serverOffset));
  readonly #devices = $derived(
    deviceViews(
      { keys: this.#base.holder_key, passes: this.#base.pass, outbox: this.#outboxViews },
      this.#ownDevice,
      this.#minute * 60 * SECOND + this.#serverOffset,
    ),
  );
  readonly #visitorPasses = $derived(
    this.#predicted
      ? visitorPassViews(this.#predicted, this.#outbox, {
          pulled: this.#base.visitor_pass,
          memberId: this.#memberId,
          now: this.#minute * 60 * SECOND + this.#serverOffset,
        })
      : [],
  );
  readonly #revocationsWaiting = $derived(revocationsWaiting(this.#outbox));
  readonly #people = $derived(
    this.#predicted && this.#base.desk_member.length > 0
      ? personViews(this.#predicted, this.#base.desk_member, this.#outbox)
      : [],
  );
  readonly #invitations = $derived(this.#base.invitation.toSorted((a, b) => b.createdAt - a.createdAt));
  readonly #joinRequests = $derived(this.#base.join_request.toSorted((a, b) => a.createdAt - b.createdAt));
  readonly #movements = $derived(this.#base.movement.toSorted(newestFirst));
  readonly #localDecisions = $derived(decisionViews(this.#decisions, this.#outbox));
  readonly #gate = $derived<GateView>({
    passes: this.#base.gate_pass,
    keys: this.#base.signing_key,
    statusList: this.#base.status_list[0] ?? null,
    scans: this.#base.scan,
    keyBundle: this.#base.key_bundle[0] ?? null,
    incidents: this.#base.incident.toSorted((a, b) => b.raisedAt - a.raisedAt),
  });
  readonly #storage = $derived<StorageView>({
    persisted: this.#persisted,
    evicted: this.#phase === 'evicted',
    quotaProblem: this.#quotaProblem || this.#syncProblem === 'storage_full',
  });

  /** What the areas of the app read and wish through. */
  readonly #area: AppArea = {
    base: () => this.#base,
    predicted: () => this.#predicted,
    outbox: () => this.#outboxViews,
    memberId: () => this.#memberId,
    minute: () => this.#minute * 60 * SECOND + this.#serverOffset,
    now: () => this.now,
    newId: () => this.newId(),
    wish: (intent, expiresAt) => this.#wish(intent, expiresAt),
  };
  /** C1: own slots, claims and weekly rules; for managers everybody's. */
  readonly lending = new LendingState(this.#area);
  /** C4: where slots lie on the map. */
  readonly map = new MapState(this.#area);
  /** E8: waiting in line. */
  readonly waitlist = new WaitlistState(this.#area);
  /** B8: credits bought. */
  readonly topups = new TopupState(this.#area);
  /** B4: being told. */
  readonly notices = new NoticeState(this.#area);

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** In the phase `storage_failed`: the error code that says why. */
  get storageFailure(): StorageProblem | null {
    return this.#storageFailure;
  }

  /** Whether a complete pull was ever applied here. */
  get loaded(): boolean {
    return this.#meta.asOf !== undefined;
  }

  /** How far a load in several answers has come; null when the rows are complete, or nothing has come yet. */
  get loading(): Loading | null {
    return this.#meta.loading ?? null;
  }

  /** Whether all of a scope is here: complete at the last contact, or already sent in a first load that goes on. */
  has(kind: 'site' | 'member' | 'gate' | 'desk'): boolean {
    if (this.loaded) return true;
    return this.loading !== null && !this.loading.scopes.some((scope) => scope.startsWith(`${kind}:`));
  }

  /** Who is signed in in this browser without belonging to a site; null otherwise. */
  get withoutSite(): SessionAnswer | null {
    return this.#withoutSite;
  }

  /** Who is signed in, known before the first pull. */
  get identity(): DeviceRecord | null {
    return this.#identity;
  }

  get site(): Row<'site'> | null {
    return this.#base.site[0] ?? null;
  }

  /** C3: the site's rules, predicted: as they are once what waits is confirmed. Null before the first pull. */
  get policy(): SitePolicy | null {
    return this.#predicted?.site.policy ?? null;
  }

  get member(): Row<'member'> | null {
    return this.#base.member[0] ?? null;
  }

  /** B6: who is a member of the site, for its managers. Predicted, by name. */
  get people(): readonly PersonView[] {
    return this.#people;
  }

  /** B6: ways in that managers have given out, newest first; for managers. */
  get invitations(): readonly Row<'invitation'>[] {
    return this.#invitations;
  }

  /** B6: who asks to be let in, oldest first; for managers. */
  get joinRequests(): readonly Row<'join_request'>[] {
    return this.#joinRequests;
  }

  /** How people come in, predicted; null before the first pull. */
  get registration(): Registration | null {
    return this.#predicted?.site.registration ?? null;
  }

  /** By label. */
  get slots(): readonly SlotView[] {
    return this.#slots;
  }

  /** The member's own, by start; those refused and not dismissed included. */
  get reservations(): readonly ReservationView[] {
    return this.#reservations;
  }

  /** Reservations on the member's own slots. */
  get visits(): readonly Row<'visit'>[] {
    return this.#base.visit;
  }

  get passes(): readonly Row<'pass'>[] {
    return this.#base.pass;
  }

  /** D2: those of the member's issuing, by start; those refused and not dismissed included. */
  get visitorPasses(): readonly VisitorPassView[] {
    return this.#visitorPasses;
  }

  /** D2: anybody's visitor passes that a wish of this device to revoke is on its way for. */
  get revocationsWaiting(): ReadonlySet<string> {
    return this.#revocationsWaiting;
  }

  /** Predicted; null before the first pull and for who has no account. */
  get balance(): number | null {
    return this.#predicted?.accounts.get(this.#memberId)?.balance ?? null;
  }

  /** Newest first. */
  get movements(): readonly Row<'movement'>[] {
    return this.#movements;
  }

  /** Not confirmed yet, or refused and not dismissed; oldest first. The app's own housekeeping is not among them. */
  get outbox(): readonly OutboxView[] {
    return this.#outboxViews;
  }

  get waitingCount(): number {
    return this.#outboxViews.filter(({ mark }) => mark === 'waiting').length;
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  /** Server time of the last pull, milliseconds since 1970. */
  get asOf(): number | null {
    return this.#meta.asOf ?? null;
  }

  /** The best estimate of the server's clock, milliseconds since 1970; ticks every second. */
  get now(): number {
    return this.#deviceNow + this.#serverOffset;
  }

  /** Server's clock minus this device's at the last contact, milliseconds; null before the first. */
  get serverOffset(): number | null {
    return this.#meta.serverOffset ?? null;
  }

  /** D3, K8: the latest status list that this guard's device has verified, whoever brought it. */
  get keptList(): KeptList | null {
    return this.#meta.keptList ?? null;
  }

  get storage(): StorageView {
    return this.#storage;
  }

  /** X4: how many unsent wishes an eviction has lost. */
  get evictedUnsent(): number {
    return this.#evictedUnsent;
  }

  /** B5: in the phase `revoked`: the wishes that were lost, oldest first. */
  get revokedUnsent(): readonly OutboxView[] {
    return this.#revokedUnsent;
  }

  /** B5: in the phase `revoked`: the person's other sites whose unsent wishes were lost with the rest. */
  get revokedElsewhere(): readonly OtherSite[] {
    return this.#revokedElsewhere;
  }

  get clientId(): string | null {
    return this.#meta.clientId ?? null;
  }

  /** base64url of the compressed point, 33 bytes; null until it is made and where there is no WebCrypto. */
  get holderKey(): { readonly publicKey: string } | null {
    return this.#publicKey === null ? null : { publicKey: this.#publicKey };
  }

  /** Predicted: the plate that new passes of this member carry; empty for none. */
  get plate(): string {
    return this.#predicted?.members.get(this.#memberId)?.plate ?? this.member?.plate ?? '';
  }

  /** B5: the member's devices that hold passes, this one first. */
  get devices(): readonly DeviceView[] {
    return this.#devices;
  }

  /** B5: when the member gave this device up, ms since 1970: it holds no pass any more. Null in good standing. */
  get removedAt(): number | null {
    return removedAt(this.#base.holder_key, this.#ownDevice);
  }

  get #ownDevice(): { clientId: string; holderKey: string | null } {
    return { clientId: this.#meta.clientId ?? '', holderKey: this.#publicKey };
  }

  get gate(): GateView {
    return this.#gate;
  }

  /** What was decided on this device, newest first. */
  get localDecisions(): readonly LocalDecision[] {
    return this.#localDecisions;
  }

  get #memberId(): string {
    return this.#identity?.memberId ?? '';
  }

  /**
   * K2, K7: opens the database of who was signed in last and fills the state from it in one read; resolves before any
   * network. Never rejects: a storage that cannot be opened is the phase `storage_failed`, and the next call tries
   * again. Otherwise calls after the first return the first's promise.
   */
  start(): Promise<void> {
    this.#started ??= this.#inTurn(() =>
      this.#opening(async () => {
        this.#tick();
        if (this.#stops.length === 0) this.#watch();
        await this.#openRecorded();
      }),
    );
    return this.#started;
  }

  /** Ends timers, listeners and the network and closes the database; for tests. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    await this.#inTurn(() => this.#leave());
  }

  /**
   * After a sign-in: goes on with the member's queue if this device has one, at the site that was open here last where
   * the person still belongs to it. Rejects with `no_site` without a site, with
   * `storage_full` or `storage_failed` when the device could not keep it; then everything here is as it was before.
   */
  signedIn(session: SessionAnswer): Promise<void> {
    const { user, member } = session;
    if (!user || !member) return Promise.reject(new RefusalError(refusalOf(user ? 'no_site' : 'signed_out')));
    return this.#inTurn(async () => this.#takeIn(await atRecordedSite(this.#platform, session)));
  }

  async #takeIn({ user, member, verifiedAt }: SessionAnswer): Promise<void> {
    if (!user || !member) throw new RefusalError(refusalOf(user ? 'no_site' : 'signed_out'));
    const record: DeviceRecord = { ...member, name: user.name, userId: user.id };
    const current = this.#device;
    if (current?.record.memberId === record.memberId && current.record.role === record.role) {
      await this.#keeping(() => this.#note(record));
      this.#identity = record;
      current.signedInAgain();
    } else {
      await this.#signInAs(record);
    }
    // Only now: the screens of the person before are gone.
    this.#platform.lock.keepFor(user.id);
    this.#withoutSite = null;
    this.#verifiedAt = verifiedAt;
    // Asked here, where browsers like to say yes: a person has just used the app. The answer may take a prompt.
    void this.#askToPersist();
  }

  /**
   * One account, several sites: goes over to the site at which `ask` has the server put the session. The queue of the former
   * one stays on this device, and nothing of it is sent meanwhile, as the session is that site's no more. False, and
   * everything as it was, when `ask` answers null and the session has not gone over all the same: an answer may be lost.
   * Rejects as `signedIn` does; the session is then brought back.
   */
  changeSite(ask: () => Promise<SessionAnswer | null>): Promise<boolean> {
    return this.#inTurn(async () => {
      const device = this.#device;
      const former = device && (await this.#keeping(() => withUser(this.#platform, device.record)));
      await this.#leave();
      try {
        const session = (await ask()) ?? (former && (await strayedFrom(this.#platform, former)));
        if (session) await this.#takeIn(session);
        return session !== null;
      } catch (error) {
        if (former) await bringBack(this.#platform, former);
        throw error;
      } finally {
        if (former && !this.#device) await this.#enterAgain(new Device(this.#platform, former));
      }
    });
  }

  /** Somebody is signed in who belongs to no site. */
  noteWithoutSite(session: SessionAnswer): void {
    this.#withoutSite = session;
  }

  /** Signs out who belongs to no site; this device holds nothing of theirs. */
  async signOutWithoutSite(): Promise<void> {
    this.#platform.signOutPending.write(true);
    this.#platform.lock.turnOff();
    this.#withoutSite = null;
    await tellSignOut(this.#platform, await this.#platform.connect());
  }

  /** How many unsent wishes of this member, who is not the one in use, wait on this device. */
  unsentOf(memberId: string): Promise<number> {
    return unsentOf(memberId, this.#platform);
  }

  /** The same person's other sites of which this device has a database, each with what waits there; also without signal. */
  otherSites(): Promise<readonly OtherSite[]> {
    return otherSites(this.#platform);
  }

  /**
   * Wipes this member's database, key and notes, those of the same person at other sites, and ends the session. With unsent
   * wishes and without `force` nothing happens: `done` is false and `unsent` says how many would be lost.
   */
  signOut({ force }: { force: boolean }): Promise<{ done: boolean; unsent: number }> {
    return this.#inTurn(async () => {
      const unsent = ((await this.#device?.unsent()) ?? 0) + (await unsentElsewhere(this.#platform));
      if (unsent > 0 && !force) return { done: false, unsent };
      const device = this.#device;
      this.#platform.signOutPending.write(true);
      await this.#leave();
      await device?.wipe();
      await wipeElsewhere(this.#platform);
      this.#forgetNotes();
      this.#withoutSite = null;
      this.#platform.lock.turnOff();
      this.#phase = 'signed_out';
      void this.#platform.connect().then((server) => tellSignOut(this.#platform, server));
      return { done: true, unsent };
    });
  }

  /** B5: after `revoked`: the person has read it and may sign in anew. */
  leaveRevoked(): void {
    this.#platform.lock.turnOff();
    this.#revokedUnsent = [];
    this.#revokedElsewhere = [];
    this.#phase = 'signed_out';
  }

  /**
   * B5: wipes what this device holds, as a forced sign-out does, once the server has said a second time that the session is
   * gone: a refusal may be that of an old token, overtaken by a sign-in in another tab.
   */
  #revoked(device: Device): Promise<void> {
    return this.#inTurn(async () => {
      if (device !== this.#device) return;
      const server = await this.#platform.connect();
      const session = await server.session();
      if (!session.ok || session.value.user !== null) return;
      const unsent = this.#outboxViews.filter(({ mark }) => mark === 'waiting');
      const elsewhere = (await this.otherSites()).filter((site) => site.unsent > 0);
      this.#platform.signOutPending.write(true);
      await this.#leave();
      await device.wipe();
      await wipeElsewhere(this.#platform);
      this.#forgetNotes();
      this.#revokedUnsent = unsent;
      this.#revokedElsewhere = elsewhere;
      this.#phase = 'revoked';
      void tellSignOut(this.#platform, server);
    });
  }

  /** X4: goes on after an eviction: with an empty database when the session is still good, else signed out. */
  async recoverFromEviction(): Promise<void> {
    this.#forgetNotes();
    this.#evictedUnsent = 0;
    this.#phase = 'signed_out';
    await this.#findSession();
  }

  /** A4: returns the reservation's id. */
  async reserve(slotId: string, start: number, end: number): Promise<string> {
    const reservationId = this.newId();
    await this.#wish({ op: 'reservation.create@1', args: { reservationId, slotId, start, end } }, end);
    return reservationId;
  }

  /**
   * X3: asks the server to keep a slot, to be booked later, also without signal. Returns the reservation's id. It is not
   * asked for any more after two minutes: a lease that begins when nobody waits for it helps nobody.
   */
  async lease(slotId: string, start: number, end: number): Promise<string> {
    const reservationId = this.newId();
    const args = { reservationId, slotId, start, end };
    await this.#wish({ op: 'reservation.lease@1', args }, Math.min(end, this.now + LEASE_WISH_LASTS));
    return reservationId;
  }

  /** X3: books a lease; certain at once. */
  book(reservationId: string): Promise<void> {
    return this.#wish({ op: 'reservation.confirm@1', args: { reservationId } }, null);
  }

  /** C3: another window or slot for a reservation, in one step. */
  change(reservationId: string, to: { slotId: string; start: number; end: number }): Promise<void> {
    return this.#wish({ op: 'reservation.change@1', args: { reservationId, ...to } }, to.end);
  }

  /** C3: a manager changes the site's rules. Of those about credits not asked for any more when the proof has run out. */
  setPolicy(changes: PolicyChanges): Promise<void> {
    const { policy } = this;
    const needsProof = policy !== null && changesCredits(policy, changes);
    return this.#wish(
      { op: 'site.set_policy@1', args: { changes } },
      needsProof ? this.now + VERIFIED_FOR : null,
    );
  }

  /**
   * D3: a manager publishes the site's next signing key. Not asked for any more when the proof of who asks has run out: the
   * server would say no.
   */
  rotateKey(): Promise<void> {
    const intent = { op: 'site.rotate_key@1', args: { keyId: this.newId() } } as const;
    return this.#wish(intent, this.now + VERIFIED_FOR);
  }

  /** D2: a pass for visitors, with a link whose secret stays here. Returns its id. */
  async issueVisitorPass({ visitors, ...wanted }: VisitorWish): Promise<string> {
    const visitorPassId = this.newId();
    const linkHash = await this.#keeping(() => this.#signedInDevice().makeLink(visitorPassId, null));
    const args = { visitorPassId, ...wanted, visitors: [...visitors], linkHash };
    await this.#wish({ op: 'visitor.issue@1', args }, wanted.end);
    return visitorPassId;
  }

  /** D2: also of somebody else's, for a guard or the manager. */
  revokeVisitorPass(visitorPassId: string): Promise<void> {
    return this.#wish({ op: 'visitor.revoke@1', args: { visitorPassId } }, null);
  }

  /** D2: a new link in the place of the one there was, which then opens nothing. */
  async newVisitorLink(visitorPassId: string): Promise<void> {
    const intent = (linkHash: string | null) =>
      ({ op: 'visitor.link@1', args: { visitorPassId, linkHash } }) as const;
    const refusal = this.objectionTo(intent(null));
    // Before a secret is made for nothing.
    if (refusal) throw new RefusalError(refusal);
    const inForce = this.#linkHashOf(visitorPassId);
    const linkHash = await this.#keeping(() => this.#signedInDevice().makeLink(visitorPassId, inForce));
    await this.#wish(intent(linkHash), null);
  }

  /**
   * D2: the secret of a visitor pass's link as predicted; null without one, and when another device made it. Rejects with
   * a RefusalError when the storage does not answer.
   */
  async visitorLink(visitorPassId: string): Promise<string | null> {
    const linkHash = this.#linkHashOf(visitorPassId);
    return linkHash === null ? null : this.#signedInDevice().linkOf(visitorPassId, linkHash);
  }

  #linkHashOf(visitorPassId: string): string | null {
    return this.#predicted?.visitorPasses.get(visitorPassId)?.linkHash ?? null;
  }

  /** X8: a manager has looked into an incident. */
  closeIncident(incidentId: string, note: string): Promise<void> {
    return this.#wish({ op: 'incident.close@1', args: { incidentId, note } }, null);
  }

  cancel(reservationId: string): Promise<void> {
    return this.#wish({ op: 'reservation.cancel@1', args: { reservationId } }, null);
  }

  lend(slotId: string, start: number, end: number): Promise<void> {
    return this.#wish({ op: 'share.open@1', args: { slotId, start, end } }, end);
  }

  takeBack(slotId: string, start: number, end: number): Promise<void> {
    return this.#wish({ op: 'share.close@1', args: { slotId, start, end } }, end);
  }

  /** X1: moves one reservation's pass to this device; null takes what no device holds. */
  async bindPass(reservationId: string | null): Promise<void> {
    const holderKey = this.holderKey?.publicKey;
    if (holderKey === undefined) throw new Error('the holder key has not been made yet');
    await this.#wish({ op: 'pass.bind@1', args: { holderKey, reservationId } }, null);
  }

  /** B5: gives another own device up. */
  revokeDevice(clientId: string): Promise<void> {
    return this.#wish({ op: 'device.revoke@1', args: { clientId } }, null);
  }

  /**
   * B6: gives a member another role. Not asked for any more when the proof of who asks has run out, as with the next two.
   */
  setRole(memberId: string, role: Role): Promise<void> {
    return this.#wish({ op: 'member.set_role@1', args: { memberId, role } }, this.now + VERIFIED_FOR);
  }

  /** B6: ends somebody's membership. */
  removeMember(memberId: string): Promise<void> {
    return this.#wish({ op: 'member.remove@1', args: { memberId } }, this.now + VERIFIED_FOR);
  }

  /** B6: leaves the site oneself. */
  leaveSite(): Promise<void> {
    return this.#wish({ op: 'member.remove@1', args: { memberId: this.#memberId } }, this.now + VERIFIED_FOR);
  }

  /** B6: how people come in from now on. Not asked for any more when the proof of who asks has run out. */
  setRegistration(registration: Registration): Promise<void> {
    const args = { registration };
    return this.#wish({ op: 'site.set_registration@1', args }, this.now + VERIFIED_FOR);
  }

  /** The plate that passes made from now on carry; empty for none. */
  setPlate(plate: string): Promise<void> {
    return this.#wish({ op: 'member.set_plate@1', args: { plate } }, null);
  }

  /** K6: the server has made sure who sits here, at this moment of its clock: wishes that need it may be made. */
  noteVerified(verifiedAt: number): void {
    this.#verifiedAt = verifiedAt;
  }

  /** The person has read a refusal. */
  async dismiss(seq: number): Promise<void> {
    const device = this.#signedInDevice();
    await this.#keeping(() => device.dismiss(seq));
    await this.#showOutbox(device);
  }

  /** Resolves when a pass that began after the call is over, whatever came of it; see `connection`. */
  async syncNow(): Promise<void> {
    await this.#device?.sync();
  }

  /** A new UUIDv7. */
  newId(): string {
    return makeId(this.#platform.clock.now(), this.#platform.fillRandom);
  }

  /** ES256 by the holder key: 64 bytes r‖s. */
  async signHolderProof(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    return this.#signedInDevice().sign(bytes);
  }

  /** The `ctr` for the next redraw of a live pass. */
  async nextShowCounter(): Promise<number> {
    return this.#signedInDevice().nextShowCounter();
  }

  /**
   * D4: stores a decision durably with its scan.record intent, in one transaction; what it resolves with may be shown.
   * `recheck` gets the pass's history inside the transaction and returns what is stored instead.
   */
  async storeDecision(
    decision: GateDecision,
    recheck?: (history: PassHistory) => GateDecision,
  ): Promise<GateDecision> {
    return this.#keeping(() => this.#signedInDevice().storeDecision(decision, recheck));
  }

  /** D3: the site's keys as this device last accepted them. */
  readonly keyPins = {
    read: (): Promise<TrustedKeys | null> => this.#signedInDevice().readKeyPins(),
    write: (keys: TrustedKeys): Promise<void> =>
      this.#keeping(() => this.#signedInDevice().writeKeyPins(keys)),
  };

  /** D3, K8: keeps a status list that was verified, unless one is kept that is as new. */
  async keepStatusList(list: KeptList): Promise<void> {
    return this.#keeping(() => this.#signedInDevice().keepStatusList(list));
  }

  /**
   * Local decisions and pulled scans together; `at` of a use is in seconds. `kind` as the pass says, null for what the
   * gate's list says.
   */
  async historyOf(passId: string, kind: Pass['kind'] | null): Promise<PassHistory> {
    return this.#signedInDevice().historyOf(passId, kind);
  }

  /**
   * What the rules are known to say to a wish, before it is made; null when it may be made. Follows the rows, not the
   * clock: `now` is that of the call.
   */
  objectionTo(intent: Intent): Refusal | null {
    if (!this.#predicted || this.loading) return null;
    return refuseLocally(this.#base, this.#predicted, intent, this.#predictor(untrack(() => this.now)));
  }

  #predictor(now: number): Predictor {
    return { clientId: this.#meta.clientId ?? '', now, verifiedAt: this.#verifiedAt };
  }

  /** K3: refuses at once what the rules are known to refuse, else queues it; resolves when it is kept and shown. */
  #wish(intent: Intent, expiresAt: number | null): Promise<void> {
    return this.#inTurn(async () => {
      const device = this.#signedInDevice();
      this.#tick();
      const predictor = this.#predictor(this.now);
      if (!this.#predicted) throw new RefusalError(refusalOf('unavailable'));
      // What is missing from half a copy proves nothing: the server says it.
      const refusal = this.loading ? null : refuseLocally(this.#base, this.#predicted, intent, predictor);
      if (refusal) throw new RefusalError(refusal);
      await this.#keeping(() => device.enqueue(intent, expiresAt));
      await this.#showOutbox(device);
    });
  }

  /** Shows the outbox without waiting for the live query, so that the next wish is judged with this one in it. */
  async #showOutbox(device: Device): Promise<void> {
    const { outbox, asOf } = await device.readOutbox();
    // Of a later pull than the rows on screen: the live query brings both together.
    if (device === this.#device && asOf === (this.#meta.asOf ?? 0)) this.#outbox = outbox;
  }

  async #keeping<T>(work: () => Promise<T>): Promise<T> {
    try {
      const kept = await work();
      this.#quotaProblem = false;
      return kept;
    } catch (caught) {
      const error = refusalOfStorage(caught);
      if (isRefusal(error) && error.code === 'storage_full') this.#quotaProblem = true;
      throw error;
    }
  }

  /** Makes and reads the database before anything else changes: a full device stays with whom it has. */
  async #signInAs(record: DeviceRecord): Promise<void> {
    const device = new Device(this.#platform, record);
    const snapshot = await orClose(device, () =>
      this.#keeping(async () => {
        await device.prepare();
        const read = await device.read();
        // Only now: a note of a member who has no database would be taken for an eviction at the next start.
        await this.#note(record);
        return read;
      }),
    );
    device.writeCanary(snapshot.outbox);
    await this.#leave();
    this.#enter(device, snapshot);
  }

  // Async, so that what the browser throws comes out where refusals are made of it.
  async #note(record: DeviceRecord): Promise<void> {
    this.#platform.signOutPending.write(null);
    noteElsewhere(this.#platform, record);
    this.#platform.record.write(record);
  }

  #signedInDevice(): Device {
    if (!this.#device) throw new RefusalError(refusalOf('signed_out'));
    return this.#device;
  }

  #watch(): void {
    this.#stops.push(
      this.#platform.every(SECOND, () => this.#tick()),
      this.#platform.watch({
        onFocus: () => void this.syncNow(),
        onNetwork: (online) => this.#device?.networkChanged(online),
        onRecordChanged: () => void this.#inTurn(() => this.#opening(() => this.#followRecord())),
      }),
    );
  }

  /** Runs what opens a database. Whatever goes wrong then is shown, with a way to try again, never waited for. */
  async #opening(work: () => Promise<void>): Promise<void> {
    if (this.#phase === 'storage_failed') this.#phase = 'loading';
    try {
      await work();
      this.#storageFailure = null;
    } catch (error) {
      const problem = storageProblemOf(error);
      if (problem === null) console.error('the app did not start', error);
      this.#storageFailure = problem ?? 'storage_failed';
      this.#phase = 'storage_failed';
      this.#started = null;
    }
  }

  async #openRecorded(): Promise<void> {
    const { record, canary } = this.#platform;
    const recorded = record.read();
    const left = parseCanary(canary.read());
    const memberId = expectedMember(recorded?.memberId ?? null, left);
    const device = memberId === null ? null : new Device(this.#platform, recorded ?? unnamed(memberId));
    const hasClient = device !== null && (await orClose(device, () => device.hasClient()));
    const finding = judgeStorage(memberId, hasClient, left);
    if (device && recorded && finding.kind === 'whole') return this.#enterAgain(device);
    if (finding.kind === 'evicted') {
      await device?.wipe();
      this.#evictedUnsent = finding.lost;
      this.#phase = 'evicted';
    } else {
      await device?.close();
      this.#phase = 'signed_out';
      void this.#findSession();
    }
  }

  /** Another tab has signed somebody in or out. */
  async #followRecord(): Promise<void> {
    if (this.#device?.isCurrent()) return;
    await this.#leave();
    const recorded = this.#platform.record.read();
    if (recorded) await this.#enterAgain(new Device(this.#platform, recorded));
    else this.#phase = 'signed_out';
  }

  /** Goes on with a member whom a sign-in before has noted. */
  async #enterAgain(device: Device): Promise<void> {
    this.#enter(device, await orClose(device, () => device.read()));
    void this.#lookWhetherPersisted();
  }

  #enter(device: Device, snapshot: Snapshot): void {
    this.#device = device;
    this.#identity = device.record;
    this.#show(snapshot);
    this.#phase = 'signed_in';
    void device.run({
      onChange: (changed) => {
        if (device === this.#device) this.#show(changed);
      },
      onConnection: (state) => {
        if (device === this.#device) this.#connection = state;
      },
      onStorage: (problem) => {
        if (device === this.#device) this.#syncProblem = problem;
      },
      onRevoked: () => void this.#revoked(device),
    });
  }

  async #leave(): Promise<void> {
    const device = this.#device;
    this.#device = null;
    await device?.close();
    this.#identity = null;
    this.#show({ rows: [], outbox: [], meta: {}, decisions: [], publicKey: null });
    this.#connection = 'connecting';
    this.#syncProblem = null;
    this.#verifiedAt = null;
  }

  #show(changed: Partial<Snapshot>): void {
    if (changed.rows) this.#base = baseOf(changed.rows);
    if (changed.outbox) this.#outbox = changed.outbox;
    if (changed.meta) this.#meta = changed.meta;
    if (changed.decisions) this.#decisions = changed.decisions;
    if (changed.publicKey !== undefined) this.#publicKey = changed.publicKey;
  }

  /**
   * Nobody is recorded here, yet the browser may hold a session: then its member comes back in. When the device cannot
   * keep that, the person signs in and reads why not.
   */
  async #findSession(): Promise<void> {
    const server = await this.#platform.connect();
    if (this.#platform.signOutPending.read() && !(await tellSignOut(this.#platform, server))) return;
    const session = await server.session();
    if (!session.ok || this.#phase !== 'signed_out') return;
    if (!session.value.member) {
      this.#withoutSite = session.value.user && session.value;
      return;
    }
    await this.signedIn(session.value).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
    });
  }

  async #lookWhetherPersisted(): Promise<void> {
    this.#persisted = await this.#platform.isPersisted();
  }

  async #askToPersist(): Promise<void> {
    this.#persisted = await this.#platform.askToPersist();
  }

  #forgetNotes(): void {
    this.#platform.record.write(null);
    this.#platform.canary.write(null);
  }

  #tick(): void {
    this.#deviceNow = this.#platform.clock.now();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

/** For a database whose member only the canary knows: to look whether it is there, no more. */
function unnamed(memberId: string): DeviceRecord {
  return { memberId, siteId: '', role: 'resident', name: '', siteName: '' };
}

/** Leaves nothing open when `work` on a device that nobody has entered yet fails. */
async function orClose<T>(device: Device, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await device.close();
    throw error;
  }
}

function newestFirst(a: Row<'movement'>, b: Row<'movement'>): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
}

/** The app of this browser. */
export const app = new App(browserPlatform);
