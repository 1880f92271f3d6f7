import { createHash } from 'node:crypto';
import type { WireIntent } from '#shared/protocol/push';

/** Deeper args than this are nobody's: they would end the recursions here and in Postgres's parser. */
const MAXIMUM_DEPTH = 32;

/**
 * What makes two intents the same: SHA-256 as hex over id, op and canonical args (JSON with sorted keys). Device time and
 * expiry are left out: a device may state them anew when it sends again. null when the args are nested beyond reason.
 */
export function fingerprintOf(intent: WireIntent): string | null {
  const args = canonicalJson(intent.args, 0);
  if (args === null) return null;
  return createHash('sha256').update(`${intent.id.toLowerCase()}\n${intent.op}\n${args}`).digest('hex');
}

function canonicalJson(value: unknown, depth: number): string | null {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (depth === MAXIMUM_DEPTH) return null;
  const parts: string[] = [];
  if (Array.isArray(value)) {
    for (const item of value) {
      const part = canonicalJson(item, depth + 1);
      if (part === null) return null;
      parts.push(part);
    }
    return `[${parts.join(',')}]`;
  }
  for (const [key, item] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const part = canonicalJson(item, depth + 1);
    if (part === null) return null;
    parts.push(`${JSON.stringify(key)}:${part}`);
  }
  return `{${parts.join(',')}}`;
}
