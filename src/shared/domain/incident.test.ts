import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Direction, Incident, Pass, ScanResult } from './entities';
import { decide } from './decide';
import { applyChanges, type ChainEntry, type JournalChain, type State } from './state';
import { codeOf, decideAs, guard, HOUR, manager, NOW, resident, stateOf } from './testing';

/** A scan as one of two guards made it, with what a server finds out about its journal entry. */
interface Made {
  readonly scanId: string;
  readonly journalId: string;
  readonly seq: number;
  readonly hash: string;
  readonly previous: string;
  readonly genuine: boolean;
  readonly passId: string | null;
  readonly direction: Direction;
  readonly result: ScanResult;
  readonly undoes: string | null;
  readonly scannedAt: number;
  readonly deviceTime: number;
}

const BEFORE_FIRST = 'A'.repeat(43);

const pass = (id: string, kind: Pass['kind'] = 0): Pass => ({
  ...{ id, kind, memberId: resident.id, reservationId: `of ${id}`, visitorPassId: null, slotLabel: '' },
  ...{ plate: '', clientId: null, holderKey: null, notBefore: NOW, expiresAt: NOW + HOUR, status: 'valid' },
});

/** One guard's chain: `scans` follow each other, a minute apart unless they say when. */
function chainOf(journalId: string, scans: readonly Partial<Made>[]): Made[] {
  const made: Made[] = [];
  for (const [index, fields] of scans.entries()) {
    const scanId = `${journalId}-${index + 1}`;
    made.push({
      ...{ scanId, journalId, seq: index + 1, hash: `hash of ${scanId}`, genuine: true },
      previous: made.at(-1)?.hash ?? BEFORE_FIRST,
      ...{ passId: null, direction: 'entry', result: 'valid', undoes: null },
      ...{ scannedAt: NOW - HOUR + index * 60_000, deviceTime: NOW - HOUR + index * 60_000 },
      ...fields,
    });
  }
  return made;
}

/** What a server does with the scans in this order. */
function record(scans: readonly Made[], passes: readonly Pass[] = [pass('p')], state?: State): State {
  const onServer = state ?? stateOf({ passes: [...passes] });
  const chains = new Map<string, JournalChain>();
  for (const reading of onServer.journalReadings.values())
    chains.set(journalIn(reading.entry), reading.chain);
  for (const scan of scans) {
    const { scanId, seq, hash, previous, scannedAt, deviceTime, journalId, genuine } = scan;
    const chain = chains.get(journalId) ?? { highest: 0, entries: [] };
    chains.set(journalId, chain);
    const entry: ChainEntry = { scanId, seq, hash, previous, scannedAt, deviceTime };
    onServer.journalReadings.set(scanId, { entry, genuine, chain });
    const { passId, direction, result, undoes } = scan;
    const journal = { journalId, seq, previous, deviceTime, signature: '' };
    const args = {
      scanId,
      passId,
      gate: 1,
      direction,
      scannedAt,
      result,
      reason: '',
      code: '',
      undoes,
      journal,
    };
    const context = { now: NOW, actor: guard, clientId: journalId, verifiedAt: null, newId };
    const decided = decide(onServer, { op: 'scan.record@2', args }, context);
    if (decided.status === 'refused') throw new Error(`${scanId} was refused: ${decided.code}`);
    applyChanges(onServer, decided.changes);
  }
  return onServer;
}

let ids = 0;
const newId = () => `incident-${ids++}`;

function journalIn({ scanId }: ChainEntry): string {
  return scanId.split('-')[0]!;
}

const openIn = (state: State): Incident[] =>
  [...state.incidents.values()].filter(({ closedAt }) => closedAt === null);

/** Kind, place and scans of what is open. */
const placesOf = (state: State) =>
  openIn(state)
    .map(({ kind, journalId, passId, scanIds, detail }) => {
      const gap = kind === 'journal_gap' ? ` ${detail.from}–${detail.to}` : '';
      return `${kind} ${journalId ?? passId ?? ''}${gap}: ${scanIds.toSorted().join(' ')}`;
    })
    .toSorted();

