import type { Pool } from 'pg';
import { z } from 'zod';
import type { PaymentServices } from '../../services/payments/payment-services';
import type { AuthServices } from '../../services/auth/auth-services';
import { payLocally } from '../../services/payments/payments';
import { admitCall } from '../admit';
import { CodedError } from '../coded-error';
import { memberProcedure, router } from '../trpc';
import { valueOf } from '../value-of';

export interface PaymentsRouterOptions {
  pool: Pool;
  auth: Pick<AuthServices, 'limits'>;
  paymentServices: PaymentServices;
}

/** `payments.*` (B8): the way to a provider's page. What comes of it arrives by webhook. */
export function createPaymentsRouter({ pool, auth, paymentServices }: PaymentsRouterOptions) {
  const { payments, local, isLocal } = paymentServices;
  return router({
    /** The page on which to pay for an own purchase that was just begun. */
    checkout: memberProcedure.input(z.object({ topupId: z.uuid() })).mutation(async ({ ctx, input }) => {
      const { siteId, id: memberId } = ctx.member;
      await admitCall(auth.limits, 'checkout', { ctx, account: memberId });
      return valueOf(await payments.checkout({ siteId, memberId, ...input }));
    }),

    /** Pay, or Cancel, on the demo's page, where no money moves. */
    localPay: memberProcedure
      .input(z.object({ topupId: z.uuid(), pays: z.boolean() }))
      .mutation(async ({ ctx, input }) => {
        const { siteId, id: memberId } = ctx.member;
        if (!local || !isLocal(siteId)) throw new CodedError('not_found');
        return valueOf(await payLocally({ pool, payments, local }, { siteId, memberId, ...input }));
      }),
  });
}
