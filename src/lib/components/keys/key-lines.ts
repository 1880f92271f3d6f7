import type { Row } from '#shared/protocol/rows';
import type { TimeFormat } from '../time/format';

/** One of a site's signing keys, in words for a manager. */
export interface KeyLine {
  readonly id: string;
  readonly state: 'in_use' | 'next' | 'earlier';
  readonly title: string;
  readonly detail: string;
}

type KeyRow = Pick<Row<'signing_key'>, 'id' | 'from' | 'until' | 'usedFrom' | 'retired'>;

/** The site's keys, the one to come first, then the one in use, then those before it. `now` in ms since 1970. */
export function keyLines(rows: readonly KeyRow[], now: number, format: TimeFormat): KeyLine[] {
  const newestFirst = rows.toSorted((one, other) => other.usedFrom - one.usedFrom);
  const inUse = newestFirst.find((key) => !key.retired && key.usedFrom * 1000 <= now);
  return newestFirst.map((key) => {
    if (key === inUse) {
      const detail = `Signs all new passes since ${format.record(usedSince(key))}.`;
      return { id: key.id, state: 'in_use', title: 'Key in use', detail };
    }
    if (!key.retired && key.usedFrom * 1000 > now) {
      const detail = `Guards’ devices are getting it. It signs from ${format.record(key.usedFrom * 1000)}.`;
      return { id: key.id, state: 'next', title: 'Next key', detail };
    }
    return { id: key.id, state: 'earlier', title: 'Earlier key', detail: earlierWords(key, format) };
  });
}

/** A server from before rotation does not say since when a key signs: since it was made. */
function usedSince({ usedFrom, from }: KeyRow): number {
  return (usedFrom === 0 ? from : usedFrom) * 1000;
}

function earlierWords({ retired, until }: KeyRow, format: TimeFormat): string {
  if (!retired) return 'Signs nothing new. Passes that it signed stay good.';
  return `Signs nothing new. Kept for passes that it signed; the last begins by ${format.record(until * 1000)}.`;
}
