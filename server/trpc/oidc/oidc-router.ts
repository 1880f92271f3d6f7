import { z } from 'zod';
import type { OidcProvedView, OidcIdentityView } from '#shared/protocol/oidc';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import type { BrowserCookie } from '../../services/oidc/browser-cookie';
import type { FlowPurpose } from '../../services/oidc/oidc-flows';
import { admitCall, registrationBy } from '../admit';
import { createSignInSteps } from '../auth/sign-in-steps';
import type { RequestContext } from '../context';
import { publicProcedure, router, sessionProcedure } from '../trpc';
import { valueOf } from '../value-of';
import { wayInChanged } from '../way-in-changed';

export interface OidcRouterOptions {
  auth: AuthServices;
  cookie: SessionCookie;
  oidcCookie: BrowserCookie;
}

const beginInput = z.object({ provider: z.string().max(32), returnTo: z.string().max(1000).default('/') });
const identityKey = z.object({ issuer: z.string().max(1000), subject: z.string().max(1000) });
/** Lengths and spelling are the services' to judge, so that each has its own code. */
const registration = z.object({
  email: z.string(),
  name: z.string(),
  invitation: z.string().max(200).optional(),
});

/** `oidc.*`: ways in by accounts at other providers. The person comes back by GET /oidc/callback (server/http/oidc-callback). */
export function createOidcRouter(options: OidcRouterOptions) {
  const { auth, oidcCookie } = options;
  const { oidc, identities, limits } = auth;
  const { beginSession } = createSignInSteps(options);
  const browserSecretOf = (ctx: RequestContext) => ctx.readCookie(oidcCookie.name);

  const begin = async (
    ctx: RequestContext,
    input: z.infer<typeof beginInput>,
    { purpose, userId }: { purpose: FlowPurpose; userId: string | null },
  ): Promise<{ url: string }> => {
    await admitCall(limits, 'oidcBegin', { ctx });
    const flow = { ...input, purpose, userId, browserSecret: browserSecretOf(ctx) };
    const { url, browserSecret } = valueOf(await oidc.begin(flow));
    ctx.setCookie(oidcCookie.issue(browserSecret));
    return { url };
  };

  return router({
    providers: publicProcedure.query(() => [...oidc.providers]),

    begin: publicProcedure
      .input(beginInput)
      .mutation(({ ctx, input }) => begin(ctx, input, { purpose: 'sign_in', userId: null })),

    beginLink: sessionProcedure
      .input(beginInput)
      .mutation(({ ctx, input }) => begin(ctx, input, { purpose: 'link', userId: ctx.session.user.id })),

    beginVerify: sessionProcedure
      .input(beginInput)
      .mutation(({ ctx, input }) => begin(ctx, input, { purpose: 'verify', userId: ctx.session.user.id })),

    /** Who has come back from a provider in this browser and is nobody here yet. Says nothing of accounts here. */
    proved: publicProcedure.query(async ({ ctx }): Promise<OidcProvedView | null> => {
      const waiting = await identities.waiting(browserSecretOf(ctx));
      if (!waiting) return null;
      const { email, name, issuer } = waiting.identity;
      return { providerName: oidc.providerOf(issuer)?.name ?? waiting.provider, email, name };
    }),

    linkProved: sessionProcedure.mutation(async ({ ctx }) => {
      const userId = ctx.session.user.id;
      const request = { browserSecret: browserSecretOf(ctx), userId };
      const { provider } = valueOf(await identities.linkWaiting(request));
      await wayInChanged(ctx, options, { kind: 'identity_linked', userId, detail: { provider } });
      return {};
    }),

    register: publicProcedure.input(registration).mutation(async ({ ctx, input }) => {
      await admitCall(limits, registrationBy(input), { ctx });
      const { email, name, invitation } = input;
      const request = { email, name, invitation, browserSecret: browserSecretOf(ctx), from: ctx };
      const { userId } = valueOf(await identities.register(request));
      return await beginSession(ctx, { userId, by: 'oidc', isNew: true });
    }),

    identities: sessionProcedure.query(async ({ ctx }): Promise<OidcIdentityView[]> => {
      const own = await identities.list(ctx.session.user.id);
      return own.map((identity) => ({ ...identity, provider: oidc.providerOf(identity.issuer) ?? null }));
    }),

    identityRemove: sessionProcedure.input(identityKey).mutation(async ({ ctx, input }) => {
      const userId = ctx.session.user.id;
      valueOf(await identities.remove({ ...input, userId }));
      const provider = oidc.providerOf(input.issuer)?.id ?? input.issuer;
      await wayInChanged(ctx, options, { kind: 'identity_removed', userId, detail: { provider } });
      return {};
    }),
  });
}
