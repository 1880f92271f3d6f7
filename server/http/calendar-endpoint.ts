import type { IncomingMessage, ServerResponse } from 'node:http';
import { CALENDAR_TYPE } from '#shared/calendar/calendar-text';
import type { Logger } from '../platform/logger';
import type { SignInLimits } from '../services/auth/sign-in-limits';
import type { CalendarFeeds } from '../services/calendar/calendar-feeds';
import { hashFeedToken } from '../services/calendar/feed-token';
import { addressOf } from './client-address';

const PATH = /^\/calendar\/([^/]{1,200})\.ics$/;

/** Whether a path is that of a feed, or would be one. */
export function isCalendarPath(path: string): boolean {
  return path.startsWith('/calendar/');
}

/**
 * `GET /calendar/<secret>.ics`: a member's calendar for whoever has its address, without a session. 404 for every other secret,
 * 429 with Retry-After for who asks too often. The secret stands in no log of ours. Never rejects.
 */
export function createCalendarEndpoint(options: {
  calendarFeeds: Pick<CalendarFeeds, 'read'>;
  limits: SignInLimits;
  trustProxy: number;
  logger: Logger;
}) {
  const { calendarFeeds, limits, trustProxy, logger } = options;
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('referrer-policy', 'no-referrer');
    response.setHeader('x-robots-tag', 'noindex');
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return answer(request, response, { status: 405, text: 'Only GET.', allow: 'GET, HEAD' });
      const token = PATH.exec((request.url ?? '').split('?')[0] ?? '')?.[1] ?? '';
      const admission = await limits.admit('calendarFeed', {
        address: addressOf(request, trustProxy),
        ...feedKey(token),
      });
      if (!admission.ok) {
        const retryAfter = String(admission.retryAfter);
        return answer(request, response, { status: 429, text: 'Too often.', 'retry-after': retryAfter });
      }
      const text = await calendarFeeds.read(token);
      if (text === null) return answer(request, response, { status: 404, text: 'No calendar here.' });
      answer(request, response, {
        status: 200,
        text,
        'content-type': CALENDAR_TYPE,
        'content-disposition': 'inline; filename="parking.ics"',
      });
    } catch (error) {
      logger.error('a calendar could not be written', { error });
      answer(request, response, { status: 503, text: 'Not now.', 'retry-after': '60' });
    }
  };
}

/** A feed is counted by its hash, so that nothing that counts or notes has the secret. */
function feedKey(token: string): { account?: string } {
  const hash = hashFeedToken(token);
  return hash ? { account: hash.toString('base64url') } : {};
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { status, text, ...headers }: { status: number; text: string } & Record<string, string | number>,
): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(request.method === 'HEAD' ? undefined : text);
}
