import type { Pool } from 'pg';
import { z } from 'zod';
import { creditsOverviewSchema, mutualUsesSchema, receiptFileSchema } from '#shared/protocol/credits';
import type { Clock } from '../../platform/clock';
import { readMutualUses, readOverview } from '../../services/credits/credit-figures';
import { makeReceipt } from '../../services/credits/receipt';
import { CodedError } from '../coded-error';
import { memberProcedure, router } from '../trpc';

export interface CreditsRouterOptions {
  pool: Pool;
  clock: Clock;
}

/** `credits.*`: the site's books for its manager, and receipts. */
export function createCreditsRouter({ pool, clock }: CreditsRouterOptions) {
  return router({
    overview: memberProcedure
      .output(creditsOverviewSchema)
      .query(async ({ ctx }) => await readOverview(pool, ctx.member.siteId)),

    mutualUses: memberProcedure
      .output(mutualUsesSchema)
      .query(async ({ ctx }) => await readMutualUses(pool, ctx.member.siteId, clock.now())),

    /** An own one; a manager's are all of the site. */
    receipt: memberProcedure
      .input(z.object({ topupId: z.uuid() }))
      .output(receiptFileSchema)
      .query(async ({ ctx, input }) => {
        const { siteId, id: memberId, role } = ctx.member;
        const file = await makeReceipt(pool, { siteId, memberId, role }, input.topupId);
        if (!file) throw new CodedError('topup_not_found');
        return file;
      }),
  });
}
