import type { Intent } from '#shared/domain/intent';
import type { ErrorCode } from '#shared/protocol/errors';
import { isOp, opSchemas } from '#shared/protocol/ops';
import type { OutcomeStatus, WireIntent } from '#shared/protocol/push';

/** An intent that can be decided by its rule, one that came too late for that, or one that is settled without. */
export type IntentReading =
  | { readonly kind: 'readable' | 'expired'; readonly intent: Intent }
  | { readonly kind: 'settled'; readonly status: OutcomeStatus; readonly code: ErrorCode };

/** Parses op and args at server time `now` (ms). Never throws: what cannot be read is quarantined, not lost. */
export function readIntent(wire: WireIntent, now: number): IntentReading {
  if (!isOp(wire.op)) return { kind: 'settled', status: 'quarantined', code: 'op_unknown' };
  const parsed = opSchemas[wire.op].safeParse(wire.args);
  if (!parsed.success) return { kind: 'settled', status: 'quarantined', code: 'args_invalid' };
  // The schema was chosen by the op, which TypeScript cannot follow through the index.
  const intent = { op: wire.op, args: storable(parsed.data) } as Intent;
  const isExpired = wire.expiresAt !== null && wire.expiresAt <= now;
  return { kind: isExpired ? 'expired' : 'readable', intent };
}

/** Args as Postgres gives them back: ids in lower case, text without what a text column cannot hold. */
function storable(args: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, storableValue(name, value)]));
}

function storableValue(name: string, value: unknown): unknown {
  if (typeof value === 'string') return isId(name) ? value.toLowerCase() : storableText(value);
  if (Array.isArray(value)) return value.map((item) => storableValue(name, item));
  return value !== null && typeof value === 'object' ? storable(value as Record<string, unknown>) : value;
}

function isId(name: string): boolean {
  return name.endsWith('Id') || name === 'undoes';
}

/** NUL shown as its picture, halves of surrogate pairs as the replacement character. */
function storableText(text: string): string {
  return text.replaceAll('\0', '\u2400').replaceAll(/\p{Surrogate}/gu, '\ufffd');
}
