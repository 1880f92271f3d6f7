import type { Row } from '#shared/protocol/rows';
import { overlaps, type TimeRange } from '#shared/domain/time-range';

type ListedPass = Row<'gate_pass'>;

/** A list made ready for searching, once for each pull: 2,000 passes are gone through at every key. */
export type PassIndex = readonly {
  readonly pass: ListedPass;
  readonly plate: string;
  /** Slot, names and code, as they are compared. */
  readonly others: readonly string[];
}[];

export function indexPasses(passes: readonly ListedPass[]): PassIndex {
  return passes.map((pass) => ({
    pass,
    plate: plainPlate(pass.plate),
    others: [pass.slotLabel, pass.personName, pass.hostName ?? '', pass.code].map(plainText),
  }));
}

/**
 * K8: the passes whose plate, slot, names or code hold `words`, at most `limit`: those of `day` first, then the better
 * fit, then the nearer to `now`; those that were revoked or put on hold after all others. Without words, those of the day. Case, spaces, dashes and accents do not matter; on a
 * plate 0 is O and 1 is I, for nobody sees which at night.
 */
export function findPasses(
  index: PassIndex,
  words: string,
  { day, now, limit }: { day: TimeRange; now: number; limit: number },
): ListedPass[] {
  const plate = plainPlate(words);
  const text = plainText(words);
  const found = index.flatMap((entry) => {
    const fit = plate === '' ? 0 : bestFit(entry, { plate, text });
    const window = { start: entry.pass.notBefore, end: entry.pass.expiresAt };
    const isToday = overlaps(window, day);
    if (fit === null || (plate === '' && !isToday)) return [];
    const rank = (entry.pass.status === 'valid' ? 0 : 100) + (isToday ? 0 : 10) + fit;
    return [{ pass: entry.pass, rank, away: distance(window, now) }];
  });
  return found
    .sort((a, b) => a.rank - b.rank || a.away - b.away || (a.pass.id < b.pass.id ? -1 : 1))
    .slice(0, limit)
    .map(({ pass }) => pass);
}

/** 0 the same, 1 begins so, 2 holds it; null none of these. */
function bestFit(
  { plate, others }: PassIndex[number],
  wanted: { plate: string; text: string },
): number | null {
  const fits = [fitOf(plate, wanted.plate), ...others.map((other) => fitOf(other, wanted.text))];
  const found = fits.filter((fit) => fit !== null);
  return found.length > 0 ? Math.min(...found) : null;
}

function fitOf(text: string, wanted: string): number | null {
  const at = text.indexOf(wanted);
  if (at < 0) return null;
  if (at > 0) return 2;
  return text.length === wanted.length ? 0 : 1;
}

function distance({ start, end }: TimeRange, now: number): number {
  if (now < start) return start - now;
  return now < end ? 0 : now - end;
}

/** A plate as it is compared. */
function plainPlate(text: string): string {
  return plainText(text).replaceAll('o', '0').replaceAll('i', '1');
}

/** Text without case, accents and whatever is neither letter nor digit. */
export function plainText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();
}
