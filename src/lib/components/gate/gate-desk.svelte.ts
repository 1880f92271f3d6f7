import { app } from '$lib/state/app-state.svelte';
import { isRefusal } from '$lib/state/refusal';
import type { GateDecision } from '$lib/state/views';
import type { PassHistory } from '#shared/pass/pass-verdict';
import { parsePassCode } from '#shared/pass/pass-code';
import { checkCode } from '$lib/scan/check-code';
import { checkTypedCode } from '$lib/scan/check-typed-code';
import { letsIn, type GateCheck, type PendingCheck } from '$lib/scan/gate-check';
import { prepareKnowledge, statusProblem, type GateKnowledge } from '$lib/scan/gate-knowledge';
import { readGateSettings, writeGateSettings, type GateSettings } from '$lib/scan/gate-settings';
import { SameCodeFilter } from '$lib/scan/same-code';
import { Signals } from '$lib/scan/signals';
import { verdictWords } from './verdict-words';

/** A decision that is stored, as the screen shows it. */
export interface ShownCheck {
  readonly scanId: string;
  readonly check: GateCheck;
}

/** Checks one reading by what the device knows. */
type Check = (
  context: GateKnowledge & { site: string; gate: number; now: number },
) => PendingCheck | Promise<PendingCheck>;

/** What could not be done, in words. */
export interface DeskProblem {
  readonly sentence: string;
  readonly next: string;
}

const notStored: DeskProblem = {
  sentence: 'This device could not store the decision, so nothing is decided.',
  next: 'Free some storage on the device, then scan again. Until then check by eye and write it down.',
};

const notChecked: DeskProblem = {
  sentence: 'The check could not be made, so nothing is decided.',
  next: 'Scan again. If it still fails, close the app and open it again. Until then check by eye and write it down.',
};

// Browsers keep WebCrypto, and so every signature, from such a page.
const notSecure: DeskProblem = {
  sentence: 'Passes cannot be checked at this address, so nothing is decided.',
  next: 'Open the app with https; ask the manager for the address. Until then check by eye and write it down.',
};

/**
 * The gate's screen: what is read or typed is decided, stored, and only then shown. One reading at a time; the camera asks
 * often enough. The clock is `app.now`: this device's own, corrected by what it last heard of the server's, because a
 * guard's phone that is minutes off would turn good passes away.
 */
export class GateDesk {
  #shown = $state.raw<ShownCheck | null>(null);
  #problem = $state.raw<DeskProblem | null>(null);
  #settings = $state.raw<GateSettings>(readGateSettings());
  #busy = false;
  #knowledge: { key: string; value: Promise<GateKnowledge> } | null = null;
  readonly #filter = new SameCodeFilter(passIdOf);
  readonly #signals = new Signals();

  /** The decision on the screen. */
  get shown(): ShownCheck | null {
    return this.#shown;
  }

  get problem(): DeskProblem | null {
    return this.#problem;
  }

  get settings(): GateSettings {
    return this.#settings;
  }

  choose(settings: Partial<GateSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    writeGateSettings(this.#settings);
  }

  /** Call from taps and keys, so that later results can be heard. */
  unlockSound(): void {
    this.#signals.unlock();
  }

  /** The next one, please. What is still in view is not read again until it has left. */
  next(): void {
    this.#shown = null;
    this.#problem = null;
  }

  /** The camera read `text` at `readAt` (performance.now). */
  async read(text: string, readAt: number): Promise<void> {
    if (this.#busy || !this.#filter.isNew(text, readAt)) return;
    const shown = await this.#decide((context) =>
      checkCode(crypto.subtle, text, { ...context, history: (passId) => app.historyOf(passId) }),
    );
    if (shown === null) this.#filter.notStored(text, performance.now());
    else if (shown.passId && letsIn(shown.result)) this.#filter.letIn(shown.passId, performance.now());
  }

  /** The camera looked away (a sheet was open) between these moments of performance.now. */
  lookedAway(from: number, until: number): void {
    this.#filter.resume(from, until);
  }

  /** A typed code, already read by readTypedCode. */
  async enter(code: string): Promise<void> {
    const { passes } = app.gate;
    await this.#decide((context) =>
      checkTypedCode(code, { ...context, passes, dataProblem: statusProblem(context, context) }),
    );
  }

