import type { SessionAnswer } from '#shared/protocol/session';
import type { AppParts } from './app-parts';
import { deviceOf } from './device-of';
import type { OtherSite } from './other-sites';
import type { DeviceRecord } from './platform';
import { isRefusal, RefusalError, refusalOf } from './refusal';
import { atRecordedSite, bringBack, strayedFrom, tellSignOut, withUser } from './session-site';
import type { Phase } from './views';

/** Who is signed in on this device, and at which of their sites. */
export class SessionState {
  readonly #parts: AppParts;
  #withoutSite = $state.raw<SessionAnswer | null>(null);

  constructor(parts: AppParts) {
    this.#parts = parts;
  }

  get phase(): Phase {
    return this.#parts.open.phase;
  }

  /** Who is signed in, known before the first pull. */
  get identity(): DeviceRecord | null {
    return this.#parts.copy.identity;
  }

  /** Who is signed in in this browser without belonging to a site; null otherwise. */
  get withoutSite(): SessionAnswer | null {
    return this.#withoutSite;
  }

  /**
   * After a sign-in: goes on with the member's queue if this device has one, at the site that was open here last where
   * the person still belongs to it. Rejects with `no_site` without a site, with
   * `storage_full` or `storage_failed` when the device could not keep it; then everything here is as it was before.
   */
  signedIn(session: SessionAnswer): Promise<void> {
    const { user, member } = session;
    if (!user || !member) return Promise.reject(new RefusalError(refusalOf(user ? 'no_site' : 'signed_out')));
    const { platform, turns } = this.#parts;
    return turns.take(async () => this.#takeIn(await atRecordedSite(platform, session)));
  }

  async #takeIn({ user, member, verifiedAt }: SessionAnswer): Promise<void> {
    if (!user || !member) throw new RefusalError(refusalOf(user ? 'no_site' : 'signed_out'));
    const { platform, copy, open, storage } = this.#parts;
    const record: DeviceRecord = { ...member, name: user.name, userId: user.id };
    const current = open.device;
    if (current?.record.memberId === record.memberId && current.record.role === record.role) {
      await storage.keeping(() => open.note(record));
      copy.identify(record);
      current.signedInAgain();
    } else {
      await open.signInAs(record);
    }
    // Only now: the screens of the person before are gone.
    platform.lock.keepFor(user.id);
    platform.push.keepFor(user.id);
    this.#withoutSite = null;
    copy.noteVerified(verifiedAt);
    // Asked here, where browsers like to say yes: a person has just used the app. The answer may take a prompt.
    void storage.askToPersist();
  }

  /**
   * One account, several sites: goes over to the site at which `ask` has the server put the session. The queue of the former
   * one stays on this device, and nothing of it is sent meanwhile, as the session is that site's no more. False, and
   * everything as it was, when `ask` answers null and the session has not gone over all the same: an answer may be lost.
   * Rejects as `signedIn` does; the session is then brought back.
   */
  changeSite(ask: () => Promise<SessionAnswer | null>): Promise<boolean> {
    const { platform, open, storage, turns } = this.#parts;
    return turns.take(async () => {
      const { device } = open;
      const former = device && (await storage.keeping(() => withUser(platform, device.record)));
      await open.leave();
      try {
        const session = (await ask()) ?? (former && (await strayedFrom(platform, former)));
        if (session) await this.#takeIn(session);
        return session !== null;
      } catch (error) {
        if (former) await bringBack(platform, former);
        throw error;
      } finally {
        if (former && !open.device) await open.enterAgain(await deviceOf(platform, former));
      }
    });
  }

  /** K6: the server has made sure who sits here, at this moment of its clock: wishes that need it may be made. */
  noteVerified(verifiedAt: number): void {
    this.#parts.copy.noteVerified(verifiedAt);
  }

  /** Somebody is signed in who belongs to no site. */
  noteWithoutSite(session: SessionAnswer): void {
    this.#withoutSite = session;
  }

  /** Signs out who belongs to no site; this device holds nothing of theirs. */
  async signOutWithoutSite(): Promise<void> {
    const { platform } = this.#parts;
    platform.signOutPending.write(true);
    platform.lock.turnOff();
    platform.push.silence();
    this.#withoutSite = null;
    await tellSignOut(platform, await platform.connect());
  }

  /** How many unsent wishes of this member, who is not the one in use, wait on this device. */
  async unsentOf(memberId: string): Promise<number> {
    return (await import('./other-sites')).unsentOf(memberId, this.#parts.platform);
  }

  /** The same person's other sites of which this device has a database, each with what waits there; also without signal. */
  async otherSites(): Promise<readonly OtherSite[]> {
    return (await import('./other-sites')).otherSites(this.#parts.platform);
  }

  /**
   * Wipes this member's database, key and notes, those of the same person at other sites, and ends the session. With unsent
   * wishes and without `force` nothing happens: `done` is false and `unsent` says how many would be lost.
   */
  signOut({ force }: { force: boolean }): Promise<{ done: boolean; unsent: number }> {
    const { platform, open, turns } = this.#parts;
    return turns.take(async () => {
      const { unsentElsewhere, wipeElsewhere } = await import('./other-sites');
      const unsent = ((await open.device?.unsent()) ?? 0) + (await unsentElsewhere(platform));
      if (unsent > 0 && !force) return { done: false, unsent };
      const { device } = open;
      platform.signOutPending.write(true);
      await open.leave();
      await device?.wipe();
      await wipeElsewhere(platform);
      open.forgetNotes();
      this.#withoutSite = null;
      platform.lock.turnOff();
      // Not left to the server, which hears of it with the next signal.
      platform.push.silence();
      open.become('signed_out');
      void platform.connect().then((server) => tellSignOut(platform, server));
      return { done: true, unsent };
    });
  }

  /**
   * Nobody is recorded here, yet the browser may hold a session: then its member comes back in. When the device cannot
   * keep that, the person signs in and reads why not.
   */
  async find(): Promise<void> {
    const { platform } = this.#parts;
    const server = await platform.connect();
    if (platform.signOutPending.read() && !(await tellSignOut(platform, server))) return;
    const session = await server.session();
    if (!session.ok || this.phase !== 'signed_out') return;
    if (!session.value.member) {
      this.#withoutSite = session.value.user && session.value;
      return;
    }
    await this.signedIn(session.value).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
    });
  }
}
