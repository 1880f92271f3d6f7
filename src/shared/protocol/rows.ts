import * as z from 'zod/mini';
import { epochMilliseconds, registrationSchema, scanResultSchema } from './ops';
import { noticePreferencesSchema } from './notice';
import { policySchema } from './policy';

/*
 * The rows that come down by pull, by entity. The names are those of the change index (sync_row.entity).
 * Unknown keys are dropped by the device: an old build must survive a newer server.
 */

const id = z.uuid();
const timeRange = z.object({ start: epochMilliseconds, end: epochMilliseconds });

const slotKind = z.enum(['car', 'small', 'motorcycle', 'charger', 'accessible']);
const reservationState = z.enum(['held', 'confirmed', 'cancelled', 'completed', 'expired', 'no_show']);
const passStatus = z.enum(['valid', 'revoked', 'suspended']);
const passKind = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);

export const rowSchemas = {
  // --- scope site:<site id> ------------------------------------------------------------------------------------
  site: z.object({
    id,
    name: z.string(),
    timeZone: z.string(),
    policy: policySchema,
    issuanceAccountId: id,
    /** Absent from an older server, which knows no requests to join. */
    registration: z._default(registrationSchema, 'invited'),
  }),
  slot: z.object({
    id,
    label: z.string(),
    level: z.string(),
    kind: slotKind,
    ownerId: z.nullable(id),
    ownerName: z.nullable(z.string()),
    lent: z.array(timeRange),
    /** C4: where the manager has put it on the map. */
    position: z.optional(z.object({ x: z.int(), y: z.int() })),
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
    plate: z._default(z.string(), ''),
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
    /** Left out where it is false, and where nobody asked: what is left out of a thousand rows is not waited for. */
    offered: z.optional(z.boolean()),
    askedToMoveAt: z.optional(epochMilliseconds),
  }),
  /** A reservation on an own slot, as its owner sees it: no name. */
  visit: z.object({
    id,
    slotId: id,
    start: epochMilliseconds,
    end: epochMilliseconds,
    state: reservationState,
    cost: z.int(),
    askedToMoveAt: z._default(z.nullable(epochMilliseconds), null),
  }),
  /** C1: why an own slot lends what it lends; its id is the slot's. In `desk:`, of every owner's slot. Others learn by it who is away. */
  slot_lending: z.object({
    id,
    opened: z.array(timeRange),
    closed: z.array(timeRange),
    rulesRevision: z.int(),
    followedRevision: z.int(),
    followedUntil: z.nullable(epochMilliseconds),
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
    topupId: z._default(z.nullable(id), null),
  }),
  holder_key: z.object({
    id,
    key: z.string(),
    boundAt: z._default(epochMilliseconds, 0),
    revokedAt: z._default(z.nullable(epochMilliseconds), null),
  }),
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
  /** D2: a visitor pass of this member's issuing. */
  visitor_pass: z.object({
    id,
    visitors: z.array(z.object({ name: z.string(), phone: z.string() })),
    uses: z.union([z.literal(1), z.literal(2)]),
    start: epochMilliseconds,
    end: epochMilliseconds,
    plate: z.string(),
    amount: z.int(),
    payment: z.enum(['none', 'cash', 'online']),
    reference: z.string(),
    binds: z.boolean(),
    /** base64url of the SHA-256 of its link's secret: tells a device whether the secret it keeps is still the link's. */
    linkHash: z.nullable(z.string()),
    openedAt: z.nullable(epochMilliseconds),
    revokedAt: z.nullable(epochMilliseconds),
    createdAt: epochMilliseconds,
    /** Of its valid pass: the typed code; null when there is none (any more). */
    code: z.nullable(z.string()),
    /** base64url of the COSE_Sign1; null also when the pass is for the visitor's phone alone. */
    signed: z.nullable(z.string()),
  }),
  /** In `member:` of the slot's owner, and in `desk:`. */
  lending_rule: z.object({
    id,
    slotId: id,
    weekdays: z.array(z.int()),
    from: z.int(),
    until: z.int(),
    startsOn: z.string(),
    endsOn: z.nullable(z.string()),
    daysOff: z.array(z.object({ from: z.string(), until: z.string() })),
    paused: z.boolean(),
    createdAt: epochMilliseconds,
  }),
  /** In `member:` of who claims, and in `desk:` as long as nobody has decided. */
  slot_claim: z.object({
    id,
    memberId: id,
    label: z.string(),
    level: z.string(),
    kind: slotKind,
    note: z.string(),
    photo: z.nullable(z.string()),
    state: z.enum(['waiting', 'approved', 'refused', 'withdrawn']),
    slotId: z.nullable(id),
    createdAt: epochMilliseconds,
    decidedAt: z.nullable(epochMilliseconds),
    reason: z.string(),
  }),
  waitlist_entry: z.object({
    id,
    start: epochMilliseconds,
    end: epochMilliseconds,
    kinds: z.array(slotKind),
    levels: z.array(z.string()),
    maxPrice: z.nullable(z.int()),
    takeForMe: z.boolean(),
    createdAt: epochMilliseconds,
    state: z.enum(['waiting', 'offered', 'taken', 'served', 'declined', 'lapsed', 'left', 'over']),
    reservationId: z.nullable(id),
    offerExpiresAt: z.nullable(epochMilliseconds),
    endedAt: z.nullable(epochMilliseconds),
  }),
  /** In `member:` of who buys, and in `desk:`. */
  topup: z.object({
    id,
    memberId: id,
    credits: z.int(),
    amount: z.int(),
    currency: z.string(),
    method: z.enum(['cash', 'transfer', 'online']),
    provider: z.nullable(z.string()),
    reference: z.string(),
    state: z.enum(['pending', 'paid', 'refunding', 'refunded', 'failed']),
    receiptNumber: z.nullable(z.int()),
    createdAt: epochMilliseconds,
    paidAt: z.nullable(epochMilliseconds),
    endedAt: z.nullable(epochMilliseconds),
  }),
  notice: z.object({
    id,
    /** A NoticeKind, or one of a newer server. */
    kind: z.string(),
    data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    createdAt: epochMilliseconds,
    readAt: z.nullable(epochMilliseconds),
  }),
  /** Its id is the member's. Not there as long as nothing was decided. */
  notice_preferences: z.object({ id, preferences: noticePreferencesSchema }),
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
    visitorPassId: z._default(z.nullable(id), null),
    /** Whom visitors come to; null for a member's own. */
    hostName: z._default(z.nullable(z.string()), null),
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
    /** Since when it signs, or from when on it will. */
    usedFrom: z._default(z.int(), 0),
    /** The next one signs in its place. */
    retired: z._default(z.boolean(), false),
  }),
  /** base64url of a COSE_Sign1 over all public keys (shared/pass/signed-bundle). */
  key_bundle: z.object({ id, signed: z.string() }),
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
    direction: z._default(z.enum(['entry', 'exit']), 'entry'),
    undoes: z._default(z.nullable(id), null),
    /** Its place in its device's journal; null for a build without one. */
    journalId: z._default(z.nullable(id), null),
    journalSeq: z._default(z.nullable(z.int()), null),
    /** Whether the journal's signature holds; null without a journal. */
    genuine: z._default(z.nullable(z.boolean()), null),
  }),
  /** Something to look into. */
  incident: z.object({
    id,
    /** An IncidentKind, or one of a newer server. */
    kind: z.string(),
    scanIds: z.array(id),
    passId: z.nullable(id),
    journalId: z.nullable(id),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    raisedAt: epochMilliseconds,
    closedAt: z.nullable(epochMilliseconds),
    closedByName: z.nullable(z.string()),
    note: z.string(),
  }),
  // --- scope desk:<site id> ------------------------------------------------------------------------------------
  /** In `desk:`: somebody who is a member now. */
  desk_member: z.object({
    id,
    role: z.enum(['resident', 'guard', 'manager']),
    name: z.string(),
    flat: z.string(),
    /** Null where the account is gone. */
    email: z.nullable(z.string()),
    joinedAt: epochMilliseconds,
  }),
  /** A way in that a manager has given out; kept until a month after its end. Never its secret. */
  invitation: z.object({
    id,
    /** email, link or code, or one of a newer server. */
    kind: z.string(),
    email: z.nullable(z.string()),
    role: z.enum(['resident', 'guard', 'manager']),
    flat: z.string(),
    /** The printed sheet that a code stands on, with others. */
    sheetId: z.nullable(id),
    usesAllowed: z.int(),
    uses: z.int(),
    /** The manager's member id. */
    createdBy: id,
    createdAt: epochMilliseconds,
    expiresAt: epochMilliseconds,
    revokedAt: z.nullable(epochMilliseconds),
  }),
  /** Somebody who asks to be let in, as long as nobody has decided. */
  join_request: z.object({
    id,
    name: z.string(),
    email: z.string(),
    flat: z.string(),
    message: z.string(),
    createdAt: epochMilliseconds,
  }),
} as const;

export type Entity = keyof typeof rowSchemas;
export type Row<E extends Entity> = z.infer<(typeof rowSchemas)[E]>;

/** Whether this build knows the entity. */
export function isEntity(name: string): name is Entity {
  return Object.hasOwn(rowSchemas, name);
}
