import { untrack } from 'svelte';
import type { PassHistory } from '#shared/pass/pass-verdict';
import { parsePassCode } from '#shared/pass/pass-code';
import { isStatusListCode } from '#shared/pass/status-list-code';
import type { Row } from '#shared/protocol/rows';
import type { KeptList } from '$lib/client-db/database';
import { app } from '$lib/state/app-state.svelte';
import { gateState } from '$lib/state/gate-state.svelte';
import { isRefusal } from '$lib/state/refusal';
import type { GateDecision } from '$lib/state/views';
import { checkCode, type CheckContext } from '$lib/scan/check-code';
import { checkListedPass, checkTypedCode } from '$lib/scan/check-typed-code';
import { letsThrough, type GateCheck, type PendingCheck } from '$lib/scan/gate-check';
import { prepareKnowledge, statusProblem, type GateKnowledge } from '$lib/scan/gate-knowledge';
import { readGateSettings, writeGateSettings, type GateSettings } from '$lib/scan/gate-settings';
import { issuedAt } from '$lib/scan/list-in-use';
import { SameCodeFilter } from '$lib/scan/same-code';
import { Signals } from '$lib/scan/signals';
import type { KeyProblem } from '$lib/scan/trusted-keys';
import { GateChallenge } from './challenge.svelte';
import { ClockKeeper } from './clock-keeper.svelte';
import { wordsUnder } from './clock-words';
import { listNotKept, notChecked, notSecure, notStored, notUndone, type DeskProblem } from './desk-problems';
import { ListExchange } from './list-exchange.svelte';
import { decisionToRecall, noteShown, recalledCheck, shownHere, usesBefore } from './recall';
import { undoLeft } from './verdict-actions';
import type { ListInUse } from './verdict-words';

/** A decision that is stored, as the screen shows it. */
export interface ShownCheck {
  readonly scanId: string;
  readonly check: GateCheck;
  /** When it came onto the screen, by performance.now (ms). */
  readonly shownAt: number;
  /** Decided before this page was opened: whoever decided may not have seen it. */
  readonly recalled: boolean;
}

/** What the device goes by, for a screen. Times in ms. */
export interface DeskKnowledge {
  readonly list: ListInUse;
  /** As it would be shown to another guard: base64url; null without a list. */
  readonly signedList: string | null;
  readonly keyProblem: KeyProblem | null;
}

/** Checks one reading by what the device knows. */
type Check = (
  knowledge: GateKnowledge,
  context: Pick<CheckContext, 'site' | 'gate' | 'direction' | 'now'>,
) => PendingCheck | Promise<PendingCheck>;

/** What is stored beside a check. */
type Recorded = Pick<GateDecision, 'reason' | 'undoes'>;
const asChecked: Recorded = { reason: '', undoes: null };

/**
 * The gate's screen: what is read or typed is decided, stored, and only then shown. One reading at a time; the camera asks
 * often enough. The clock is `app.now`: this device's own, corrected by what it last heard of the server's, because a
 * guard's phone that is minutes off would turn good passes away.
 */
