import * as z from 'zod/mini';
import { outcomeSchema } from './push';
import { epochMilliseconds } from './ops';

/** The most rows of one answer to a device that takes pages; some 250 KB of slots. */
export const MAXIMUM_PAGE = 1000;

export const pullRequestSchema = z.strictObject({
  proto: z.int(),
  build: z.string().check(z.maxLength(64)),
  clientId: z.uuid(),
  /** As the last pull gave it, untouched; null on the first. */
  cookie: z.nullable(z.string().check(z.maxLength(4096))),
  /** This build takes a large scope in several answers: about how many rows in each. */
  pages: z.optional(z.int().check(z.minimum(1), z.maximum(MAXIMUM_PAGE))),
  /** Asks for `digests`: the `rows` hash of this build's schemas (see history.ts). Another build's is not answered. */
  digests: z.optional(z.string().check(z.maxLength(64))),
  /** Scopes whose copy has turned out not to be what the server has: sent anew. */
  reload: z.optional(z.array(z.string().check(z.maxLength(100))).check(z.maxLength(20))),
});
export type PullRequest = z.infer<typeof pullRequestSchema>;

/** `put` rows are of rowSchemas[entity]; an entity this build does not know is skipped. */
export const scopeChangesSchema = z.object({
  put: z.array(z.object({ entity: z.string(), row: z.looseObject({ id: z.uuid() }) })),
  del: z.array(z.object({ entity: z.string(), id: z.uuid() })),
});
export type ScopeChanges = z.infer<typeof scopeChangesSchema>;

/**
 * All rows of `entity` with `after` < id ≤ `upTo` are among `put`: what else the device has there is gone. Null is open.
 * Ids compare as text in lower case, which is the order of their bytes.
 */
export const scopeRangeSchema = z.object({
  scope: z.string(),
  entity: z.string(),
  after: z.nullable(z.uuid()),
  upTo: z.nullable(z.uuid()),
});
export type ScopeRange = z.infer<typeof scopeRangeSchema>;

/** How far a load in several answers has come, in rows; `scopes` are not whole yet. `total` is an estimate. */
export const loadingSchema = z.object({ loaded: z.int(), total: z.int(), scopes: z.array(z.string()) });
export type Loading = z.infer<typeof loadingSchema>;

export const digestSchema = z.object({ count: z.int(), hash: z.string() });

export const pullResponseSchema = z.object({
  serverNow: epochMilliseconds,
  cookie: z.string(),
  /** The last seq of this client whose effects are in the changes. */
  lastSeq: z.int(),
  /** By scope: `site:<id>`, `member:<id>`, `gate:<id>`. */
  changes: z.record(z.string(), scopeChangesSchema),
  /** Scopes whose rows on the device are to be replaced by what `changes` has of them. */
  replaceScopes: z.array(z.string()),
  /** Only for a device that takes pages: parts of scopes that come in several answers. */
  ranges: z.optional(z.array(scopeRangeSchema)),
  /** There is more: the next pull goes on. Until it is absent, `lastSeq` may be ahead of the rows. */
  loading: z.optional(loadingSchema),
  /** By scope, of what the device has once it has applied this answer. */
  digests: z.optional(z.record(z.string(), digestSchema)),
  /** Scopes the device may not see any more. */
  dropScopes: z.array(z.string()),
  /** Outcomes of this client's intents that the last pull did not have. */
  outcomes: z.array(outcomeSchema),
});
export type PullResponse = z.infer<typeof pullResponseSchema>;

/** What an SSE poke carries: scope names, no data. */
export const pokeSchema = z.object({ scopes: z.array(z.string()) });
export type Poke = z.infer<typeof pokeSchema>;
