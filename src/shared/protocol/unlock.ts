import * as z from 'zod/mini';

/** For how long a browser's request to be let in lasts, milliseconds. */
export const UNLOCK_LASTS = 2 * 60_000;

/** For how long a browser that a phone has let in stays signed in, milliseconds; no use moves it. */
export const UNLOCKED_FOR = 12 * 3_600_000;

/** Where the phone goes: the link of the QR code carries the code in its fragment, which no server's log has. */
export const UNLOCK_APPROVE_PATH = '/unlock/approve';

/** What the asking browser shows. */
export const unlockBegunSchema = z.object({
  requestId: z.string(),
  /** Eight letters and digits, the last of them a check character (as typed codes of passes). */
  code: z.string(),
  /** Two digits that the phone has to pick among others. */
  matchNumber: z.number(),
  /** ms since 1970 by the server's clock, as `serverNow` is. */
  expiresAt: z.number(),
  serverNow: z.number(),
});
export type UnlockBegun = z.infer<typeof unlockBegunSchema>;

/** What the phone shows of a browser that asks. */
export const unlockViewSchema = z.object({
  requestId: z.string(),
  /** Which browser on what, in words; empty when it did not say. */
  browser: z.string(),
  /** Roughly where it is online: its address without the end. Empty when that is not known. */
  place: z.string(),
  /** Whether it asks from where this phone is online, too. */
  sameNetwork: z.boolean(),
  createdAt: z.number(),
  expiresAt: z.number(),
  serverNow: z.number(),
  /** Three numbers, the browser's among them; the same three at each look. */
  numbers: z.array(z.number()),
});
export type UnlockView = z.infer<typeof unlockViewSchema>;

/** The code as it is kept, from what somebody typed: without blanks and dashes, in capitals. */
export function normalizeUnlockCode(typed: string): string {
  return typed.replace(/[\s\-–·.]/g, '').toUpperCase();
}
