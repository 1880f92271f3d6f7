import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatStatusList } from '#shared/pass/status-list-code';
import type { PassHistory } from '#shared/pass/pass-verdict';
import type { Row } from '#shared/protocol/rows';
import { RETRY_AFTER } from '$lib/scan/same-code';
import { RefusalError, refusalOf } from '$lib/state/refusal';
import type { GateDecision, LocalDecision } from '$lib/state/views';
import { GateDesk } from './gate-desk.svelte';
import { noteShown, shownHere } from './recall';
import { revocationWords } from './verdict-words';
import { timeFormat } from '$lib/components/time/format';

const SITE = vi.hoisted(() => '0190a000-0000-7000-8000-000000000001');
const CODE = 'ABCD2345';
const FOREIGN = 'WIFI:S:garage;;';

/** Stands in for the app: what the desk asks of it, and each of it can be made to fail. */
const fake = vi.hoisted(() => ({
  gate: {
    ...{ passes: [] as unknown[], keys: [] as unknown[], scans: [] as unknown[] },
    ...{ keyBundle: null, statusList: null as unknown, keptList: null as unknown },
    storeDecision: vi.fn(),
    keepStatusList: vi.fn(),
    historyOf: vi.fn(),
    decisions: [] as unknown[],
    keyPins: {},
  },
  now: 0,
  made: 0,
}));
vi.mock('$lib/state/app-state.svelte', () => ({
  app: Object.assign(fake, {
    session: { identity: { siteId: SITE } },
    sync: { asOf: null, serverOffset: null },
  }),
}));
vi.mock('$lib/state/gate-state.svelte', () => ({
  gateState: Object.assign(fake.gate, { newScanId: () => `scan-${++fake.made}` }),
}));
const prepareKnowledge = vi.hoisted(() => vi.fn());
vi.mock('$lib/scan/gate-knowledge', async (original) => ({
  ...(await original<object>()),
  prepareKnowledge,
}));

const missing = { kind: 'missing' };
const knowledge = { keys: [], statusList: missing, pulledList: missing, keyProblem: null };
/** A status list of the site, issued at `issued` seconds, that stays current for an hour. */
const opened = (issued: number) => ({ kind: 'open', list: { site: SITE, issued, ttl: 3600 } });
/** As prepared when the server has sent the one and another was kept. */
const listsOf = (pulledAt: number, keptAt: number) => {
  const [pulled, kept] = [opened(pulledAt), opened(keptAt)];
  return { ...knowledge, pulledList: pulled, statusList: keptAt > pulledAt ? kept : pulled };
};
const unused = { highestCtr: null, uses: [] };
const signedOut = new RefusalError(refusalOf('signed_out'));
let desk: GateDesk;

type Stored = GateDecision;
type Recheck = (history: PassHistory) => GateDecision;
const stored = (): Promise<Stored[]> =>
  Promise.all(fake.gate.storeDecision.mock.results.map(({ value }) => value as Promise<Stored>));
const listedPass: Row<'gate_pass'> = {
  ...{
    id: '0190a000-0000-7000-8000-000000000101',
    slotLabel: 'A-01',
    plate: 'KR 1',
    personName: 'Mara',
    kind: 0,
  },
  ...{ notBefore: -1000, expiresAt: 60_000, status: 'valid', code: CODE, bound: true },
  ...{ visitorPassId: null, hostName: null },
};