/** The same, but for which scan behind a gap it names: where the journal is forked, there are two. */
const placesOfForked = (state: State) =>
  placesOf(state).map((line) => (line.startsWith('journal_gap') ? line.replace(/: .*/, '') : line));

describe('X8 journal incidents', () => {
  it('X8 finds nothing in a whole chain, however it comes', () => {
    const scans = chainOf('a', [{}, {}, {}, {}]);
    for (const order of [scans, scans.toReversed(), [scans[2]!, scans[0]!, scans[3]!, scans[1]!]])
      expect(placesOf(record(order))).toEqual([]);
  });

  it('X8 raises one incident a gap and closes it by itself when the missing part arrives', () => {
    const [one, two, three, four, five] = chainOf('a', [{}, {}, {}, {}, {}]) as [
      Made,
      Made,
      Made,
      Made,
      Made,
    ];
    const state = record([one, five]);
    expect(placesOf(state)).toEqual(['journal_gap a 2–4: a-5']);
    record([three], [], state);
    expect(placesOf(state)).toEqual(['journal_gap a 2–2: a-3', 'journal_gap a 4–4: a-5']);
    record([four], [], state);
    expect(placesOf(state)).toEqual(['journal_gap a 2–2: a-3']);
    record([two], [], state);
    expect(placesOf(state)).toEqual([]);
    expect([...state.incidents.values()]).toMatchObject([{ closedBy: null }, { closedBy: null }]);
  });

  it('X8 raises one fork a journal: another entry at a place, and one that follows neither', () => {
    const [one, two, three] = chainOf('a', [{}, {}, {}]) as [Made, Made, Made];
    const other = { ...two, scanId: 'a-other', hash: 'other hash' };
    const astray = { ...three, scanId: 'a-astray', hash: 'astray', previous: 'nobody’s' };
    expect(placesOf(record([one, two, other]))).toEqual(['journal_fork a: a-2 a-other']);
    expect(placesOf(record([one, two, astray]))).toEqual(['journal_fork a: a-2 a-astray']);
    expect(placesOf(record([one, astray, two, other]))).toEqual(['journal_fork a: a-2 a-astray a-other']);
  });

  it('X8 raises a fork for a first entry that says it follows another', () => {
    const [one] = chainOf('a', [{ previous: 'of another' }]);
    expect(placesOf(record([one!]))).toEqual(['journal_fork a: a-1']);
  });

  it('X8 a forged entry proves nothing about its journal: it fills no gap and forks nothing', () => {
    const scans = chainOf('a', [{}, { genuine: false }, {}]);
    expect(placesOf(record(scans))).toEqual(['journal_forged a: a-2', 'journal_gap a 2–2: a-3']);
  });

  it.each([
    ['goes back', { scannedAt: NOW - HOUR - 6000, deviceTime: NOW - HOUR - 6000 }, { back: 6000 }],
    ['is corrected', { deviceTime: NOW - HOUR - 61_000 + 60_000 }, { corrected: 61_000 }],
    ['is ahead of the server', { scannedAt: NOW + 61_000, deviceTime: NOW + 61_000 }, { ahead: 61_000 }],
  ])('X8 raises a clock jump when the time %s', (_what, fields, detail) => {
    const scans = chainOf('a', [{}, fields]);
    for (const order of [scans, scans.toReversed()]) {
      expect(openIn(record(order))).toMatchObject([{ kind: 'clock_jump', detail }]);
    }
  });

  it('X8 lets a clock go back by 5 s and be corrected by 60 s', () => {
    expect(
      placesOf(record(chainOf('a', [{}, { scannedAt: NOW - HOUR - 5000, deviceTime: NOW - HOUR }]))),
    ).toEqual([]);
    expect(placesOf(record(chainOf('a', [{}, { deviceTime: NOW - HOUR }])))).toEqual([]);
  });

  it('X8 rewrites no scan', () => {
    const [one, two] = chainOf('a', [{}, {}]) as [Made, Made];
    const state = record([two]);
    const before = structuredClone([...state.scans.values()]);
    record([one, { ...two, scanId: 'a-other', hash: 'other' }], [], state);
    expect([...state.scans.values()].slice(0, 1)).toEqual(before);
  });
});

