import * as z from 'zod/mini';
import type { ScanResult } from '#shared/domain/entities';
import type { DomainArgs } from '#shared/domain/intent';
import { isCalendarDay } from '#shared/domain/calendar-day';
import { noticePreferencesSchema } from './notice';
import { policyChangesSchema, weekdaysSchema } from './policy';
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
  'undone',
] as const satisfies readonly ScanResult[];

/** 32 bytes as base64url without padding. */
const hash = z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/));
const holderKey = z.string().check(z.refine(isHolderKey, 'not a compressed P-256 point in base64url'));

/** How people come in who are no members yet (domain/entities, Registration). */
export const registrationSchema = z.enum(['open', 'request', 'invited']);

/** Every scan result, for schemas and tests that walk them. */
export const scanResultSchema = z.enum(scanResults);

const window = { start: epochMilliseconds, end: epochMilliseconds };

const slotKind = z.enum(['car', 'small', 'motorcycle', 'charger', 'accessible']);
const slotFields = {
  label: z.string().check(z.trim(), z.minLength(1), z.maxLength(20)),
  level: z.string().check(z.trim(), z.maxLength(20)),
  kind: slotKind,
};
const thousandths = z.int().check(z.minimum(0), z.maximum(1000));
const minuteOfDay = z.int().check(z.minimum(0), z.maximum(1439));
/** A day that there is, `YYYY-MM-DD`. */
const localDate = z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/), z.refine(isCalendarDay, 'no such day'));
/** C5: what the reservation may cost, in credits, as its member agreed to it. Builds from before it do not say. */
const most = z.optional(z.int().check(z.minimum(0), z.maximum(1_000_000)));
const soldCredits = z.int().check(z.minimum(1), z.maximum(10_000));

/**
 * The args of every op, by versioned name. A name is never reused for other args: a change of meaning or shape is a
 * new version, and the old one stays as long as outboxes may hold it.
 */
