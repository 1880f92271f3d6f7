import type { IncidentKind } from '#shared/domain/entities';
import type { Row } from '#shared/protocol/rows';
import { formatDuration, formatList, type TimeFormat } from '$lib/components/time/format';

type IncidentRow = Row<'incident'>;

/** What a guard and the manager are told about an incident: `happened` is what is known, `next` what to do about it. */
export interface IncidentWords {
  readonly title: string;
  readonly happened: string;
  readonly next: string;
}

/** A scan that an incident is about. */
export interface NamedScan {
  readonly at: number;
  readonly gate: number;
  readonly guard: string;
}

/** X8: words for an incident. `about` says whose pass it is, as far as this device knows. A newer server's kind has general ones. */
export function incidentWords(incident: IncidentRow, about: string): IncidentWords {
  const { detail, scanIds, kind } = incident;
  const guard = guardsOf(incident);
  const count = (name: string): number => numberIn(detail, name) ?? 0;
  const words: Record<IncidentKind, () => IncidentWords> = {
    double_use: () => ({
      title: 'Double entry',
      happened:
        `${count('uses')} entries were recorded with the pass${about ? ` of ${about}` : ''}, ` +
        `which allows ${count('allowed')} without an exit in between.`,
      next: 'Look which cars are inside. One of them came in with a copy, or one car was scanned twice.',
    }),
    journal_gap: () => ({
      title: 'Scans are missing',
      happened: `${range(count('from'), count('to'))} of the device of ${guard} never reached the server, though later ones did.`,
      next: `Ask ${guard} to open the app on that device with signal. It closes by itself when the scans arrive.`,
    }),
    journal_fork: () => ({
      title: 'Two records of one device',
      happened: `From scan ${count('seq')} on, the device of ${guard} has told two stories that cannot both be true.`,
      next: 'Ask who has that device. Its storage was copied to another one, or a record was changed.',
    }),
    journal_forged: () => ({
      title: 'A record is not genuine',
      happened: `${times(scanIds.length, 'scan')} came in the name of ${guard} with a signature that does not hold.`,
      next: 'Do not rely on these scans. Ask who has the device, and have its member change the password.',
    }),
    clock_jump: () => ({
      title: 'A guard’s clock jumped',
      happened: `On the device of ${guard} ${jumps(detail)}. Times of its scans may be wrong.`,
      next: 'On that device set date and time to automatic, and check the times of these scans.',
    }),
  };
  const known = Object.hasOwn(words, kind) ? words[kind as IncidentKind]() : null;
  return (
    known ?? {
      title: 'Something to look into',
      happened: 'This version of the app does not know what kind of incident this is.',
      next: 'Update the app, or ask the manager.',
    }
  );
}

/** The first and the last scan that it is about; one when it is about one, none when they are not known any more. */
export function namedScans({ detail }: Pick<IncidentRow, 'detail'>): NamedScan[] {
  return ['first', 'last'].flatMap((name) => {
    const at = numberIn(detail, `${name}At`);
    const gate = numberIn(detail, `${name}Gate`);
    const guard = detail[`${name}Guard`];
    return at === null || gate === null ? [] : [{ at, gate, guard: String(guard ?? '') || 'a guard' }];
  });
}

/** How it came to an end: `Closed by Sol, today 14:05`. Empty while it is open. */
export function closedWords(incident: IncidentRow, now: number, format: TimeFormat): string {
  if (incident.closedAt === null) return '';
  const when = format.moment(incident.closedAt, now);
  if (incident.closedByName !== null) return `Closed by ${incident.closedByName}, ${when}.`;
  return incident.kind === 'double_use'
    ? `Closed by itself, ${when}: an exit in between, or that an entry was taken back, was heard of later.`
    : `Closed by itself, ${when}: what was missing has arrived.`;
}

function guardsOf(incident: IncidentRow): string {
  return formatList([...new Set(namedScans(incident).map(({ guard }) => guard))]) || 'a guard';
}

function jumps(detail: IncidentRow['detail']): string {
  const by = (name: string, words: (duration: string) => string): string[] => {
    const milliseconds = numberIn(detail, name);
    return milliseconds === null ? [] : [words(formatDuration(milliseconds))];
  };
  return (
    formatList([
      ...by('back', (duration) => `the time went back by ${duration}`),
      ...by('corrected', (duration) => `the clock was corrected by ${duration} between two scans`),
      ...by('ahead', (duration) => `the clock was ${duration} ahead of the server`),
    ]) || 'the clock was wrong'
  );
}

function range(from: number, to: number): string {
  return from === to ? `Scan ${from}` : `Scans ${from} to ${to}`;
}

function times(count: number, word: string): string {
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}

function numberIn(detail: IncidentRow['detail'], name: string): number | null {
  const value = detail[name];
  return typeof value === 'number' ? value : null;
}
