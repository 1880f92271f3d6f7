import type { Registration, Role } from '#shared/domain/entities';
import { VERIFIED_FOR } from '#shared/domain/verification';
import type { Row } from '#shared/protocol/rows';
import type { AppCore } from './app-core';
import { app } from './app-state.svelte';
import { personViews, type PersonView } from './person-views';

/**
 * B6: who is a member of the site and how people come in, for its managers. Wishes are not asked for any more when the proof of
 * who asks has run out; they resolve when they are kept and reject with a RefusalError.
 */
export class PersonState {
  readonly #core: AppCore;
  readonly #all = $derived.by(() => {
    const state = this.#core.predicted();
    const rows = this.#core.base().desk_member;
    return state && rows.length > 0 ? personViews(state, rows, this.#core.outboxRows()) : [];
  });
  readonly #invitations = $derived.by(() =>
    this.#core.base().invitation.toSorted((a, b) => b.createdAt - a.createdAt),
  );
  readonly #joinRequests = $derived.by(() =>
    this.#core.base().join_request.toSorted((a, b) => a.createdAt - b.createdAt),
  );

  constructor(core: AppCore) {
    this.#core = core;
  }

  /** B6: who is a member of the site, for its managers. Predicted, by name. */
  get all(): readonly PersonView[] {
    return this.#all;
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
    return this.#core.predicted()?.site.registration ?? null;
  }

  /** B6: gives a member another role. */
  setRole(memberId: string, role: Role): Promise<void> {
    return this.#wish({ op: 'member.set_role@1', args: { memberId, role } });
  }

  /** B6: ends somebody's membership. */
  remove(memberId: string): Promise<void> {
    return this.#wish({ op: 'member.remove@1', args: { memberId } });
  }

  /** B6: how people come in from now on. */
  setRegistration(registration: Registration): Promise<void> {
    return this.#wish({ op: 'site.set_registration@1', args: { registration } });
  }

  #wish(intent: Parameters<AppCore['wish']>[0]): Promise<void> {
    return this.#core.wish(intent, this.#core.now() + VERIFIED_FOR);
  }
}

/** Of this browser's app. */
export const personState = new PersonState(app.core);
