import { createHash } from 'node:crypto';
import type { WireIntent } from '#shared/protocol/push';

/**
 * An intent's args as the journal keeps them, for good: without what is large and what nobody reads there. The windows of a slot's
 * weekly rules (10 GB a year of them at 10,000 rules) leave their number and the SHA-256 of their JSON as hex; the photo of a claim, which is
 * deleted once the claim is decided, leaves its length, and so do the free texts of a claim and of its decision, which tell of somebody and
 * go with the claim's row. Whether an intent is repeated the fingerprint says, which is of its true args.
 */
export function journaledArgs({ op, args }: Pick<WireIntent, 'op' | 'args'>): WireIntent['args'] {
  if (op === 'share.follow_rules@1' && Array.isArray(args['windows'])) {
    const { windows } = args;
    const sha256 = createHash('sha256').update(JSON.stringify(windows)).digest('hex');
    return { ...args, windows: { count: windows.length, sha256 } };
  }
  const lengths = (freeTexts[op] ?? [])
    .map((name) => [name, args[name]] as const)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    .map(([name, text]) => [name, { length: text.length }]);
  return lengths.length === 0 ? args : { ...args, ...Object.fromEntries(lengths) };
}

const freeTexts: Readonly<Record<string, readonly string[]>> = {
  'slot.claim@1': ['photo', 'note'],
  'slot.decide_claim@1': ['reason'],
};
