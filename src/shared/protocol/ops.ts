import * as z from 'zod/mini';
import type { ScanResult } from '#shared/domain/entities';
import type { DomainArgs } from '#shared/domain/intent';
import { policyChangesSchema } from './policy';
import { isHolderKey } from '#shared/pass/holder-key';

const id = z.uuid();
/** Milliseconds since 1970, up to the year 2200: anything else is a unit mixed up. */
export const epochMilliseconds = z.int().check(z.minimum(0), z.maximum(7_258_118_400_000));

const scanResults = [
  'malformed',
  'unknown_key',
  'forged',
  'wrong_site',
  'wrong_entrance',
  'too_early',
  'expired',
  'revoked',
  'suspended',
  'static_copy',
  'copied',
  'clock_differs',
  'replay_or_clock',
  'replay',
  'clone_suspect',
  'already_used',
  'valid',
  'valid_provisional',
  'override',
  'not_found',
] as const satisfies readonly ScanResult[];

/** Every scan result, for schemas and tests that walk them. */
export const scanResultSchema = z.enum(scanResults);

const window = { start: epochMilliseconds, end: epochMilliseconds };

/**
 * The args of every op, by versioned name. A name is never reused for other args: a change of meaning or shape is a
 * new version, and the old one stays as long as outboxes may hold it.
 */
export const opSchemas = {
  /** Reserve a slot for `[start, end)`. The device makes the reservation's id. */
  'reservation.create@1': z.strictObject({ reservationId: id, slotId: id, ...window }),
  'reservation.cancel@1': z.strictObject({ reservationId: id }),
  /** Extend, shorten or move it: the window and slot it is to have. */
  'reservation.change@1': z.strictObject({ reservationId: id, slotId: id, ...window }),
  /** X3: keep a slot for `[start, end)`, to be booked by `reservation.confirm` or given back by `reservation.cancel`. */
  'reservation.lease@1': z.strictObject({ reservationId: id, slotId: id, ...window }),
  'reservation.confirm@1': z.strictObject({ reservationId: id }),
  /** The site's own: what becomes of a reservation whose time is over. */
  'reservation.settle@1': z.strictObject({ reservationId: id }),
  /** What is left out stays as it is. */
  'site.set_policy@1': z.strictObject({ changes: policyChangesSchema }),
  /** Lend an own slot for `[start, end)`, in addition to what is lent already. */
  'share.open@1': z.strictObject({ slotId: id, ...window }),
  /** Take `[start, end)` back from what is lent. */
  'share.close@1': z.strictObject({ slotId: id, ...window }),
  /** What a guard's device decided; a record of fact, so it is never refused for what it says. */
  'scan.record@1': z.strictObject({
    scanId: id,
    passId: z.nullable(id),
    gate: z.int().check(z.minimum(0), z.maximum(30)),
    scannedAt: epochMilliseconds,
    result: scanResultSchema,
    reason: z.string().check(z.maxLength(200)),
    code: z.string().check(z.maxLength(2000)),
  }),
  /**
   * Bind this device's holder key (base64url of the 33-byte compressed point). Without `reservationId` the member's
   * unbound passes become this device's; with it that one pass moves here and its old form is revoked. A used-up pass stays
   * where it is.
   */
  'pass.bind@1': z.strictObject({
    holderKey: z.string().check(z.refine(isHolderKey, 'not a compressed P-256 point in base64url')),
    reservationId: z.nullable(id),
  }),
} as const;

export type Op = keyof typeof opSchemas;
export type ArgsOf<O extends Op> = z.infer<(typeof opSchemas)[O]>;

/** Fails to compile when a schema and the domain's args drift apart. */
type SameArgs = { [O in Op]: [ArgsOf<O>, DomainArgs[O]] extends [DomainArgs[O], ArgsOf<O>] ? true : never };
const sameArgs: SameArgs = {
  'reservation.create@1': true,
  'reservation.cancel@1': true,
  'reservation.change@1': true,
  'reservation.lease@1': true,
  'reservation.confirm@1': true,
  'reservation.settle@1': true,
  'site.set_policy@1': true,
  'share.open@1': true,
  'share.close@1': true,
  'scan.record@1': true,
  'pass.bind@1': true,
};
void sameArgs;

/** Whether this build knows the op. */
export function isOp(name: string): name is Op {
  return Object.hasOwn(opSchemas, name);
}