export class GateDesk {
  readonly challenge = new GateChallenge();
  readonly clock = new ClockKeeper();
  readonly lists = new ListExchange(async () => {
    return { ...(await this.#prepared()), site: app.session.identity?.siteId ?? '' };
  });
  #shown = $state.raw<ShownCheck | null>(null);
  #problem = $state.raw<DeskProblem | null>(null);
  #settings = $state.raw<GateSettings>(readGateSettings());
  #known = $state.raw<DeskKnowledge | null>(null);
  #busy = false;
  #closed = false;
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

  /** Null until it is prepared. */
  get known(): DeskKnowledge | null {
    return this.#known;
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

  /** Prepares keys and lists, for the first scan not to wait and for the screen to say how old they are. */
  async prepare(): Promise<void> {
    // Read here, so that an effect that calls this follows them; and nothing else, above all not the clock.
    void [gateState.keys, gateState.keyBundle, gateState.statusList, gateState.keptList];
    try {
      await untrack(() => this.#prepared());
    } catch (error) {
      // The next scan tries again, and says it.
      console.error('keys and lists could not be prepared', error);
    }
  }

  /**
   * D4: shows the latest decision again when it is so young that whoever made it may not have seen it. Never rejects: the
   * gate works without it.
   */
  async recall(): Promise<void> {
    try {
      await this.#recall();
    } catch (error) {
      console.error('the last decision could not be shown again', error);
    }
  }

  async #recall(): Promise<void> {
    const decision = decisionToRecall(gateState.decisions, shownHere, app.now);
    if (!decision || this.#shown) return;
    const history: PassHistory =
      decision.passId === null
        ? { highestCtr: null, uses: [] }
        : await gateState.historyOf(decision.passId, decision.kind);
    const listed = gateState.passes.find(({ id }) => id === decision.passId);
    // Something newer may have been decided meanwhile.
    if (this.#shown || this.#busy) return;
    const before = usesBefore(decision, listed, { own: gateState.decisions, pulled: gateState.scans });
    const check = { ...recalledCheck(decision, listed, history), earlierUses: before };
    this.#show({ scanId: decision.scanId, check, recalled: true });
  }

  /** The camera read `text` at `readAt` (performance.now). */
  async read(text: string, readAt: number): Promise<void> {
    if (isStatusListCode(text)) return this.#takeList(text);
    if (this.#busy || !this.#filter.isNew(text, readAt)) return;
    const challenge = this.challenge.take(text, readAt);
    if (challenge === 'wait') return;
    const stored = await this.#decide(({ keys, statusList }, context) => {
      const history: CheckContext['history'] = (passId, kind) => gateState.historyOf(passId, kind);
      const listed: CheckContext['listed'] = (passId) =>
        gateState.passes.find(({ id }) => id === passId)?.status ?? null;
      return checkCode(crypto.subtle, text, { ...context, keys, statusList, challenge, history, listed });
    });
    // An answer is good once: what could not be stored is asked again, not read again.
    if (stored === null && challenge === null) this.#filter.notStored(text, performance.now());
    else if (stored?.passId && letsThrough(stored)) this.#filter.letIn(stored.passId, performance.now());
  }

  /** The camera looked away (a sheet was open) between these moments of performance.now. */
  lookedAway(from: number, until: number): void {
    this.#filter.resume(from, until);
  }

  /** A typed code, already read by readTypedCode. */
  async enter(code: string): Promise<void> {
    const pass = gateState.passes.find((candidate) => candidate.code === code);
    await this.#decide((knowledge, context) =>
      checkTypedCode(code, pass, { ...context, dataProblem: listProblem(knowledge, context) }),
    );
  }

  /** A pass that the guard found by plate, name or slot. */
  async choosePass(pass: Row<'gate_pass'>): Promise<void> {
    await this.#decide((knowledge, context) =>
      checkListedPass(pass, { ...context, dataProblem: listProblem(knowledge, context) }),
    );
  }

  /** Lets through whoever `refused` turned away. `reason` is recorded. */
  async override({ check: refused }: ShownCheck, reason: string): Promise<void> {
    const check: GateCheck = { ...withoutFindings(refused), result: 'override', at: app.now };
    const stored = await this.#store({ check, settle: () => check }, { ...asChecked, reason });
    if (stored === null) this.#filter.notStored(check.code, performance.now());
    else if (stored.passId) this.#filter.letIn(stored.passId, performance.now());
  }

  /** Takes back what `shown` let through, within 10 s. What is in view is not read again until it has left. */
  async undo(shown: ShownCheck): Promise<void> {
    if (undoLeft(shown, { now: app.now, running: performance.now() }) === 0) return;
    const undone = withoutFindings(shown.check);
    // The rule takes none that is dated before what it undoes, also when the clock was set back in between.
    const at = Math.max(app.now, undone.at);
    const check: GateCheck = { ...undone, result: 'undone', at, counter: null };
    const recorded: Recorded = { reason: '', undoes: shown.scanId };
    await this.#alone(() => this.#store({ check, settle: () => check }, recorded));
  }

  /** X1: asks whoever holds the phone to prove it. The last result leaves the screen for the question. */
  ask(): void {
    this.next();
    this.challenge.ask(this.#settings.gate, app.now);
  }

  close(): void {
    this.#closed = true;
    this.challenge.withdraw();
    this.#signals.close();
  }

  /** What was decided and stored; null when that could not be done, and then the problem says why. */
  #decide(check: Check): Promise<GateCheck | null> {
    return this.#alone(async () => {
      const pending = await this.#make(check);
      const stored = pending && (await this.#store(pending, asChecked));
      if (stored) this.clock.hear(stored);
      return stored;
    });
  }

  /** Null, with nothing done, while something else is decided: what it comes to shall not be covered at once. */
  async #alone(work: () => Promise<GateCheck | null>): Promise<GateCheck | null> {
    if (this.#busy) return null;
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  async #make(check: Check): Promise<PendingCheck | null> {
    try {
      const startedAt = performance.now();
      this.clock.look();
      const knowledge = await this.#prepared();
      const { gate, direction } = this.#settings;
      const context = { site: app.session.identity?.siteId ?? '', gate, direction, now: app.now };
      const pending = await check(knowledge, context);
      measure('gate:verify', startedAt);
      return pending;
    } catch (error) {
      this.#fail(error, globalThis.isSecureContext ? notChecked : notSecure);
      return null;
    }
  }

  /** Durable first, shown after: a device that dies in between has the record, never a green without one. */
  async #store({ check, settle }: PendingCheck, recorded: Recorded): Promise<GateCheck | null> {
    const scanId = gateState.newScanId();
    let stored = check;
    const decisionOf = (made: GateCheck): GateDecision => {
      const { passId, kind, gate, direction, at, result, code, counter } = made;
      const scannedAt = Math.floor(at);
      return { scanId, passId, kind, gate, direction, scannedAt, result, code, ctr: counter, ...recorded };
    };
    try {
      const startedAt = performance.now();
      await gateState.storeDecision(decisionOf(check), (history: PassHistory) =>
        decisionOf((stored = settle(history))),
      );
      measure('gate:store', startedAt);
    } catch (error) {
      this.#fail(error, recorded.undoes === null ? notStored : notUndone);
      return null;
    }
    this.#show({ scanId, check: stored, recalled: false });
    return stored;
  }

