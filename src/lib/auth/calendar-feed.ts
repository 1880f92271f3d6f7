import { attempt, type AuthResult } from './auth-failure';

/*
 * The address under which one's calendar can be subscribed to. As in account.ts, nothing throws for a reason that a person can do
 * something about.
 */

async function load() {
  return (await import('$lib/api/browser-client')).trpc.calendar;
}

function call<T>(deed: (api: Awaited<ReturnType<typeof load>>) => Promise<T>): Promise<AuthResult<T>> {
  return attempt(async () => ({ ok: true, value: await deed(await load()) }));
}

/** An address that there is, without its secret. Times in ms since 1970; `lastReadAt` null as long as nobody has fetched it. */
export interface CalendarFeed {
  readonly createdAt: number;
  readonly lastReadAt: number | null;
}

/** The address that there is; null without one. */
export function calendarFeed(): Promise<AuthResult<CalendarFeed | null>> {
  return call(async (api) => (await api.feed.query()).feed);
}

/** Makes one in place of any other and answers it, this once. Wants a fresh proof of who asks (`callWithVerification`). */
export function makeCalendarFeed(origin: string): Promise<AuthResult<string>> {
  return call(async (api) => `${origin}/calendar/${(await api.makeFeed.mutate()).token}.ics`);
}

/** The address answers nobody from now on. */
export function removeCalendarFeed(): Promise<AuthResult<unknown>> {
  return call((api) => api.removeFeed.mutate());
}
