/*
 * Somebody has tapped on a notification: the service worker asks a window of the app to go where it leads. The window
 * says whether it does: only it knows what a person would lose.
 */

/** How long the worker waits for the window's word, in milliseconds. A system may have put the window to sleep. */
export const ANSWER_WITHIN = 1000;

const TYPE = 'OPEN_FROM_NOTIFICATION';

/** From the worker. `until`, ms since 1970: a window that wakes later goes nowhere, as another has been opened. */
export interface TapMessage {
  readonly type: typeof TYPE;
  readonly path: string;
  readonly until: number;
}

/** Asks a window to go to `path`; good for ANSWER_WITHIN from `now`, ms since 1970. */
export function tapMessage(path: string, now: number): TapMessage {
  return { type: TYPE, path, until: now + ANSWER_WITHIN };
}

/** Where a message from the worker leads at `now`, ms since 1970; null when it is another one, or too late. */
export function pathOfTap(data: unknown, now: number): string | null {
  if (typeof data !== 'object' || data === null) return null;
  const { type, path, until } = data as Partial<Record<keyof TapMessage, unknown>>;
  if (type !== TYPE || typeof path !== 'string' || typeof until !== 'number') return null;
  return now < until ? path : null;
}