export const opSchemas = {
  /** Reserve a slot for `[start, end)`. The device makes the reservation's id. */
  'reservation.create@1': z.strictObject({ reservationId: id, slotId: id, ...window, most }),
  'reservation.cancel@1': z.strictObject({ reservationId: id }),
  /** Extend, shorten or move it: the window and slot it is to have. */
  'reservation.change@1': z.strictObject({ reservationId: id, slotId: id, ...window, most }),
  /** X3: keep a slot for `[start, end)`, to be booked by `reservation.confirm` or given back by `reservation.cancel`. */
  'reservation.lease@1': z.strictObject({ reservationId: id, slotId: id, ...window, most }),
  'reservation.confirm@1': z.strictObject({ reservationId: id, most }),
  /** The site's own: what becomes of a reservation whose time is over. */
  'reservation.settle@1': z.strictObject({ reservationId: id }),
  /** What is left out stays as it is. */
  'site.set_policy@1': z.strictObject({ changes: policyChangesSchema }),
  /** Lend an own slot for `[start, end)`, in addition to what is lent already. `again`: what was taken back there is no exception any more. */
  'share.open@1': z.strictObject({ slotId: id, ...window, again: z.optional(z.literal(true)) }),
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
    holderKey,
    reservationId: z.nullable(id),
  }),
  /** The plate that new passes of this member carry; empty for none. */
  'member.set_plate@1': z.strictObject({ plate: z.string().check(z.trim(), z.maxLength(16)) }),
  /** B5: an own device is lost or given up: its key never holds a pass again, and what it holds is revoked. */
  'device.revoke@1': z.strictObject({ clientId: id }),
  /** B5: the same, asked by the server when a session is taken away; the passes move to the keeper, a device of the member. */
  'device.revoke@2': z.strictObject({ clientId: id, keeperClientId: z.nullable(id) }),
  /** What a guard's device decided, with its place in that device's journal (shared/journal). */
  'scan.record@2': z.strictObject({
    scanId: id,
    passId: z.nullable(id),
    gate: z.int().check(z.minimum(0), z.maximum(30)),
    direction: z.enum(['entry', 'exit']),
    scannedAt: epochMilliseconds,
    result: scanResultSchema,
    reason: z.string().check(z.maxLength(200)),
    code: z.string().check(z.maxLength(2000)),
    undoes: z.nullable(id),
    journal: z.nullable(
      z.strictObject({
        journalId: id,
        seq: z.int().check(z.minimum(1)),
        previous: hash,
        deviceTime: epochMilliseconds,
        signature: z.string().check(z.regex(/^[A-Za-z0-9_-]{86}$/)),
      }),
    ),
  }),
  /** X8: this guard's device begins a journal that this key (base64url of the compressed point) signs. */
  'journal.open@1': z.strictObject({ journalId: id, publicKey: holderKey }),
  /** A manager has looked into it. */
  'incident.close@1': z.strictObject({ incidentId: id, note: z.string().check(z.maxLength(500)) }),
  /** D2: a pass for one or two visitors for `[start, end)`. The device makes the link's secret and sends its SHA-256. */
  'visitor.issue@1': z.strictObject({
    visitorPassId: id,
    visitors: z
      .array(
        z.strictObject({
          name: z.string().check(z.trim(), z.minLength(1), z.maxLength(80)),
          phone: z.string().check(z.trim(), z.regex(/^\+?[0-9 ()/.-]{3,31}$/)),
        }),
      )
      .check(z.minLength(1), z.maxLength(2)),
    uses: z.union([z.literal(1), z.literal(2)]),
    ...window,
    plate: z.string().check(z.trim(), z.maxLength(16)),
    /** Minor units of the site's currency. */
    amount: z.int().check(z.minimum(0), z.maximum(1_000_000)),
    payment: z.enum(['none', 'cash', 'online']),
    reference: z.string().check(z.trim(), z.maxLength(64)),
    binds: z.boolean(),
    linkHash: z.nullable(hash),
  }),
  'visitor.revoke@1': z.strictObject({ visitorPassId: id }),
  /** A new link in the place of the old one, which then opens nothing; null without one. */
  'visitor.link@1': z.strictObject({ visitorPassId: id, linkHash: z.nullable(hash) }),
  /** The site's own: whoever has the link has opened it on this phone. */
  'visitor.open@1': z.strictObject({ visitorPassId: id, holderKey }),
  /** Make the next signing key (the id is the new key's) and publish it; it is used once guards have had time to hear of it. */
  'site.rotate_key@1': z.strictObject({ keyId: id }),
  /** B6: another role for a member. */
  'member.set_role@1': z.strictObject({ memberId: id, role: z.enum(['resident', 'guard', 'manager']) }),
  /** B6: the member is none any more; one's own id is leaving. */
  'member.remove@1': z.strictObject({ memberId: id }),
  'site.set_registration@1': z.strictObject({ registration: registrationSchema }),
  /** C1: a resident says that a slot is theirs; a manager decides. */
  'slot.claim@1': z.strictObject({
    claimId: id,
    ...slotFields,
    note: z.string().check(z.trim(), z.maxLength(500)),
    /** base64url of a JPEG, which the device has made small. */
    photo: z.nullable(z.string().check(z.regex(/^[A-Za-z0-9_-]+$/), z.maxLength(60_000))),
  }),
  'slot.withdraw_claim@1': z.strictObject({ claimId: id }),
  /** `slotId` is the new slot's where there is none of that label yet; the one that is there, without an owner, where there is. */
  'slot.decide_claim@1': z.strictObject({
    claimId: id,
    approve: z.boolean(),
    slotId: id,
    reason: z.string().check(z.trim(), z.maxLength(500)),
  }),
  /** A new slot, or what is to be of one that is there. */
  'slot.set@1': z.strictObject({ slotId: id, ...slotFields, ownerId: z.nullable(id) }),
  /** C4: where slots lie on their level's map. */
  'slot.place@1': z.strictObject({
    places: z
      .array(
        z.strictObject({
          slotId: id,
          position: z.nullable(z.strictObject({ x: thousandths, y: thousandths })),
        }),
      )
      .check(z.minLength(1), z.maxLength(200)),
  }),
  'slot.remove@1': z.strictObject({ slotId: id }),
  /** C1: a new weekly rule, or what is to be of one that is there. */
  'rule.set@1': z.strictObject({
    ruleId: id,
    slotId: id,
    weekdays: weekdaysSchema,
    from: minuteOfDay,
    until: minuteOfDay,
    startsOn: localDate,
    endsOn: z.nullable(localDate),
    daysOff: z.array(z.strictObject({ from: localDate, until: localDate })).check(z.maxLength(100)),
    paused: z.boolean(),
  }),
  'rule.remove@1': z.strictObject({ ruleId: id, slotId: id }),
  /** The site's own: the windows of all of a slot's weekly rules up to `until`, as of this revision of them. */
  'share.follow_rules@1': z.strictObject({
    slotId: id,
    revision: z.int().check(z.minimum(0)),
    windows: z.array(z.strictObject(window)).check(z.maxLength(400)),
    until: epochMilliseconds,
  }),
  /** Take back what nobody has reserved of `[start, end)`. `undo`: it was lent by hand just now, and no exception is kept. */
  'share.close_free@1': z.strictObject({ slotId: id, ...window, undo: z.optional(z.literal(true)) }),
  /** C1: the owner is home early and asks whoever parks there to move. */
  'visit.ask_to_move@1': z.strictObject({ reservationId: id }),
  /** E8: wait for a slot in `[start, end)`; empty conditions are none. */
  'waitlist.join@1': z.strictObject({
    entryId: id,
    ...window,
    kinds: z.array(slotKind).check(z.maxLength(5)),
    levels: z.array(z.string().check(z.maxLength(20))).check(z.maxLength(50)),
    maxPrice: z.nullable(z.int().check(z.minimum(0), z.maximum(10_000))),
    takeForMe: z.boolean(),
  }),
  'waitlist.leave@1': z.strictObject({ entryId: id }),
  'waitlist.accept@1': z.strictObject({ entryId: id }),
  'waitlist.decline@1': z.strictObject({ entryId: id }),
  /** The site's own: this slot for who waits; start and end are the entry's. */
  'waitlist.offer@1': z.strictObject({ entryId: id, slotId: id, reservationId: id, ...window }),
  'waitlist.lapse@1': z.strictObject({ entryId: id }),
  /** B8: a manager sells credits at the desk. Minor units of the site's currency. */
  'topup.sell@1': z.strictObject({
    topupId: id,
    memberId: id,
    credits: soldCredits,
    amount: z.int().check(z.minimum(0), z.maximum(1_000_000)),
    method: z.enum(['cash', 'transfer']),
    reference: z.string().check(z.trim(), z.maxLength(64)),
  }),
  /** B8: a member is about to buy credits online, at the price of the moment. */
  'topup.begin@1': z.strictObject({ topupId: id, credits: soldCredits }),
  /** The site's own: what the payment provider says. */
  'topup.settle@1': z.strictObject({
    topupId: id,
    provider: z.string().check(z.maxLength(40)),
    providerReference: z.string().check(z.maxLength(200)),
  }),
  'topup.fail@1': z.strictObject({ topupId: id }),
  /** B8: a manager gives the money back, and the credits go. */
  'topup.refund@1': z.strictObject({ topupId: id }),
  'topup.refunded@1': z.strictObject({ topupId: id }),
  /** B7: read on one device is read on all. */
  'notice.read@1': z.strictObject({ noticeIds: z.array(id).check(z.minLength(1), z.maxLength(500)) }),
  'notice.set_preferences@1': z.strictObject({ preferences: noticePreferencesSchema }),
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
  'device.revoke@1': true,
  'device.revoke@2': true,
  'member.set_plate@1': true,
  'scan.record@2': true,
  'journal.open@1': true,
  'incident.close@1': true,
  'visitor.issue@1': true,
  'visitor.revoke@1': true,
  'visitor.link@1': true,
  'visitor.open@1': true,
  'site.rotate_key@1': true,
  'member.set_role@1': true,
  'member.remove@1': true,
  'site.set_registration@1': true,
  'slot.claim@1': true,
  'slot.withdraw_claim@1': true,
  'slot.decide_claim@1': true,
  'slot.set@1': true,
  'slot.place@1': true,
  'slot.remove@1': true,
  'rule.set@1': true,
  'rule.remove@1': true,
  'share.follow_rules@1': true,
  'share.close_free@1': true,
  'visit.ask_to_move@1': true,
  'waitlist.join@1': true,
  'waitlist.leave@1': true,
  'waitlist.accept@1': true,
  'waitlist.decline@1': true,
  'waitlist.offer@1': true,
  'waitlist.lapse@1': true,
  'topup.sell@1': true,
  'topup.begin@1': true,
  'topup.settle@1': true,
  'topup.fail@1': true,
  'topup.refund@1': true,
  'topup.refunded@1': true,
  'notice.read@1': true,
  'notice.set_preferences@1': true,
};
void sameArgs;

/** Whether this build knows the op. */
export function isOp(name: string): name is Op {
  return Object.hasOwn(opSchemas, name);
}
