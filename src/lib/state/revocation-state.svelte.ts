import type { AppParts } from './app-parts';
import type { Device } from './device';
import type { OtherSite } from './other-sites';
import type { OutboxState } from './outbox-state.svelte';
import { tellSignOut } from './session-site';
import type { OutboxView } from './views';

/** B5: another device of the member has taken this one away; what it held is wiped. */
export class RevocationState {
  readonly #parts: AppParts;
  readonly #outbox: OutboxState;
  #unsent = $state.raw<readonly OutboxView[]>([]);
  #elsewhere = $state.raw<readonly OtherSite[]>([]);

  constructor(parts: AppParts, outbox: OutboxState) {
    this.#parts = parts;
    this.#outbox = outbox;
  }

  /** B5: in the phase `revoked`: the wishes that were lost, oldest first. */
  get unsent(): readonly OutboxView[] {
    return this.#unsent;
  }

  /** B5: in the phase `revoked`: the person's other sites whose unsent wishes were lost with the rest. */
  get elsewhere(): readonly OtherSite[] {
    return this.#elsewhere;
  }

  /** B5: after `revoked`: the person has read it and may sign in anew. */
  leave(): void {
    this.#parts.platform.lock.turnOff();
    this.#unsent = [];
    this.#elsewhere = [];
    this.#parts.open.become('signed_out');
  }

  /**
   * B5: wipes what this device holds, as a forced sign-out does, once the server has said a second time that the session is
   * gone: a refusal may be that of an old token, overtaken by a sign-in in another tab.
   */
  follow(device: Device): Promise<void> {
    const { platform, open, turns } = this.#parts;
    return turns.take(async () => {
      if (device !== open.device) return;
      const server = await platform.connect();
      const session = await server.session();
      if (!session.ok || session.value.user !== null) return;
      const { otherSites, wipeElsewhere } = await import('./other-sites');
      const unsent = this.#outbox.wishes.filter(({ mark }) => mark === 'waiting');
      const elsewhere = (await otherSites(platform)).filter((site) => site.unsent > 0);
      platform.signOutPending.write(true);
      await open.leave();
      await device.wipe();
      await wipeElsewhere(platform);
      open.forgetNotes();
      platform.push.silence();
      this.#unsent = unsent;
      this.#elsewhere = elsewhere;
      open.become('revoked');
      void tellSignOut(platform, server);
    });
  }
}
