import { untrack } from 'svelte';
import type { Intent } from '#shared/domain/intent';
import type { AppParts } from './app-parts';
import { outboxViews } from './build-views';
import type { Device } from './device';
import { RefusalError, refusalOf } from './refusal';
import type { OutboxView, Refusal } from './views';

/** K3: what this device has wished for and what became of it. */
export class OutboxState {
  readonly #parts: AppParts;
  readonly #wishes = $derived.by(() => {
    const { copy } = this.#parts;
    return outboxViews(copy.outbox, { serverOffset: copy.serverOffset, now: copy.minute });
  });

  constructor(parts: AppParts) {
    this.#parts = parts;
  }

  /** Not confirmed yet, or refused and not dismissed; oldest first. The app's own housekeeping is not among them. */
  get wishes(): readonly OutboxView[] {
    return this.#wishes;
  }

  get waitingCount(): number {
    return this.#wishes.filter(({ mark }) => mark === 'waiting').length;
  }

  /** The person has read a refusal. */
  async dismiss(seq: number): Promise<void> {
    const { open, storage } = this.#parts;
    const device = open.signedIn();
    await storage.keeping(() => device.dismiss(seq));
    await this.#show(device);
  }

  /**
   * What the rules are known to say to a wish, before it is made; null when it may be made, and until they are here. Follows the rows, not the
   * clock: `now` is that of the call.
   */
  objectionTo(intent: Intent): Refusal | null {
    const { copy } = this.#parts;
    if (!copy.predicted || !copy.rules || this.#isLoading) return null;
    const predictor = copy.predictor(untrack(() => copy.now));
    return copy.rules.refuseLocally(copy.base, copy.predicted, intent, predictor);
  }

  /**
   * K3: refuses at once what the rules are known to refuse, else queues it; resolves when it is kept and shown. `expiresAt`:
   * when it is not wanted any more, ms since 1970. Rejects with a RefusalError. Screens wish through the areas.
   */
  wish(intent: Intent, expiresAt: number | null): Promise<void> {
    const { platform, copy, open, storage, turns } = this.#parts;
    return turns.take(async () => {
      const device = open.signedIn();
      const rules = await copy.learnRules();
      copy.tick(platform.clock.now());
      if (!copy.predicted) throw new RefusalError(refusalOf('unavailable'));
      // What is missing from half a copy proves nothing: the server says it.
      const refusal =
        this.#isLoading || !rules
          ? null
          : rules.refuseLocally(copy.base, copy.predicted, intent, copy.predictor(copy.now));
      if (refusal) throw new RefusalError(refusal);
      await storage.keeping(() => device.enqueue(intent, expiresAt));
      await this.#show(device);
    });
  }

  get #isLoading(): boolean {
    return this.#parts.copy.meta.loading != null;
  }

  /** Shows the outbox without waiting for the live query, so that the next wish is judged with this one in it. */
  async #show(device: Device): Promise<void> {
    const { copy, open } = this.#parts;
    const { outbox, asOf } = await device.readOutbox();
    // Of a later pull than the rows on screen: the live query brings both together.
    if (device === open.device && asOf === (copy.meta.asOf ?? 0)) copy.show({ outbox });
  }
}
