import * as z from 'zod/mini';
import { epochMilliseconds } from './ops';

/** The most intents one push may carry. */
export const MAXIMUM_INTENTS = 50;

/** The wire's version. A server answers `protocol_unsupported` to any other. */
export const PROTOCOL_VERSION = 1;

/** An intent as it travels. `args` is read later, by its op's schema, so that one bad intent does not refuse the push. */
export const intentSchema = z.strictObject({
  /** Counts up by one per client, from 1. */
  seq: z.int().check(z.minimum(1)),
  id: z.uuid(),
  /** Versioned: `reservation.create@1`. */
  op: z.string().check(z.minLength(1), z.maxLength(64)),
  args: z.record(z.string(), z.unknown()),
  deviceTime: epochMilliseconds,
  /** After this moment, by the server's clock, it is not done any more; null never expires. */
  expiresAt: z.nullable(epochMilliseconds),
});
export type WireIntent = z.infer<typeof intentSchema>;

export const pushRequestSchema = z.strictObject({
  proto: z.int(),
  build: z.string().check(z.maxLength(64)),
  clientId: z.uuid(),
  /** Whose queue it is: under another member's session nothing of it is done. Builds from before it do not say. */
  memberId: z.optional(z.uuid()),
  /** By the device's own clock, as `deviceTime` is: how long an intent has waited follows without trusting that clock. */
  sentAt: z.optional(epochMilliseconds),
  // Generous here: 51 intents get a coded answer, not a parse error.
  intents: z.array(intentSchema).check(z.maxLength(10_000)),
});
export type PushRequest = z.infer<typeof pushRequestSchema>;

/** A slot and window that were free when the outcome was decided. */
export const alternativeSchema = z.object({
  slotId: z.uuid(),
  label: z.string(),
  start: epochMilliseconds,
  end: epochMilliseconds,
  cost: z.int(),
});
export type Alternative = z.infer<typeof alternativeSchema>;

export const outcomeStatusSchema = z.enum(['applied', 'refused', 'expired', 'quarantined']);
export type OutcomeStatus = z.infer<typeof outcomeStatusSchema>;

/** What the server decided about an intent. Stored, and told again word for word. */
export const outcomeSchema = z.object({
  seq: z.int(),
  id: z.uuid(),
  status: outcomeStatusSchema,
  /** An ErrorCode when not applied; a string on the wire, so that an old build can show a new code. */
  code: z.nullable(z.string()),
  data: z.record(z.string(), z.unknown()),
  alternatives: z.array(alternativeSchema),
});
export type Outcome = z.infer<typeof outcomeSchema>;

export const pushResponseSchema = z.object({
  serverNow: epochMilliseconds,
  lastSeq: z.int(),
  outcomes: z.array(outcomeSchema),
});
export type PushResponse = z.infer<typeof pushResponseSchema>;