  /** Lets in whoever `refused` turned away. `reason` is recorded. */
  async override(refused: ShownCheck, reason: string): Promise<void> {
    const check: GateCheck = {
      ...refused.check,
      result: 'override',
      at: app.now,
      lastUse: null,
      provisional: null,
    };
    const stored = await this.#store({ check, settle: () => check }, reason);
    if (stored === null) this.#filter.notStored(check.code, performance.now());
    else if (stored.passId) this.#filter.letIn(stored.passId, performance.now());
  }

  close(): void {
    this.#signals.close();
  }

  /** What was decided and stored; null when that could not be done, and then the problem says why. */
  async #decide(check: Check): Promise<GateCheck | null> {
    if (this.#busy) return null;
    this.#busy = true;
    try {
      const pending = await this.#make(check);
      return pending && (await this.#store(pending, ''));
    } finally {
      this.#busy = false;
    }
  }

  async #make(check: Check): Promise<PendingCheck | null> {
    try {
      const startedAt = performance.now();
      const knowledge = await this.#prepared();
      const site = app.identity?.siteId ?? '';
      const pending = await check({ ...knowledge, site, gate: this.#settings.gate, now: app.now });
      performance.measure('gate:verify', { start: startedAt });
      return pending;
    } catch (error) {
      this.#fail(error, globalThis.isSecureContext ? notChecked : notSecure);
      return null;
    }
  }

  /** Durable first, shown after: a device that dies in between has the record, never a green without one. */
  async #store({ check, settle }: PendingCheck, reason: string): Promise<GateCheck | null> {
    const scanId = app.newId();
    let stored = check;
    const decisionOf = ({ passId, gate, at, result, code, counter }: GateCheck): GateDecision => {
      return { scanId, passId, gate, scannedAt: Math.floor(at), result, reason, code, ctr: counter };
    };
    try {
      const startedAt = performance.now();
      await app.storeDecision(decisionOf(check), (history: PassHistory) =>
        decisionOf((stored = settle(history))),
      );
      performance.measure('gate:store', { start: startedAt });
    } catch (error) {
      this.#fail(error, notStored);
      return null;
    }
    this.#problem = null;
    this.#shown = { scanId, check: stored };
    this.#signals.give(verdictWords(stored).tone, this.#settings.sound);
    return stored;
  }

  /** Nothing stays on the screen that could be taken for a decision. `unexpected` words an error that has none. */
  #fail(error: unknown, unexpected: DeskProblem): void {
    this.#shown = null;
    this.#problem = isRefusal(error) ? { sentence: error.sentence, next: error.next } : unexpected;
    this.#signals.give('no', this.#settings.sound);
    // The person has the words; what it really was is for whoever looks into it.
    console.error(unexpected.sentence, error);
  }

  #prepared(): Promise<GateKnowledge> {
    const { keys, statusList } = app.gate;
    const key = JSON.stringify([keys, statusList]);
    if (this.#knowledge?.key === key) return this.#knowledge.value;
    const prepared = { key, value: prepareKnowledge(crypto.subtle, { keys, statusList }) };
    this.#knowledge = prepared;
    // Whoever asked hears of a failure; the next one to ask shall not hear of the same one again.
    prepared.value.catch(() => {
      if (this.#knowledge === prepared) this.#knowledge = null;
    });
    return prepared.value;
  }
}

function passIdOf(text: string): string | null {
  const parsed = parsePassCode(text);
  return parsed.ok ? parsed.value.claims.passId : null;
}
