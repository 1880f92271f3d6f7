import type { Incident, IncidentKind, Scan } from './entities';
import type { DecisionContext } from './intent';
import { changed, closedByItself, newIncident } from './incident-row';
import type { Change, ChainEntry, JournalReading, State } from './state';

const SECOND = 1000;
/** A guard's clock is set by the server's at each contact; what the network's delays may shift it by, in ms. */
const BACK_TOLERANCE = 5 * SECOND;
/** A clock further ahead of the server's than this, or corrected by more than this between two scans, in ms. */
const JUMP = 60 * SECOND;
/** A device that goes wrong does so with every scan; the first ones tell whose and since when. */
const MOST_SCANS = 50;
/** The `previous` of a journal's first entry, as in shared/journal. */
const BEFORE_FIRST = 'A'.repeat(43);

/**
 * X8: what this scan shows about its device's journal. Two entries are compared when the second of them arrives, so
 * that the same incidents are open whatever came first. Of forged entries, forks and clock jumps a journal has one open
 * incident each, which gathers the scans; of gaps as many as there are runs of missing places. An entry whose signature
 * does not hold proves nothing about the journal and is compared with nothing.
 */
export function journalIncidentsOf(state: State, scan: Scan, context: DecisionContext): Change[] {
  const reading = state.journalReadings.get(scan.id);
  if (!scan.journal || !reading) return [];
  const journal = new JournalIncidents(state, scan.journal.journalId, context);
  if (!reading.genuine) return journal.gather('journal_forged', [scan.id], {});
  return [
    ...gaps(journal, reading, context),
    ...journal.gather('journal_fork', conflictsOf(reading), { seq: reading.entry.seq }),
    ...clockJumps(journal, reading, scan),
  ];
}

/** The open incidents of one journal. */
class JournalIncidents {
  readonly open: readonly Incident[];

  constructor(
    state: State,
    readonly id: string,
    readonly context: DecisionContext,
  ) {
    this.open = [...state.incidents.values()].filter(
      ({ journalId, closedAt }) => journalId === id && closedAt === null,
    );
  }

  begin(kind: IncidentKind): Incident {
    return { ...newIncident(kind, this.context), journalId: this.id };
  }

  /** Adds the scans to the open incident of this kind, or to a new one; of each number the furthest stays. */
  gather(kind: IncidentKind, scanIds: readonly string[], detail: Record<string, number>): Change[] {
    if (scanIds.length === 0) return [];
    const incident = this.open.find((one) => one.kind === kind) ?? this.begin(kind);
    const isFull = incident.scanIds.length >= MOST_SCANS;
    const all = isFull ? incident.scanIds : [...new Set([...incident.scanIds, ...scanIds])];
    const furthest = kind === 'journal_fork' ? Math.min : Math.max;
    const merged: Record<string, string | number | null> = { ...incident.detail };
    for (const [name, value] of Object.entries(detail)) {
      const known = merged[name];
      merged[name] = typeof known === 'number' ? furthest(known, value) : value;
    }
    return changed(incident, { scanIds: all, detail: merged });
  }
}

/**
 * Each open gap is a run of missing places, `from`–`to` in its detail, and names the scan behind it. What arrives in the
 * middle splits it; the last one missing closes it.
 */
function gaps(
  journal: JournalIncidents,
  { entry, chain }: JournalReading,
  context: DecisionContext,
): Change[] {
  const { seq, scanId } = entry;
  const missing = (incident: Incident, from: number, to: number, before?: string): Change[] =>
    changed(incident, { detail: { from, to }, scanIds: before === undefined ? incident.scanIds : [before] });
  if (seq > chain.highest) {
    if (seq === chain.highest + 1) return [];
    return missing(journal.begin('journal_gap'), chain.highest + 1, seq - 1, scanId);
  }
  for (const gap of journal.open) {
    const { from, to } = gap.detail;
    if (gap.kind !== 'journal_gap' || typeof from !== 'number' || typeof to !== 'number') continue;
    if (seq < from || seq > to) continue;
    if (from === to) return [closedByItself(gap, context)];
    if (seq === to) return missing(gap, from, seq - 1, scanId);
    if (seq === from) return missing(gap, seq + 1, to);
    return [...missing(gap, seq + 1, to), ...missing(journal.begin('journal_gap'), from, seq - 1, scanId)];
  }
  return [];
}

/** The scans that cannot all be of one chain with this entry, this one last; none when it fits. */
function conflictsOf({ entry, chain }: JournalReading): string[] {
  const others = chain.entries.filter(
    (other) =>
      (other.seq === entry.seq && other.hash !== entry.hash) ||
      (other.seq === entry.seq - 1 && other.hash !== entry.previous) ||
      (other.seq === entry.seq + 1 && other.previous !== entry.hash),
  );
  const isFirstOfOther = entry.seq === 1 && entry.previous !== BEFORE_FIRST;
  if (others.length === 0 && !isFirstOfOther) return [];
  return [...others.map(({ scanId }) => scanId), entry.scanId];
}

function clockJumps(journal: JournalIncidents, { entry, chain }: JournalReading, scan: Scan): Change[] {
  const scanIds: string[] = [];
  const detail: Record<string, number> = {};
  const note = (name: string, by: number, about: readonly string[]): void => {
    detail[name] = Math.max(detail[name] ?? 0, by);
    scanIds.push(...about);
  };
  for (const [before, after] of linkedPairs(entry, chain.entries)) {
    const about = [before.scanId, after.scanId];
    const back = before.scannedAt - after.scannedAt;
    if (back > BACK_TOLERANCE) note('back', back, about);
    const corrected = Math.abs(correctionOf(after) - correctionOf(before));
    if (corrected > JUMP) note('corrected', corrected, about);
  }
  const ahead = scan.scannedAt - scan.recordedAt;
  if (ahead > JUMP) note('ahead', ahead, [entry.scanId]);
  return journal.gather('clock_jump', scanIds, detail);
}

/** Entries that follow each other in the chain, of which one is this. */
function linkedPairs(entry: ChainEntry, others: readonly ChainEntry[]): [ChainEntry, ChainEntry][] {
  return others.flatMap((other): [ChainEntry, ChainEntry][] => {
    if (other.seq === entry.seq - 1 && other.hash === entry.previous) return [[other, entry]];
    return other.seq === entry.seq + 1 && other.previous === entry.hash ? [[entry, other]] : [];
  });
}

/** How far the device's own clock was taken to be off, in ms. */
function correctionOf({ scannedAt, deviceTime }: ChainEntry): number {
  return scannedAt - deviceTime;
}
