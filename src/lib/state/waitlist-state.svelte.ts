import type { DomainArgs } from '#shared/domain/intent';
import { waitsUntil } from '#shared/domain/waitlist-rules';
import type { AppArea } from './app-area';
import { servedViews, waitlistViews, type ServedView, type WaitlistView } from './waitlist-views';

/** What somebody waits for, without the id that the device gives it. */
export type WaitlistWish = Omit<DomainArgs['waitlist.join@1'], 'entryId'>;

/** E8: waiting in line for a slot. */
export class WaitlistState {
  readonly #area: AppArea;
  readonly #entries = $derived.by(() => {
    const state = this.#area.predicted();
    if (!state || state.waitlistEntries.size === 0) return [];
    const reader = { memberId: this.#area.memberId(), now: this.#area.minute() };
    return waitlistViews(state, this.#area.outbox(), reader);
  });

  /** By the second, where an offer may lapse: no place in line between its card and the next state of the screen. */
  readonly #shown = $derived.by(() => {
    const entries = this.#entries;
    if (!entries.some(({ offer }) => offer !== null)) return entries;
    const now = this.#area.now();
    const isOver = ({ offer }: WaitlistView) => offer !== null && offer.expiresAt <= now;
    return entries.some(isOver) ? entries.filter((entry) => !isOver(entry)) : entries;
  });

  readonly #served = $derived.by(() => {
    const state = this.#area.predicted();
    if (!state || state.waitlistEntries.size === 0) return [];
    return servedViews(state, { memberId: this.#area.memberId(), now: this.#area.minute() });
  });

  constructor(area: AppArea) {
    this.#area = area;
  }

  /** What the member waits for, offers first, then by start. */
  get entries(): readonly WaitlistView[] {
    return this.#shown;
  }

  /** What the member waits for no more because of a slot that they have got otherwise; for a day, by start. */
  get served(): readonly ServedView[] {
    return this.#served;
  }

  /**
   * Waits for a slot; returns the place's id. Rejects with a RefusalError. Not wanted any more once it is too late for a slot
   * to be offered.
   */
  async join(wish: WaitlistWish): Promise<string> {
    const entryId = this.#area.newId();
    const policy = this.#area.predicted()?.site.policy ?? { leadTime: 0 };
    const args = { ...wish, kinds: [...wish.kinds], levels: [...wish.levels], entryId };
    await this.#area.wish({ op: 'waitlist.join@1', args }, waitsUntil(policy, wish));
    return entryId;
  }

  /** Waits no longer; what is kept meanwhile goes to the next one. */
  leave(entryId: string): Promise<void> {
    return this.#area.wish({ op: 'waitlist.leave@1', args: { entryId } }, null);
  }

  /** Takes what is offered, at the price that is said with it. */
  accept({ id: entryId, offer }: WaitlistView): Promise<void> {
    return this.#area.wish({ op: 'waitlist.accept@1', args: { entryId } }, offer?.expiresAt ?? null);
  }

  /** Lets what is offered pass to the next one in line. Never too late: heard after the offer's end it still ends the place in line. */
  decline({ id: entryId }: WaitlistView): Promise<void> {
    return this.#area.wish({ op: 'waitlist.decline@1', args: { entryId } }, null);
  }
}
