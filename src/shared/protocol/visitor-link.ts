import * as z from 'zod/mini';
import { epochMilliseconds } from './ops';

/*
 * D2: what whoever has a visitor pass's link gets to see of it, and nothing else: no phone number, nobody's account.
 */

/** The secret of a link: 32 random bytes as base64url. It stands in the address's fragment, which no server logs. */
export const LINK_TOKEN = /^[A-Za-z0-9_-]{43}$/;

export const visitorLinkSchema = z.object({
  serverNow: epochMilliseconds,
  siteName: z.string(),
  timeZone: z.string(),
  start: epochMilliseconds,
  end: epochMilliseconds,
  /** Names alone, one or two. */
  visitors: z.array(z.string()),
  plate: z.string(),
  uses: z.union([z.literal(1), z.literal(2)]),
  /** `used`: nobody else comes in on it; whoever is inside shows it when leaving. */
  state: z.enum(['valid', 'used', 'revoked', 'over']),
  /**
   * Whose the pass is: anybody's who has the link; for the phone that takes it first; this phone's; another's. A pass is
   * signed for the first and the third alone.
   */
  holder: z.enum(['anybody', 'nobody_yet', 'this_phone', 'another_phone']),
  /** The typed code, 8 characters; null without `signed`. */
  code: z.nullable(z.string()),
  /** base64url of the COSE_Sign1; null when there is nothing to show. */
  signed: z.nullable(z.string()),
});

export type VisitorLinkView = z.infer<typeof visitorLinkSchema>;
