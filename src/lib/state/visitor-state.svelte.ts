import type { AppCore } from './app-core';
import { RefusalError } from './refusal';
import {
  revocationsWaiting,
  visitorPassViews,
  type VisitorPassView,
  type VisitorWish,
} from './visitor-views';

/** D2: visitor passes and their links. Wishes resolve when they are kept and reject with a RefusalError. */
export class VisitorState {
  readonly #core: AppCore;
  readonly #passes = $derived.by(() => {
    const state = this.#core.predicted();
    if (!state) return [];
    return visitorPassViews(state, this.#core.outboxRows(), {
      pulled: this.#core.base().visitor_pass,
      memberId: this.#core.memberId(),
      now: this.#core.minute(),
    });
  });
  readonly #revocationsWaiting = $derived.by(() => revocationsWaiting(this.#core.outboxRows()));

  constructor(core: AppCore) {
    this.#core = core;
  }

  /** D2: those of the member's issuing, by start; those refused and not dismissed included. */
  get passes(): readonly VisitorPassView[] {
    return this.#passes;
  }

  /** D2: anybody's visitor passes that a wish of this device to revoke is on its way for. */
  get revocationsWaiting(): ReadonlySet<string> {
    return this.#revocationsWaiting;
  }

  /** D2: a pass for visitors, with a link whose secret stays here. Returns its id. */
  async issue({ visitors, ...wanted }: VisitorWish): Promise<string> {
    const visitorPassId = this.#core.newId();
    const linkHash = await this.#core.keep((device) => device.makeLink(visitorPassId, null));
    const args = { visitorPassId, ...wanted, visitors: [...visitors], linkHash };
    await this.#core.wish({ op: 'visitor.issue@1', args }, wanted.end);
    return visitorPassId;
  }

  /** D2: also of somebody else's, for a guard or the manager. */
  revoke(visitorPassId: string): Promise<void> {
    return this.#core.wish({ op: 'visitor.revoke@1', args: { visitorPassId } }, null);
  }

  /** D2: a new link in the place of the one there was, which then opens nothing. */
  async newLink(visitorPassId: string): Promise<void> {
    const intent = (linkHash: string | null) =>
      ({ op: 'visitor.link@1', args: { visitorPassId, linkHash } }) as const;
    const refusal = this.#core.objectionTo(intent(null));
    // Before a secret is made for nothing.
    if (refusal) throw new RefusalError(refusal);
    const inForce = this.#linkHashOf(visitorPassId);
    const linkHash = await this.#core.keep((device) => device.makeLink(visitorPassId, inForce));
    await this.#core.wish(intent(linkHash), null);
  }

  /**
   * D2: the secret of a visitor pass's link as predicted; null without one, and when another device made it. Rejects with
   * a RefusalError when the storage does not answer.
   */
  async linkOf(visitorPassId: string): Promise<string | null> {
    const linkHash = this.#linkHashOf(visitorPassId);
    return linkHash === null ? null : this.#core.device().linkOf(visitorPassId, linkHash);
  }

  #linkHashOf(visitorPassId: string): string | null {
    return this.#core.predicted()?.visitorPasses.get(visitorPassId)?.linkHash ?? null;
  }
}
