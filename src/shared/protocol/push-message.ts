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
  /** B4: a notice of the member's; on a locked screen it says no more than the member wants. */
  z.object({
    kind: z.literal('notice'),
    noticeId: z.string(),
    /** The building it is of: the person may have another one open. */
    siteId: z.optional(z.string()),
    /** Its name; left out as `data` is. */
    siteName: z.optional(z.string()),
    /** A NoticeKind, or one of a newer server. */
    noticeKind: z.string(),
    /** The notice's own data; left out when slot and time are nobody's to see on a locked screen. */
    data: z.optional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))),
    /** The site's IANA zone, for the times in `data`. */
    timeZone: z.optional(z.string()),
    /**
     * How many of the member's notices are unread, this one among them: for the badge on the icon, which counts the building that this
     * browser has open. Left out where that is another one.
     */
    unread: z.optional(z.int()),
  }),
]);
export type PushMessage = z.infer<typeof pushMessageSchema>;
