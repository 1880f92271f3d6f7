import * as z from 'zod/mini';
import { outcomeSchema } from './push';
import { epochMilliseconds } from './ops';

export const pullRequestSchema = z.strictObject({
  proto: z.int(),
  build: z.string().check(z.maxLength(64)),
  clientId: z.uuid(),
  /** As the last pull gave it, untouched; null on the first. */
  cookie: z.nullable(z.string().check(z.maxLength(4096))),
});
export type PullRequest = z.infer<typeof pullRequestSchema>;

/** `put` rows are of rowSchemas[entity]; an entity this build does not know is skipped. */
export const scopeChangesSchema = z.object({
  put: z.array(z.object({ entity: z.string(), row: z.looseObject({ id: z.uuid() }) })),
  del: z.array(z.object({ entity: z.string(), id: z.uuid() })),
});
export type ScopeChanges = z.infer<typeof scopeChangesSchema>;

export const pullResponseSchema = z.object({
  serverNow: epochMilliseconds,
  cookie: z.string(),
  /** The last seq of this client whose effects are in the changes. */
  lastSeq: z.int(),
  /** By scope: `site:<id>`, `member:<id>`, `gate:<id>`. */
  changes: z.record(z.string(), scopeChangesSchema),
  /** Scopes whose rows on the device are to be replaced by what `changes` has of them. */
  replaceScopes: z.array(z.string()),
  /** Scopes the device may not see any more. */
  dropScopes: z.array(z.string()),
  /** Outcomes of this client's intents that the last pull did not have. */
  outcomes: z.array(outcomeSchema),
});
export type PullResponse = z.infer<typeof pullResponseSchema>;

/** What an SSE poke carries: scope names, no data. */
export const pokeSchema = z.object({ scopes: z.array(z.string()) });
export type Poke = z.infer<typeof pokeSchema>;