  #show(shown: Omit<ShownCheck, 'shownAt'>): void {
    // Stored when the page was left already: nobody sees it, and the next visit of the gate recalls it.
    if (this.#closed) return;
    noteShown(shown.scanId);
    this.#problem = null;
    this.#shown = { ...shown, shownAt: performance.now() };
    this.#signals.give(wordsUnder(shown.check, this.clock.doubt).tone, this.#settings.sound);
  }

  async #takeList(text: string): Promise<void> {
    try {
      const taken = await this.lists.take(text);
      if (taken && taken.kind !== 'collecting') {
        this.#signals.give(taken.kind === 'taken' ? 'yes' : 'caution', this.#settings.sound);
      }
    } catch (error) {
      this.#fail(error, listNotKept);
    }
  }

  /** Nothing stays on the screen that could be taken for a decision. `unexpected` words an error that has none. */
  #fail(error: unknown, unexpected: DeskProblem): void {
    this.#shown = null;
    this.#problem = wordsOf(error, unexpected);
    if (!this.#closed) this.#signals.give('no', this.#settings.sound);
    // The person has the words; what it really was is for whoever looks into it.
    console.error(unexpected.sentence, error);
  }

  #prepared(): Promise<GateKnowledge> {
    const { keys, keyBundle, statusList, keptList } = gateState;
    const key = JSON.stringify([keys, keyBundle, statusList, keptList]);
    if (this.#knowledge?.key === key) return this.#knowledge.value;
    const context = {
      site: app.session.identity?.siteId ?? '',
      now: app.now / 1000,
      pins: gateState.keyPins,
    };
    const rows = { keys, keyBundle, statusList, keptList };
    const prepared = { key, value: prepareKnowledge(crypto.subtle, rows, context) };
    this.#knowledge = prepared;
    // Whoever asked hears of a failure; the next one to ask shall not hear of the same one again.
    prepared.value.then(
      (knowledge) => {
        // Of rows that others have followed meanwhile.
        if (this.#knowledge === prepared) this.#note(knowledge, { statusList, keptList, site: context.site });
      },
      () => {
        if (this.#knowledge === prepared) this.#knowledge = null;
      },
    );
    return prepared.value;
  }

  /** Says what the checks go by, and keeps the latest list: none that is older shall ever take its place. */
  #note(
    knowledge: GateKnowledge,
    {
      statusList,
      keptList,
      site,
    }: { statusList: Row<'status_list'> | null; keptList: KeptList | null; site: string },
  ): void {
    const isPulled = knowledge.statusList === knowledge.pulledList;
    const issued = issuedAt(knowledge.statusList, site);
    const inUse = issued === null ? null : isPulled ? statusList : keptList;
    this.#known = {
      list: {
        issuedAt: issued === null ? null : issued * 1000,
        from: isPulled ? 'server' : keptList?.from === 'guard' ? 'guard' : 'earlier',
      },
      signedList: inUse?.signed ?? null,
      keyProblem: knowledge.keyProblem,
    };
    if (!isPulled || !inUse || issued === null || inUse.signed === keptList?.signed) return;
    const list: KeptList = { signed: inUse.signed, from: 'server', issuedAt: issued * 1000 };
    gateState.keepStatusList(list).catch((error: unknown) => {
      // The pulled row is there as long as the server sends no older one.
      console.error('the status list could not be kept', error);
    });
  }
}

/** A check without what was found out about it: what a guard decides himself stands for itself. */
function withoutFindings(check: GateCheck): GateCheck {
  return { ...check, lastUse: null, provisional: null, earlierUses: null, clockDifference: null, skew: null };
}

/**
 * The rows of the gate's passes are as old as the server's list. When the device has a later one they are out of date: it
 * may revoke what they call valid.
 */
function listProblem(
  { statusList, pulledList }: GateKnowledge,
  context: { site: string; now: number },
): ReturnType<typeof statusProblem> {
  const problem = statusProblem({ statusList: pulledList }, context);
  return problem ?? (statusList === pulledList ? null : 'status_stale');
}

/** What a person is told of `error`. Of a decision that stands, a refusal's own words do not say so. */
function wordsOf(error: unknown, unexpected: DeskProblem): DeskProblem {
  if (!isRefusal(error)) return unexpected;
  const { sentence, next } = error;
  return unexpected === notUndone
    ? { sentence: notUndone.sentence, next: `${sentence} ${next}` }
    : { sentence, next };
}

/** One entry, not one a car: browsers keep them all for as long as the page is open. Observers get each. */
function measure(name: string, startedAt: number): void {
  performance.clearMeasures(name);
  performance.measure(name, { start: startedAt });
}

function passIdOf(text: string): string | null {
  const parsed = parsePassCode(text);
  return parsed.ok ? parsed.value.claims.passId : null;
}