beforeEach(() => {
  vi.stubGlobal('isSecureContext', true);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.stubGlobal('localStorage', { getItem: () => null });
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('document', { visibilityState: 'visible' });
  fake.gate.keys = [];
  fake.gate.passes = [];
  fake.gate.scans = [];
  fake.gate.statusList = null;
  fake.gate.keptList = null;
  fake.gate.decisions = [];
  fake.now = 0;
  fake.gate.historyOf.mockReset().mockResolvedValue(unused);
  fake.gate.keepStatusList.mockReset().mockResolvedValue(undefined);
  fake.gate.storeDecision.mockReset().mockImplementation((decision: Stored, recheck?: Recheck) => {
    return Promise.resolve(recheck && decision.passId !== null ? recheck(unused) : decision);
  });
  prepareKnowledge.mockReset().mockResolvedValue(knowledge);
  desk = new GateDesk();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('D4 a check that cannot be made', () => {
  it('is said as what it is when it says no in words', async () => {
    prepareKnowledge.mockRejectedValueOnce(signedOut);
    await desk.enter(CODE);
    expect(desk.shown).toBeNull();
    expect(desk.problem).toEqual({ sentence: signedOut.sentence, next: signedOut.next });
  });

  it('is said also when nobody expected it, with what to do', async () => {
    prepareKnowledge.mockRejectedValueOnce(new TypeError('undefined has no importKey'));
    await desk.read(FOREIGN, performance.now());
    expect(desk.problem?.sentence).toContain('could not be made');
    expect(desk.problem?.next).toContain('Scan again');
    expect(console.error).toHaveBeenCalledOnce();
  });

  it('names the address where that is what keeps it from being made', async () => {
    vi.stubGlobal('isSecureContext', false);
    prepareKnowledge.mockRejectedValueOnce(new TypeError('undefined has no importKey'));
    await desk.enter(CODE);
    expect(desk.problem?.next).toContain('https');
  });

  it('takes the result before it off the screen', async () => {
    await desk.enter(CODE);
    expect(desk.shown?.check.result).toBe('not_found');
    fake.gate.keys.push({ id: 'another pull' } as Partial<Row<'signing_key'>>);
    prepareKnowledge.mockRejectedValueOnce(new Error('gone'));
    await desk.enter(CODE);
    expect(desk.shown).toBeNull();
    expect(desk.problem).not.toBeNull();
  });

  it('is made anew the next time: what failed is not kept', async () => {
    prepareKnowledge.mockRejectedValueOnce(new Error('gone'));
    await desk.enter(CODE);
    await desk.enter(CODE);
    expect(desk.shown?.check.result).toBe('not_found');
    expect(desk.problem).toBeNull();
    await desk.enter(CODE);
    // What was prepared well is kept.
    expect(prepareKnowledge).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['could not be checked', () => prepareKnowledge.mockRejectedValueOnce(new Error('gone'))],
    ['could not be stored', () => fake.gate.storeDecision.mockRejectedValueOnce(new Error('full'))],
  ])('what %s is checked again though it stays in view, but not with every frame', async (_what, breakIt) => {
    breakIt();
    await desk.read(FOREIGN, performance.now());
    expect(desk.shown).toBeNull();
    await desk.read(FOREIGN, performance.now() + 30);
    expect(desk.shown).toBeNull();
    await desk.read(FOREIGN, performance.now() + RETRY_AFTER);
    expect(desk.shown?.check.result).toBe('malformed');
    expect(desk.problem).toBeNull();
  });

  it('an override that could not be stored lets the same code be read again', async () => {
    const text = 'UC1:DAMAGED';
    await desk.read(text, performance.now());
    const refused = desk.shown;
    if (!refused) throw new Error('nothing is shown');
    fake.gate.storeDecision.mockRejectedValueOnce(new Error('full'));
    await desk.override(refused, 'Known to me');
    expect(desk.problem).not.toBeNull();
    await desk.read(text, performance.now() + RETRY_AFTER);
    expect(desk.shown?.check.result).toBe('malformed');
  });
});

describe('D4 taking a decision back', () => {
  async function letIn() {
    fake.gate.passes = [listedPass];
    await desk.enter(CODE);
    const shown = desk.shown;
    if (!shown) throw new Error('nothing is shown');
    return shown;
  }

  it('stores another scan that names the one it undoes, and says so', async () => {
    const shown = await letIn();
    fake.now = 9000;
    await desk.undo(shown);
    const [first, undo] = await stored();
    expect(undo).toMatchObject({ result: 'undone', undoes: shown.scanId, reason: '', ctr: null });
    expect([undo?.passId, undo?.gate, undo?.direction]).toEqual([
      first?.passId,
      first?.gate,
      first?.direction,
    ]);
    expect(undo?.scanId).not.toBe(shown.scanId);
    expect(desk.shown?.check.result).toBe('undone');
  });

  it('an override too, with the gate and way it was made at', async () => {
    await letIn();
    await desk.override(desk.shown!, 'Known to me');
    const overridden = desk.shown!;
    desk.choose({ gate: 7, direction: 'exit' });
    await desk.undo(overridden);
    expect(await stored()).toHaveLength(3);
    expect((await stored())[2]).toMatchObject({ undoes: overridden.scanId, gate: 1, direction: 'entry' });
  });

  it('is never dated before what it takes back, though the clock was set back', async () => {
    fake.now = 5000;
    const shown = await letIn();
    fake.now = -60_000;
    await desk.undo(shown);
    expect((await stored())[1]).toMatchObject({ undoes: shown.scanId, scannedAt: 5000 });
  });

  it('when that fails, says that the decision stands', async () => {
    const full = new RefusalError(refusalOf('storage_full'));
    for (const error of [new Error('gone'), full]) {
      const shown = await letIn();
      fake.gate.storeDecision.mockRejectedValueOnce(error);
      await desk.undo(shown);
      expect(desk.shown).toBeNull();
      expect(desk.problem?.sentence).toBe('The decision stands; it could not be taken back.');
    }
    expect(desk.problem?.next).toBe(`${full.sentence} ${full.next}`);
  });

  it('waits for no other decision, and lets none come in between', async () => {
    const shown = await letIn();
    let store: (decision: unknown) => void = () => undefined;
    const held = new Promise((resolve) => (store = resolve));
    fake.gate.storeDecision.mockReturnValueOnce(held);
    const undoing = desk.undo(shown);
    await desk.undo(shown);
    await desk.read(FOREIGN, performance.now());
    expect(fake.gate.storeDecision).toHaveBeenCalledTimes(2);
    store(undefined);
    await undoing;
    expect(desk.shown?.check.result).toBe('undone');
  });

  it('not after ten seconds', async () => {
    const shown = await letIn();
    fake.now = 10_000;
    await desk.undo(shown);
    expect(await stored()).toHaveLength(1);
    expect(desk.shown).toBe(shown);
  });
});

describe('D4 a decision that may not have been seen', () => {
  const decision = (fields: Partial<LocalDecision> = {}): LocalDecision => ({
    ...{ scanId: `old-${++fake.made}`, passId: listedPass.id, kind: 0, gate: 2, direction: 'entry' },
    ...{ scannedAt: 1000, result: 'valid', reason: '', code: CODE, undoes: null, ctr: null, counts: true },
    ...{ guardName: 'Petra', unsent: true },
    ...fields,
  });

  it('is shown again at the start, with what is known of its pass', async () => {
    fake.gate.passes = [listedPass];
    fake.gate.decisions = [decision(), decision({ scannedAt: 500, result: 'revoked' })];
    fake.now = 60_000;
    await desk.recall();
    expect(desk.shown).toMatchObject({
      recalled: true,
      check: { result: 'valid', gate: 2, source: 'typed' },
    });
    expect(desk.shown?.check.pass).toMatchObject({ slot: 'A-01', plate: 'KR 1' });
  });

  it('not when it is a minute old', async () => {
    fake.gate.decisions = [decision()];
    fake.now = 61_000;
    await desk.recall();
    expect(desk.shown).toBeNull();
  });

  it('not when this page has shown it, whichever desk did', async () => {
    fake.gate.passes = [listedPass];
    await desk.enter(CODE);
    fake.gate.decisions = [decision({ scanId: desk.shown!.scanId, scannedAt: 0 })];
    const other = new GateDesk();
    await other.recall();
    expect(other.shown).toBeNull();
  });

  it('nor what was stored when the page was left: the next visit of the gate shows it', async () => {
    fake.gate.passes = [listedPass];
    let store: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (store = resolve));
    fake.gate.storeDecision.mockImplementationOnce((made: Stored) => held.then(() => made));
    const entering = desk.enter(CODE);
    await vi.waitFor(() => expect(fake.gate.storeDecision).toHaveBeenCalled());
    desk.close();
    store();
    await entering;
    expect(desk.shown).toBeNull();
    const [made] = await stored();
    fake.gate.decisions = [decision({ ...made, scannedAt: 0 })];
    const other = new GateDesk();
    await other.recall();
    expect(other.shown).toMatchObject({ recalled: true, scanId: made?.scanId });
  });

  it.each([
    [{ code: CODE }, listedPass, 'typed'],
    [{ code: CODE }, { ...listedPass, bound: false }, null],
    [{ code: CODE }, null, 'typed'],
    [{ code: '' }, listedPass, 'found'],
    [{ code: 'UC1:DAMAGED' }, listedPass, null],
  ])('says again why it was not fully checked: %j', async (fields, pass, provisional) => {
    fake.gate.passes = pass ? [pass] : [];
    fake.gate.decisions = [decision({ result: 'valid_provisional', ...fields })];
    await desk.recall();
    expect(desk.shown?.check).toMatchObject({ result: 'valid_provisional', provisional });
  });

  it('of an exit without a known entry it says that again', async () => {
    const exit = decision({ direction: 'exit' });
    const entry = decision({ scannedAt: 500 });
    for (const [own, pulled, uses] of [
      [[exit], [], 0],
      [[exit, entry], [], 1],
      [[exit, entry], [{ ...entry, id: entry.scanId }], 1],
      [[exit], [{ ...entry, id: 'of another guard' }], 1],
      [[exit], [{ ...entry, id: 'later', scannedAt: 2000 }], 0],
      [[exit], [{ ...entry, id: 'of another pass', passId: 'other' }], 0],
    ] as const) {
      fake.gate.decisions = [...own];
      fake.gate.scans = [...pulled];
      const recalling = new GateDesk();
      const again = { ...exit, scanId: `${exit.scanId}-${++fake.made}` };
      fake.gate.decisions[0] = again;
      await recalling.recall();
      expect(recalling.shown?.check.earlierUses).toBe(uses);
    }
  });

  it('is no reason for the gate not to open', async () => {
    fake.gate.decisions = [decision()];
    fake.gate.historyOf.mockRejectedValueOnce(new Error('the database is gone'));
    await desk.recall();
    expect(desk.shown).toBeNull();
    expect(console.error).toHaveBeenCalledOnce();
  });

  it('what was shown is remembered, but not for ever', () => {
    for (let index = 0; index < 200; index++) noteShown(`shown-${index}`);
    expect(shownHere.size).toBe(50);
    expect([shownHere.has('shown-199'), shownHere.has('shown-149')]).toEqual([true, false]);
  });

  it('says who had come in before', async () => {
    fake.gate.decisions = [decision({ result: 'already_used' })];
    fake.gate.historyOf.mockResolvedValue({ highestCtr: null, uses: [{ at: 1, gate: 4, by: 'Ana' }] });
    await desk.recall();
    expect(desk.shown?.check.lastUse).toEqual({ at: 1000, gate: 4, by: 'Ana' });
  });
});

describe('D3 K8 which list of revoked passes is gone by', () => {
  const pull = (signed: string) => (fake.gate.statusList = { id: 'l', signed });
  const keep = (signed: string, from: 'server' | 'guard', issued: number) =>
    (fake.gate.keptList = { signed, from, issuedAt: issued * 1000 });

  it.each([
    ['server', 'kept from earlier'],
    ['guard', 'carried from another guard'],
  ] as const)(
    'a pulled one that is older than what the %s brought is not used, and the words say so',
    async (from, words) => {
      pull('older');
      keep('later', from, 20);
      prepareKnowledge.mockResolvedValue(listsOf(10, 20));
      await desk.prepare();
      expect(desk.known).toMatchObject({ list: { issuedAt: 20_000 }, signedList: 'later' });
      expect(revocationWords(desk.known!.list, timeFormat('UTC', 'en-GB'), 60_000)).toContain(words);
      expect(fake.gate.keepStatusList).not.toHaveBeenCalled();
    },
  );

  it('a pulled one that is newer is used, and kept', async () => {
    pull('newer');
    keep('before', 'guard', 20);
    prepareKnowledge.mockResolvedValue(listsOf(30, 20));
    await desk.prepare();
    expect(desk.known).toMatchObject({ list: { issuedAt: 30_000, from: 'server' }, signedList: 'newer' });
    expect(fake.gate.keepStatusList.mock.calls).toEqual([
      [{ signed: 'newer', from: 'server', issuedAt: 30_000 }],
    ]);
    // Kept now: not once more with every pull.
    keep('newer', 'server', 30);
    await desk.prepare();
    expect(fake.gate.keepStatusList).toHaveBeenCalledOnce();
  });

  it('what was prepared of older rows says nothing when it is ready late', async () => {
    let late: (value: unknown) => void = () => undefined;
    prepareKnowledge.mockReturnValueOnce(new Promise((resolve) => (late = resolve)));
    pull('first');
    const first = desk.prepare();
    pull('second');
    prepareKnowledge.mockResolvedValueOnce(listsOf(30, 0));
    await desk.prepare();
    late(listsOf(10, 0));
    await first;
    expect(desk.known).toMatchObject({ list: { issuedAt: 30_000 }, signedList: 'second' });
    expect(fake.gate.keepStatusList).toHaveBeenCalledOnce();
  });

  it('with a later one at hand, what the rows of passes call valid is amber by typing too', async () => {
    fake.gate.passes = [{ ...listedPass, bound: false }];
    for (const [keptAt, result, provisional] of [
      [0, 'valid', null],
      [20, 'valid_provisional', 'status_stale'],
    ] as const) {
      keep(`kept at ${keptAt}`, 'guard', keptAt);
      prepareKnowledge.mockResolvedValueOnce(listsOf(10, keptAt));
      await desk.enter(CODE);
      expect(desk.shown?.check).toMatchObject({ result, provisional });
    }
  });
});

describe('D4 what a page that stays open keeps', () => {
  it('one measure of each kind, not one a car', async () => {
    for (let car = 0; car < 3; car++) await desk.enter(CODE);
    for (const name of ['gate:verify', 'gate:store']) {
      expect(performance.getEntriesByName(name)).toHaveLength(1);
    }
  });
});

describe('D4 K8 the way the cars go', () => {
  it('is stored with the decision, and remembered', async () => {
    const kept: string[] = [];
    vi.stubGlobal('localStorage', {
      getItem: () => null,
      setItem: (_: string, text: string) => kept.push(text),
    });
    fake.gate.passes = [{ ...listedPass, expiresAt: -500 }];
    desk.choose({ direction: 'exit' });
    await desk.enter(CODE);
    expect((await stored())[0]).toMatchObject({ direction: 'exit', result: 'expired', kind: 0 });
    expect(kept.at(-1)).toContain('"direction":"exit"');
  });

  it('a pass found in the list is checked like a typed code', async () => {
    await desk.choosePass(listedPass);
    expect(desk.shown?.check).toMatchObject({
      result: 'valid_provisional',
      provisional: 'found',
      source: 'list',
    });
  });
});

describe('X1 asking their phone', () => {
  it('takes the result off the screen, and nothing but an answer is read meanwhile', async () => {
    await desk.read(FOREIGN, 0);
    desk.ask();
    expect(desk.shown).toBeNull();
    const asked = desk.challenge.open;
    await desk.read('WIFI:S:other;;', 10);
    expect(await stored()).toHaveLength(1);
    expect(desk.challenge.strayed).toBe(true);
    desk.ask();
    expect(desk.challenge.open?.text).not.toBe(asked?.text);
    desk.close();
    expect(desk.challenge.open).toBeNull();
  });
});

describe('K8 another guard’s list', () => {
  it('is no pass: nothing is decided, and what is not ours is not kept', async () => {
    const codes = await formatStatusList(crypto.subtle, new Uint8Array(1500).fill(7));
    for (const code of codes ?? []) await desk.read(code, performance.now());
    expect(await stored()).toHaveLength(0);
    expect(desk.lists.taken).toEqual({ kind: 'not_ours' });
    expect(fake.gate.keepStatusList).not.toHaveBeenCalled();
  });

  it('says how far it has come', async () => {
    const codes = await formatStatusList(crypto.subtle, new Uint8Array(1500).fill(7));
    await desk.read(codes![0]!, performance.now());
    expect(desk.lists.taken).toEqual({ kind: 'collecting', have: 1, parts: 2 });
  });
});
