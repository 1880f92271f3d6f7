import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { RETRY_AFTER } from '$lib/scan/same-code';
import { RefusalError, refusalOf } from '$lib/state/refusal';
import { GateDesk } from './gate-desk.svelte';

const CODE = 'ABCD2345';
const FOREIGN = 'WIFI:S:garage;;';

/** Stands in for the app: what the desk asks of it, and each of it can be made to fail. */
const fake = vi.hoisted(() => ({
  gate: { passes: [] as unknown[], keys: [] as unknown[], statusList: null as unknown, scans: [] },
  storeDecision: vi.fn(),
  now: 0,
}));
vi.mock('$lib/state/app-state.svelte', () => ({
  app: { ...fake, identity: { siteId: 'site' }, newId: () => 'scan' },
}));
const prepareKnowledge = vi.hoisted(() => vi.fn());
vi.mock('$lib/scan/gate-knowledge', async (original) => ({
  ...(await original<object>()),
  prepareKnowledge,
}));

const knowledge = { keys: new Map(), statusList: { kind: 'missing' } };
const signedOut = new RefusalError(refusalOf('signed_out'));
let desk: GateDesk;

beforeEach(() => {
  vi.stubGlobal('isSecureContext', true);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  vi.stubGlobal('localStorage', { getItem: () => null });
  vi.stubGlobal('navigator', {});
  fake.gate.keys = [];
  fake.storeDecision.mockReset().mockImplementation((decision: unknown) => Promise.resolve(decision));
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
    ['could not be stored', () => fake.storeDecision.mockRejectedValueOnce(new Error('full'))],
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
    fake.storeDecision.mockRejectedValueOnce(new Error('full'));
    await desk.override(refused, 'Known to me');
    expect(desk.problem).not.toBeNull();
    await desk.read(text, performance.now() + RETRY_AFTER);
    expect(desk.shown?.check.result).toBe('malformed');
  });
});
