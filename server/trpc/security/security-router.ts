import { z } from 'zod';
import { securityEventKinds } from '#shared/domain/security-event';
import type { SecurityEvents } from '../../services/security/security-events';
import { memberProcedure, router } from '../trpc';

const time = z.int().min(0).max(7_258_118_400_000);

const filter = z.strictObject({
  kinds: z.array(z.enum(securityEventKinds)).min(1).max(securityEventKinds.length).optional(),
  userId: z.uuid().optional(),
  from: time.optional(),
  to: time.optional(),
  before: z.strictObject({ at: time, id: z.uuid() }).optional(),
});

export interface SecurityRouterOptions {
  securityEvents: SecurityEvents;
}

/** `security.*`: the log of the caller's site, for its managers (C10). */
export function createSecurityRouter({ securityEvents }: SecurityRouterOptions) {
  return router({
    events: memberProcedure
      .input(filter)
      .query(({ ctx, input }) => securityEvents.read(ctx.member.siteId, input)),
  });
}
