import type { AuthServices } from '../../services/auth/auth-services';
import type { CalendarFeed, CalendarFeeds } from '../../services/calendar/calendar-feeds';
import { memberProcedure, router } from '../trpc';

export interface CalendarRouterOptions {
  auth: Pick<AuthServices, 'securityLog'>;
  calendarFeeds: CalendarFeeds;
}

/** `calendar.*` (A5): the address under which a member's calendar can be subscribed to. */
export function createCalendarRouter({ auth, calendarFeeds }: CalendarRouterOptions) {
  return router({
    feed: memberProcedure.query(async ({ ctx }): Promise<{ feed: CalendarFeed | null }> => ({
      feed: await calendarFeeds.feedOf(feedMember(ctx.member)),
    })),

    /** Answers the secret of the address, this once: the server cannot say it again. */
    makeFeed: memberProcedure.mutation(async ({ ctx }) => {
      const made = await calendarFeeds.make(feedMember(ctx.member));
      const { user, member } = ctx.session;
      const siteId = member?.siteId ?? null;
      await auth.securityLog.record({ kind: 'calendar_feed_made', userId: user.id, siteId, from: ctx });
      return made;
    }),

    removeFeed: memberProcedure.mutation(async ({ ctx }) => {
      const isRemoved = await calendarFeeds.remove(feedMember(ctx.member));
      const { user, member } = ctx.session;
      const siteId = member?.siteId ?? null;
      if (isRemoved) {
        const removed = { kind: 'calendar_feed_removed', userId: user.id, siteId, from: ctx } as const;
        await auth.securityLog.record(removed);
      }
      return {};
    }),
  });
}

function feedMember({ siteId, id }: { siteId: string; id: string }): { siteId: string; memberId: string } {
  return { siteId, memberId: id };
}
