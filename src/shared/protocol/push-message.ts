import * as z from 'zod/mini';

/**
 * What the server wakes a browser for; only that browser can read it. Its service worker makes a notification of it, with
 * words of its own, so that an old one can say something about a newer kind, too.
 */
export const pushMessageSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('unlock'),
    requestId: z.string(),
    /** Which browser asks, e.g. "Firefox on Windows". */
    browser: z.string(),
    /** Until when it can be answered, ms since 1970 by the server's clock. */
    expiresAt: z.number(),
  }),
]);
export type PushMessage = z.infer<typeof pushMessageSchema>;
