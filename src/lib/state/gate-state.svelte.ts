import type { Pass } from '#shared/domain/entities';
import type { PassHistory } from '#shared/pass/pass-verdict';
import type { TrustedKeys } from '#shared/pass/signed-bundle';
import type { Row } from '#shared/protocol/rows';
import type { KeptList } from '$lib/client-db/database';
import type { AppCore } from './app-core';
import { app } from './app-state.svelte';
import { decisionViews } from './decision-views';
import type { GateDecision, LocalDecision } from './views';

/** D3, D4: what a gate needs to decide without signal, and what was decided there. */
export class GateState {
  readonly #core: AppCore;
  readonly #incidents = $derived.by(() =>
    this.#core.base().incident.toSorted((a, b) => b.raisedAt - a.raisedAt),
  );
  readonly #decisions = $derived.by(() => decisionViews(this.#core.decisions(), this.#core.outboxRows()));

  constructor(core: AppCore) {
    this.#core = core;
  }

  get passes(): readonly Row<'gate_pass'>[] {
    return this.#core.base().gate_pass;
  }

  get keys(): readonly Row<'signing_key'>[] {
    return this.#core.base().signing_key;
  }

  get statusList(): Row<'status_list'> | null {
    return this.#core.base().status_list[0] ?? null;
  }

  get scans(): readonly Row<'scan'>[] {
    return this.#core.base().scan;
  }

  get keyBundle(): Row<'key_bundle'> | null {
    return this.#core.base().key_bundle[0] ?? null;
  }

  /** Newest first. */
  get incidents(): readonly Row<'incident'>[] {
    return this.#incidents;
  }

  /** What was decided on this device, newest first. */
  get decisions(): readonly LocalDecision[] {
    return this.#decisions;
  }

  /** D3, K8: the latest status list that this guard's device has verified, whoever brought it. */
  get keptList(): KeptList | null {
    return this.#core.meta().keptList ?? null;
  }

  /** A new UUIDv7, for a decision. */
  newScanId(): string {
    return this.#core.newId();
  }

  /**
   * D4: stores a decision durably with its scan.record intent, in one transaction; what it resolves with may be shown.
   * `recheck` gets the pass's history inside the transaction and returns what is stored instead.
   */
  async storeDecision(
    decision: GateDecision,
    recheck?: (history: PassHistory) => GateDecision,
  ): Promise<GateDecision> {
    return this.#core.keep((device) => device.storeDecision(decision, recheck));
  }

  /** D3: the site's keys as this device last accepted them. */
  readonly keyPins = {
    read: async (): Promise<TrustedKeys | null> => this.#core.device().readKeyPins(),
    write: (keys: TrustedKeys): Promise<void> => this.#core.keep((device) => device.writeKeyPins(keys)),
  };

  /** D3, K8: keeps a status list that was verified, unless one is kept that is as new. */
  async keepStatusList(list: KeptList): Promise<void> {
    return this.#core.keep((device) => device.keepStatusList(list));
  }

  /**
   * Local decisions and pulled scans together; `at` of a use is in seconds. `kind` as the pass says, null for what the
   * gate's list says.
   */
  async historyOf(passId: string, kind: Pass['kind'] | null): Promise<PassHistory> {
    return this.#core.device().historyOf(passId, kind);
  }

  /** X8: a manager has looked into an incident. */
  closeIncident(incidentId: string, note: string): Promise<void> {
    return this.#core.wish({ op: 'incident.close@1', args: { incidentId, note } }, null);
  }
}

/** Of this browser's app. */
export const gateState = new GateState(app.core);
