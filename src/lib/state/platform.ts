import type { DexieOptions } from 'dexie';
import type { Result, SyncApi } from '$lib/api/sync-api';
import type { FillRandom } from '$lib/sync/device-ids';
import type { EngineDependencies } from '$lib/sync/dependencies';
import type { MemberElsewhere } from './members-elsewhere';
import type { SessionAnswer } from '#shared/protocol/session';

/** Who is signed in on this install: what a cold offline start must know before any database is open. */
export interface DeviceRecord {
  readonly memberId: string;
  readonly siteId: string;
  readonly role: 'resident' | 'guard' | 'manager';
  readonly name: string;
  readonly siteName: string;
  /** Absent in a record that an older build has left. */
  readonly userId?: string;
}

/** A value outside IndexedDB that outlives a restart. */
export interface Kept<T> {
  /** Null when there is none, also when it is spoilt or the browser forbids to look. */
  read(): T | null;
  /** Throws what the browser throws when it is full or forbids it. */
  write(value: T | null): void;
}

/** The server, loaded only after the first paint. */
export interface Server {
  readonly sync: SyncApi;
  session(): Promise<Result<SessionAnswer>>;
  signOut(): Promise<Result<unknown>>;
  /** Has the session look at another site of its person; answers the session there. */
  switchSite(siteId: string): Promise<Result<SessionAnswer>>;
}

/** K6: the app's lock, as far as who signs in and out bears on it. */
export interface LockOwnership {
  /** Takes off a lock that is not this person's. */
  keepFor(userId: string): void;
  turnOff(): void;
}

/** B4: whom this browser is woken for, as far as who signs in and out bears on it. */
export interface PushOwnership {
  /** After a sign-in: this person's notifications are to be looked after at once; those of anybody else end here. */
  keepFor(userId: string): void;
  /** Nobody is woken here any more, and what is shown goes: also without the server, as far as the browser does it. */
  silence(): void;
}

/** What happens around the app. */
export interface Surroundings {
  /** The app was looked at again. */
  readonly onFocus: () => void;
  readonly onNetwork: (online: boolean) => void;
  /** Another tab has signed somebody in or out. */
  readonly onRecordChanged: () => void;
}

/** All that the app takes from the browser; tests give their own. */
export interface Platform extends Pick<
  EngineDependencies,
  'clock' | 'random' | 'locks' | 'after' | 'build' | 'tabs'
> {
  readonly fillRandom: FillRandom;
  readonly dexieOptions: DexieOptions;
  readonly record: Kept<DeviceRecord>;
  /** The same people's members of other sites, whose databases are here too. */
  readonly elsewhere: Kept<readonly MemberElsewhere[]>;
  /** X4: the canary, in a cookie. */
  readonly canary: Kept<string>;
  /** A sign-out that the server has not heard of yet. */
  readonly signOutPending: Kept<true>;
  readonly lock: LockOwnership;
  readonly push: PushOwnership;
  /** Null where the browser has no WebCrypto: on a page that came by plain http. */
  readonly subtle: SubtleCrypto | null;
  /** Asks for storage that the browser does not throw away; null when it cannot be asked. */
  readonly askToPersist: () => Promise<boolean | null>;
  /** Whether the browser keeps the storage for good; asks nobody. Null when it cannot tell. */
  readonly isPersisted: () => Promise<boolean | null>;
  readonly connect: () => Promise<Server>;
  /** Resolves once the screen has had its turn: for work that nobody waits for. */
  readonly idle: () => Promise<void>;
  /** Calls `work` every so many milliseconds until the returned function is called. */
  readonly every: (milliseconds: number, work: () => void) => () => void;
  /** Listens until the returned function is called. */
  readonly watch: (surroundings: Surroundings) => () => void;
}
