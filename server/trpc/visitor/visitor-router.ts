import { z } from 'zod';
import type { VisitorLinkView } from '#shared/protocol/visitor-link';
import { isHolderKey } from '#shared/pass/holder-key';
import type { SignInLimits } from '../../services/auth/sign-in-limits';
import type { VisitorLinks } from '../../services/visitors/visitor-links';
import { admitCall } from '../admit';
import { CodedError } from '../coded-error';
import { publicProcedure, router } from '../trpc';

export interface VisitorRouterOptions {
  auth: { limits: SignInLimits };
  visitorLinks: VisitorLinks;
}

/** Longer than any secret; whether it is one is not told apart from whether a pass has it. */
const linkInput = z.object({
  token: z.string().max(200),
  holderKey: z.string().refine(isHolderKey).nullable(),
});

/**
 * `visitor.*`: for whoever has a link, signed in or not. D2: the secret comes in the body, never in an address, so that no log
 * on the way has it.
 */
export function createVisitorRouter({ auth, visitorLinks }: VisitorRouterOptions) {
  return router({
    open: publicProcedure.input(linkInput).mutation(async ({ ctx, input }): Promise<VisitorLinkView> => {
      await admitCall(auth.limits, 'visitorLink', { ctx });
      const view = await visitorLinks.open(input.token, input.holderKey);
      if (!view) throw new CodedError('visitor_pass_not_found');
      return view;
    }),
  });
}
