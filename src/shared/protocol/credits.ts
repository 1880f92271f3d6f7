import * as z from 'zod/mini';
import { epochMilliseconds } from './ops';

/*
 * What a manager reads of the site's credits, and receipts. Credits are whole; money in minor units of an ISO 4217 currency.
 */

export const creditsOverviewSchema = z.object({
  /** What was ever made from nothing, less what went back: the issuance account's balance, turned round. */
  issued: z.number(),
  members: z.number(),
  building: z.number(),
  /** Of all accounts; always 0. */
  sum: z.number(),
  /** Of `issued`: given to who came, sold, taken back for money, and stood in for refunds that a receiver could not return. */
  granted: z.number(),
  sold: z.number(),
  takenBack: z.number(),
  stoodIn: z.number(),
  /** What is paid and was not given back, by currency. */
  sales: z.array(
    z.object({ currency: z.string(), amount: z.number(), credits: z.number(), count: z.number() }),
  ),
});
export type CreditsOverview = z.infer<typeof creditsOverviewSchema>;

/** C6: two members who use each other's slots: how often each did, and the credits it paid for that. */
export const mutualUsesSchema = z.object({
  since: epochMilliseconds,
  pairs: z.array(
    z.object({
      oneId: z.string(),
      one: z.string(),
      otherId: z.string(),
      other: z.string(),
      oneUses: z.number(),
      otherUses: z.number(),
      onePaid: z.number(),
      otherPaid: z.number(),
      lastAt: epochMilliseconds,
    }),
  ),
});
export type MutualUses = z.infer<typeof mutualUsesSchema>;

/** A file that the server has made. */
export const receiptFileSchema = z.object({
  name: z.string(),
  /** base64 of a PDF. */
  pdf: z.string(),
});
export type ReceiptFile = z.infer<typeof receiptFileSchema>;
