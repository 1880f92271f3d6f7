import * as z from 'zod/mini';
import { epochMilliseconds, scanResultSchema } from './ops';
import { policySchema } from './policy';

/*
 * The rows that come down by pull, by entity. The names are those of the change index (sync_row.entity).
 * Unknown keys are dropped by the device: an old build must survive a newer server.
 */

const id = z.uuid();
const timeRange = z.object({ start: epochMilliseconds, end: epochMilliseconds });

const reservationState = z.enum(['held', 'confirmed', 'cancelled', 'completed', 'expired', 'no_show']);
const passStatus = z.enum(['valid', 'revoked', 'suspended']);
const passKind = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);

export const rowSchemas = {
  // --- scope site:<site id> ------------------------------------------------------------------------------------
  site: z.object({ id, name: z.string(), timeZone: z.string(), policy: policySchema, issuanceAccountId: id }),
  slot: z.object({
    id,
    label: z.string(),
    level: z.string(),
    kind: z.enum(['car', 'small', 'motorcycle', 'charger', 'accessible']),
    ownerId: z.nullable(id),
    ownerName: z.nullable(z.string()),
    lent: z.array(timeRange),
  }),
  /** An active reservation of anybody, without a name. Its id is the reservation's. */
  occupancy: z.object({ id, slotId: id, start: epochMilliseconds, end: epochMilliseconds }),
  // --- scope member:<member id> --------------------------------------------------------------------------------
  member: z.object({
    id,
    siteId: id,
    role: z.enum(['resident', 'guard', 'manager']),
    name: z.string(),
    flat: z.string(),
    email: z.string(),
  }),
  reservation: z.object({
    id,
    slotId: id,
    memberId: id,
    start: epochMilliseconds,
    end: epochMilliseconds,
    state: reservationState,
    holdExpiresAt: z.nullable(epochMilliseconds),
    cost: z.int(),
    charge: z._default(z.int(), 0),
    price: z._default(z.int(), 0),
    receiverAccountId: id,
    createdAt: epochMilliseconds,
    endedAt: z.nullable(epochMilliseconds),
  }),
  /** A reservation on an own slot, as its owner sees it: no name. */
  visit: z.object({
    id,
    slotId: id,
    start: epochMilliseconds,
    end: epochMilliseconds,
    state: reservationState,
    cost: z.int(),
  }),
  account: z.object({ id, balance: z.int() }),
  /** One line of the statement: this member's own entry of a movement. */
  movement: z.object({
    id,
    /** A Movement['kind'], or one of a newer server: an old build must not fail on it. */
    kind: z.string(),
    amount: z.int(),
    reservationId: z.nullable(id),
    slotLabel: z.nullable(z.string()),
    createdAt: epochMilliseconds,
  }),
  holder_key: z.object({ id, key: z.string() }),
  /** In `member:`: an own pass. */
  pass: z.object({
    id,
    reservationId: id,
    clientId: z.nullable(id),
    holderKey: z.nullable(z.string()),
    slotLabel: z.string(),
    plate: z.string(),
    kind: passKind,
    notBefore: epochMilliseconds,
    expiresAt: epochMilliseconds,
    status: passStatus,
    /** The typed code, 8 characters. */
    code: z.string(),
    /** base64url of the COSE_Sign1. */
    signed: z.string(),
  }),
  // --- scope gate:<site id> ------------------------------------------------------------------------------------
  /** In `gate:`: what a guard compares, and what a typed code finds. */
  gate_pass: z.object({
    id,
    slotLabel: z.string(),
    plate: z.string(),
    personName: z.string(),
    kind: passKind,
    notBefore: epochMilliseconds,
    expiresAt: epochMilliseconds,
    status: passStatus,
    code: z.string(),
    bound: z.boolean(),
  }),
  signing_key: z.object({
    id,
    siteId: id,
    /** hex, 32 bytes each */
    x: z.string(),
    y: z.string(),
    /** Seconds since 1970, half-open: the pass format's unit. */
    from: z.int(),
    until: z.int(),
  }),
  /** base64url of the COSE_Sign1. */
  status_list: z.object({ id, signed: z.string() }),
  /** A scan that is on the server, any guard's. */
  scan: z.object({
    id,
    passId: z.nullable(id),
    guardName: z.string(),
    clientId: id,
    gate: z.int(),
    scannedAt: epochMilliseconds,
    recordedAt: epochMilliseconds,
    result: scanResultSchema,
    counts: z.boolean(),
    reason: z.string(),
  }),
} as const;

export type Entity = keyof typeof rowSchemas;
export type Row<E extends Entity> = z.infer<(typeof rowSchemas)[E]>;

/** Whether this build knows the entity. */
export function isEntity(name: string): name is Entity {
  return Object.hasOwn(rowSchemas, name);
}
