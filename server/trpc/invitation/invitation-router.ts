import { z } from 'zod';
import { invitationBounds } from '#shared/protocol/invitation';
import type { AuthServices } from '../../services/auth/auth-services';
import type { SessionCookie } from '../../services/auth/session-cookie';
import type { SessionMember } from '../../services/auth/session-row';
import type { ValidSession } from '../../services/auth/sessions';
import type { Issuer } from '../../services/joining/invitations';
import { admitCall } from '../admit';
import { CodedError } from '../coded-error';
import type { RequestContext } from '../context';
import { createSiteChange } from '../sites/site-change';
import { memberProcedure, publicProcedure, router, sessionProcedure } from '../trpc';
import { valueOf } from '../value-of';

export interface InvitationRouterOptions {
  auth: AuthServices;
  cookie: SessionCookie;
}

const whole = ({ min, max }: { min: number; max: number }) => z.int().min(min).max(max);
const { days, uses, usesOfCode, codes } = invitationBounds;
const flat = z.string().trim().max(80);
const terms = z.object({ role: z.enum(['resident', 'guard', 'manager']), flat, days: whole(days) });
const secret = z.object({ secret: z.string().max(500) });

/** `invitation.*`: letting people into a closed site. Secrets come in the body, never in an address. */
export function createInvitationRouter(options: InvitationRouterOptions) {
  const { entrance, invitations, limits, memberSites } = options.auth;
  const changeSite = createSiteChange(options);

  /**
   * Whoever lets in guards or managers gives away rights, and whoever lets in several people the credits they start with: as
   * with roles and prices, the app makes sure who asks.
   */
  const admitIssue = async (
    ctx: IssuingContext,
    { role, people }: { role: SessionMember['role']; people: number },
  ): Promise<Issuer> => {
    const needsProof = role !== 'resident' || people > 1;
    if (needsProof && !(await ctx.isVerified())) throw new CodedError('verification_needed');
    await admitCall(limits, 'invitationIssue', { ctx, account: ctx.member.siteId });
    return issuerOf(ctx);
  };

  return router({
    issueByEmail: memberProcedure
      .input(terms.extend({ email: z.string() }))
      .mutation(async ({ ctx, input }) => {
        const issuer = await admitIssue(ctx, { role: input.role, people: 1 });
        return valueOf(await invitations.issueByEmail(issuer, input));
      }),

    /** Answers the secret, which cannot be had again. */
    issueLink: memberProcedure.input(terms.extend({ uses: whole(uses) })).mutation(async ({ ctx, input }) => {
      const issuer = await admitIssue(ctx, { role: input.role, people: input.uses });
      return valueOf(await invitations.issueLink(issuer, input));
    }),

    /** Answers the codes, which cannot be had again. */
    issueSheet: memberProcedure
      .input(
        z.object({
          flats: z.array(flat.min(1)).min(codes.min).max(codes.max),
          uses: whole(usesOfCode),
          days: whole(days),
        }),
      )
      .mutation(async ({ ctx, input }) => {
        const people = input.flats.length * input.uses;
        const issuer = await admitIssue(ctx, { role: 'resident', people });
        return await invitations.issueSheet(issuer, input);
      }),

    revoke: memberProcedure
      .input(z.union([z.object({ invitationId: z.uuid() }), z.object({ sheetId: z.uuid() })]))
      .mutation(async ({ ctx, input }) => {
        valueOf(await invitations.revoke(issuerOf(ctx), input));
        return {};
      }),

    /** What the secret opens, for whoever has it; `mine` where the person who looks belongs there already. */
    look: publicProcedure.input(secret).mutation(async ({ ctx, input }) => {
      await admitCall(limits, 'invitationLook', { ctx });
      const found = valueOf(await invitations.look(input.secret));
      const { siteId, siteName, inviterName, kind, email, role, flat: where, expiresAt } = found;
      const user = ctx.session?.user;
      const mine = user !== undefined && (await memberSites.isMember(user.id, siteId));
      return { siteId, siteName, inviterName, kind, email, role, flat: where, expiresAt, mine };
    }),

    /** Joins who is signed in. Answers the session at the new site. */
    accept: sessionProcedure.input(secret).mutation(async ({ ctx, input }) => {
      const { id: userId } = ctx.session.user;
      await admitCall(limits, 'invitationAccept', { ctx, account: userId });
      const { address, userAgent } = ctx;
      const from = { address, userAgent };
      const { siteId } = valueOf(await entrance.accept({ userId, secret: input.secret, from }));
      const session = await changeSite(ctx, siteId);
      if (!session) throw new CodedError('unavailable');
      return session;
    }),
  });
}

type IssuingContext = RequestContext & { session: ValidSession; member: SessionMember };

function issuerOf({ session, member, address, userAgent }: IssuingContext): Issuer {
  return {
    userId: session.user.id,
    memberId: member.id,
    siteId: member.siteId,
    siteName: member.siteName,
    name: member.name,
    from: { address, userAgent },
  };
}