describe('D4 double use', () => {
  const entry = (journalId: string, minute: number, fields: Partial<Made> = {}): Made => ({
    ...chainOf(journalId, [{ passId: 'p', scannedAt: NOW - HOUR + minute * 60_000, ...fields }])[0]!,
    scanId: fields.scanId ?? `${journalId}-1`,
  });
  const orders = (scans: Made[]) => [scans, scans.toReversed()];

  it('D4 two guards who were apart raise one incident that names both, whoever sends first', () => {
    for (const order of orders([entry('a', 0), entry('b', 1)])) {
      const state = record(order);
      expect(openIn(state)).toMatchObject([{ kind: 'double_use', passId: 'p', scanIds: ['a-1', 'b-1'] }]);
      expect(openIn(state)[0]?.detail).toEqual({ uses: 2, allowed: 1 });
    }
  });

  it('D4 with an exit in between there is none, also when the exit is heard of last', () => {
    const [one, out, two] = [entry('a', 0), entry('b', 1, { direction: 'exit' }), entry('c', 2)];
    expect(placesOf(record([one, out, two]))).toEqual([]);
    const late = record([two, one, out]);
    expect(placesOf(late)).toEqual([]);
    expect([...late.incidents.values()]).toMatchObject([{ kind: 'double_use', closedBy: null }]);
  });

  it('D4 an exit afterwards makes no double use undone', () => {
    const scans = [entry('a', 0), entry('b', 1), entry('c', 2, { direction: 'exit' })];
    for (const order of orders(scans)) expect(placesOf(record(order))).toEqual(['double_use p: a-1 b-1']);
  });

  it('D4 a visitor’s pass is good for a number of entries, whoever leaves', () => {
    const scans = [entry('a', 0), entry('b', 1, { direction: 'exit' }), entry('c', 2), entry('d', 3)];
    expect(placesOf(record(scans, [pass('p', 1)]))).toEqual(['double_use p: a-1 c-1 d-1']);
    expect(placesOf(record(scans.slice(0, 3), [pass('p', 2)]))).toEqual([]);
    expect(placesOf(record(scans, [pass('p', 2)]))).toEqual(['double_use p: a-1 c-1 d-1']);
  });

  it('D4 an override is the guard’s own decision and no double use', () => {
    const override = entry('b', 1, { result: 'override' });
    for (const order of orders([entry('a', 0), override])) expect(placesOf(record(order))).toEqual([]);
    for (const order of orders([entry('a', 0), override, entry('c', 2)]))
      expect(placesOf(record(order))).toEqual(['double_use p: a-1 c-1']);
  });

  it('D4 what a guard takes back closes it by itself', () => {
    const undo = entry('b', 1, { scanId: 'b-2', seq: 2, result: 'undone', undoes: 'b-1' });
    const state = record([entry('a', 0), entry('b', 1)]);
    expect(openIn(state)).toHaveLength(1);
    record([{ ...undo, previous: 'hash of b-1', hash: 'undo' }], [], state);
    expect(openIn(state)).toEqual([]);
  });

  it('D4 passes of one reservation are used together, and the third use joins the open incident', () => {
    const passes = [pass('p'), { ...pass('q'), reservationId: 'of p' }];
    const state = record([entry('a', 0), entry('b', 1, { passId: 'q' }), entry('c', 2)], passes);
    expect(placesOf(state)).toEqual(['double_use p: a-1 b-1 c-1']);
  });

  it('D4 what a manager has closed stays closed until another use joins in', () => {
    const state = record([entry('a', 0), entry('b', 1)]);
    const { id } = openIn(state)[0]!;
    const close = {
      op: 'incident.close@1',
      args: { incidentId: id, note: 'one car, scanned twice' },
    } as const;
    expect(codeOf(decideAs(state, guard, close))).toBe('role_forbidden');
    expect(codeOf(decideAs(state, manager, close))).toBe('applied');
    expect(codeOf(decideAs(state, manager, close))).toBe('incident_closed');
    record([entry('d', 2, { direction: 'exit' })], [], state);
    expect(placesOf(state)).toEqual([]);
    expect(state.incidents.get(id)).toMatchObject({ closedBy: manager.id, note: 'one car, scanned twice' });
    record([entry('e', 3), entry('f', 4)], [], state);
    expect(openIn(state)).toHaveLength(1);
  });
});

