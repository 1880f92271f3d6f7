import type { Result } from '$lib/api/sync-api';
import { emptyStorage } from '$lib/sync/testing-device';
import { SITE, type TestingServer } from '$lib/sync/testing-server';
import type { MemberElsewhere } from './members-elsewhere';
import type { DeviceRecord, Kept, Platform, Surroundings } from './platform';
import type { SessionAnswer } from '#shared/protocol/session';

/** A browser profile: what stays when the app is closed. Several apps over one profile are its tabs. */
export class TestingProfile {
  storage = emptyStorage();
  /** Whom the session cookie is for; null is none. */
  session: string | null = null;
  timesAskedToPersist = 0;
  /** Whose a member is, where one person has several. */
  readonly userIds = new Map<string, string>();
  /** Where a member belongs, where there are several sites; their rows are the one testing server's all the same. */
  readonly siteIds = new Map<string, string>();
  /** How many of the next answers to a switch of site are lost after it is done. */
  lostSwitches = 0;
  /** Whose app lock is on; null when it is off. */
  lockOf: string | null = null;
  /** B4: for whom this browser was last told to look after notifications; null: silenced. */
  pushFor: string | null = null;
  /** The device's clock minus the server's, milliseconds. */
  skew = 0;
  readonly record = kept<DeviceRecord>();
  readonly elsewhere = kept<readonly MemberElsewhere[]>();
  readonly canary = kept<string>();
  readonly signOutPending = kept<true>();
  readonly surroundings: Surroundings[] = [];
  /** What runs every so often, for tests to run by hand. */
  readonly repeated: { readonly milliseconds: number; readonly work: () => void }[] = [];

  constructor(readonly server: TestingServer) {}

  /** What a sign-in as this member answers, its cookie set. */
  signIn(memberId: string): SessionAnswer {
    this.session = memberId;
    return this.#session();
  }

  platform(): Platform {
    const { server } = this;
    return {
      ...{
        elsewhere: this.elsewhere,
        record: this.record,
        canary: this.canary,
        signOutPending: this.signOutPending,
      },
      lock: {
        keepFor: (userId) => {
          if (this.lockOf !== userId) this.lockOf = null;
        },
        turnOff: () => (this.lockOf = null),
      },
      push: {
        keepFor: (userId) => (this.pushFor = userId),
        silence: () => (this.pushFor = null),
      },
      clock: { now: () => server.now + this.skew },
      random: () => 0.5,
      locks: { alone: (_name, work) => work() },
      build: 'test',
      fillRandom: (bytes) => void crypto.getRandomValues(bytes),
      dexieOptions: this.storage,
      subtle: crypto.subtle,
      askToPersist: () => {
        this.timesAskedToPersist++;
        return Promise.resolve(true);
      },
      isPersisted: () => Promise.resolve(this.timesAskedToPersist > 0),
      connect: () =>
        Promise.resolve({
          sync: server.api(() => this.session),
          session: () => Promise.resolve(this.#reached(() => this.#session())),
          signOut: () => Promise.resolve(this.#reached(() => (this.session = null))),
          switchSite: (siteId) => Promise.resolve(this.switchSite(siteId)),
        }),
      idle: () => Promise.resolve(),
      // Only the jitter of pokes passes, at once; back-off and the minute wait for ever, so that tests order each pass.
      after: (milliseconds, work) => {
        const timer = milliseconds < 200 ? setTimeout(work) : undefined;
        return () => clearTimeout(timer);
      },
      every: (milliseconds, work) => {
        const entry = { milliseconds, work };
        this.repeated.push(entry);
        return () => void this.repeated.splice(this.repeated.indexOf(entry), 1);
      },
      watch: (surroundings) => {
        this.surroundings.push(surroundings);
        return () => void this.surroundings.splice(this.surroundings.indexOf(surroundings), 1);
      },
    };
  }

  /** As `sites.switch` does: to the member of the session's person at that site. */
  switchSite(siteId: string): Result<SessionAnswer> {
    if (!this.server.reachable) return this.#reached(() => this.#session());
    const userId = this.session === null ? null : this.#userOf(this.session);
    const members = [...this.server.state.members.values()].filter(({ leftAt }) => leftAt === null);
    const there = members.find(({ id }) => this.#userOf(id) === userId && this.#siteOf(id) === siteId);
    if (!there) return { ok: false, failure: { kind: 'coded', code: 'site_not_found' } };
    this.session = there.id;
    if (this.lostSwitches === 0) return { ok: true, value: this.#session() };
    this.lostSwitches--;
    return { ok: false, failure: { kind: 'unreachable' } };
  }

  #userOf(memberId: string): string {
    return this.userIds.get(memberId) ?? memberId;
  }

  #siteOf(memberId: string): string {
    return this.siteIds.get(memberId) ?? SITE;
  }

  #reached<T>(work: () => T): Result<T> {
    return this.server.reachable
      ? { ok: true, value: work() }
      : { ok: false, failure: { kind: 'unreachable' } };
  }

  #session(): SessionAnswer {
    const member = this.session === null ? undefined : this.server.state.members.get(this.session);
    if (!member) return { user: null, member: null, registrationOpen: true, verifiedAt: null };
    const { id, role, name } = member;
    return {
      user: {
        id: this.#userOf(id),
        email: 'mara@example.org',
        name,
        isAdministrator: false,
      },
      member: { siteId: this.#siteOf(id), memberId: id, role, siteName: 'Test' },
      registrationOpen: true,
      verifiedAt: null,
    };
  }
}

function kept<T>(): Kept<T> {
  let value: T | null = null;
  return {
    read: () => value,
    write: (next) => {
      value = next;
    },
  };
}
