import type { Entity, Row } from './rows';

/** What is compared of a scope's copy: how many rows, and the sum of their hashes, which no order changes. */
export interface Digest {
  readonly count: number;
  /** 16 hex digits. */
  readonly hash: string;
}

export interface DigestedRow {
  readonly entity: Entity;
  readonly row: { readonly id: string };
}

/**
 * Whether a row counts at server time `now` (ms). A row that time alone brings into a scope or takes out of it, which
 * no transaction tells, counts only while both sides are sure to have it: else every look would be a false alarm.
 */
export function isDigested({ entity, row }: DigestedRow, now: number): boolean {
  switch (entity) {
    // The server leaves out those that ended a day ago; a device keeps them until their state changes.
    case 'occupancy':
      return (row as Row<'occupancy'>).end > now;
    case 'gate_pass': {
      const { notBefore, expiresAt } = row as Row<'gate_pass'>;
      return expiresAt > now && notBefore < now + 24 * HOUR;
    }
    case 'visitor_pass':
      return (row as Row<'visitor_pass'>).end > now - 29 * 24 * HOUR;
    case 'waitlist_entry': {
      const { endedAt } = row as Row<'waitlist_entry'>;
      return endedAt === null || endedAt > now - 29 * 24 * HOUR;
    }
    case 'incident': {
      const { closedAt } = row as Row<'incident'>;
      return closedAt === null || closedAt > now - 29 * 24 * HOUR;
    }
    case 'invitation':
      return (row as Row<'invitation'>).expiresAt > now - 29 * 24 * HOUR;
    case 'topup':
      return (row as Row<'topup'>).createdAt > now - 364 * 24 * HOUR;
    case 'scan':
      return (row as Row<'scan'>).recordedAt > now - 12 * HOUR;
    default:
      return true;
  }
}

const HOUR = 3_600_000;

/** The digest of the rows of one scope at server time `now` (ms). */
export function digestOf(rows: Iterable<DigestedRow>, now: number): Digest {
  let [count, high, low] = [0, 0, 0];
  for (const digested of rows) {
    if (!isDigested(digested, now)) continue;
    const [first, second] = hashesOf(`${digested.entity} ${canonical(digested.row)}`);
    count++;
    high = (high + first) >>> 0;
    low = (low + second) >>> 0;
  }
  return { count, hash: hex(high) + hex(low) };
}

/** The digest of the rows of several digests together. */
export function sumOf(digests: Iterable<Digest>): Digest {
  let [count, high, low] = [0, 0, 0];
  for (const digest of digests) {
    count += digest.count;
    high = (high + parseInt(digest.hash.slice(0, 8), 16)) >>> 0;
    low = (low + parseInt(digest.hash.slice(8), 16)) >>> 0;
  }
  return { count, hash: hex(high) + hex(low) };
}

function hex(part: number): string {
  return part.toString(16).padStart(8, '0');
}

/** JSON with the keys of every object in order: the two sides build their rows in different ones. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${key}:${canonical(field)}`).join()}}`;
}

/**
 * Two FNV-1a over UTF-16 units, each with murmur3's last mixing: against chance, not against an attacker, for who could
 * forge a row could as well forge the digest. WebCrypto's are asynchronous, one call a row.
 */
function hashesOf(text: string): [number, number] {
  let [first, second] = [0x811c9dc5, 0x9747b28c];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ unit, 0x01000193);
  }
  return [mixed(first), mixed(second)];
}

function mixed(hash: number): number {
  let mix = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return (mix ^ (mix >>> 16)) >>> 0;
}