/** Two guards' journals over four passes, with faults planted, each journal as its device would send it. */
const journals = fc
  .record({
    scans: fc.array(
      fc.record({
        guard: fc.constantFrom('a', 'b'),
        passId: fc.constantFrom('p', 'q', 'r', null),
        direction: fc.constantFrom<Direction>('entry', 'entry', 'exit'),
        result: fc.constantFrom<ScanResult>(
          'valid',
          'valid',
          'override',
          'expired',
          'already_used',
          'undone',
        ),
        clock: fc.constantFrom(0, 0, 0, -6000, 90_000),
        fault: fc.constantFrom('', '', '', '', 'lost', 'forged', 'forked', 'cut'),
      }),
      { maxLength: 14 },
    ),
    order: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  })
  .map(({ scans, order }) => {
    const heads = new Map<string, Made>();
    const made = scans.flatMap(({ guard: journalId, fault, clock, ...fields }, index): Made[] => {
      const head = heads.get(journalId);
      const scanId = `${journalId}-${index}`;
      const undoes = fields.result === 'undone' ? (head?.scanId ?? 'none') : null;
      const scan: Made = {
        ...{ scanId, journalId, seq: (head?.seq ?? 0) + 1, hash: `hash ${scanId}` },
        previous: fault === 'cut' ? `cut ${index}` : (head?.hash ?? BEFORE_FIRST),
        ...{ genuine: fault !== 'forged', ...fields, undoes },
        ...(undoes === null ? {} : { passId: head?.passId ?? null, direction: head?.direction ?? 'entry' }),
        scannedAt: undoes !== null && head ? head.scannedAt + 1000 : NOW - HOUR + index * 5000 + clock,
        deviceTime: NOW - HOUR + index * 5000,
      };
      heads.set(journalId, scan);
      const other = {
        ...scan,
        scanId: `${scanId}-fork`,
        hash: `fork ${scanId}`,
        undoes: null,
        result: 'valid',
      };
      if (fault === 'lost') return [];
      return fault === 'forked' ? [scan, other as Made] : [scan];
    });
    const keys = made.map((_, index) => order[index] ?? index);
    const shuffled = made.map((scan, index) => ({ scan, key: keys[index]! }));
    return { made, shuffled: shuffled.toSorted((x, y) => x.key - y.key).map(({ scan }) => scan) };
  });

describe('X8 the order of uploads', () => {
  it('X8 the same incidents are open at the end, whatever came first and in whatever parts', () => {
    const passes = [pass('p', 0), pass('q', 1), pass('r', 2)];
    const kinds = new Map<string, number>();
    fc.assert(
      fc.property(journals, ({ made, shuffled }) => {
        const straight = placesOfForked(record(made, passes));
        for (const line of straight) {
          const kind = line.split(' ')[0]!;
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        }
        expect(placesOfForked(record(shuffled, passes))).toEqual(straight);
        expect(placesOfForked(record(made.toReversed(), passes))).toEqual(straight);
      }),
      { numRuns: 500 },
    );
    // Else the property would hold for want of anything to find.
    expect([...kinds.keys()].toSorted()).toEqual([
      'clock_jump',
      'double_use',
      'journal_forged',
      'journal_fork',
      'journal_gap',
    ]);
  });
});
