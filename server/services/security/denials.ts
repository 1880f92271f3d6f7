import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { ValidSession } from '../auth/sessions';
import type { SecurityLog } from './security-log';

/** C10: what a role was not enough for. One line a session and call in ten minutes: an old screen may ask again and again. */
export interface Denials {
  /** Never throws, and nobody waits for it. */
  note(denied: { session: ValidSession; what: string; from: { address: string; userAgent: string } }): void;
}

const QUIET_FOR = 10 * 60_000;
const KNOWN_AT_MOST = 5_000;
const WHAT_LENGTH = 120;

export function createDenials(options: { securityLog: SecurityLog; clock: Clock; logger: Logger }): Denials {
  const { securityLog, clock, logger } = options;
  const known = new Map<string, number>();
  return {
    note({ session, what, from }) {
      const now = clock.now();
      const key = `${session.session.id}/${what}`;
      if (now - (known.get(key) ?? -Infinity) < QUIET_FOR) return;
      if (known.size >= KNOWN_AT_MOST) known.clear();
      known.set(key, now);
      const event = {
        kind: 'denied',
        userId: session.user.id,
        siteId: session.member?.siteId ?? null,
        from,
        detail: { what: what.slice(0, WHAT_LENGTH), role: session.member?.role ?? null },
      } as const;
      securityLog.record(event).catch((error: unknown) => {
        logger.warn('a denial could not be noted', { error });
      });
    },
  };
}
