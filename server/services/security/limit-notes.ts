import type { LimitedBy, LimitedCall, LimitedCaller } from '../auth/sign-in-limits';
import type { SecurityLog } from './security-log';

/**
 * Notes for the log that a limit was reached (C10). The account is named by its user where there is one: an e-mail that nobody
 * has is not kept. Nobody waits for it, and a log that cannot be written turns nobody away.
 */
export function createLimitNotes({ securityLog }: { securityLog: SecurityLog }) {
  return ({ call, by, who }: { call: LimitedCall; by: LimitedBy; who: LimitedCaller }): void => {
    const event = {
      kind: 'limited',
      from: { address: who.address, userAgent: '' },
      detail: { call, by },
    } as const;
    const noted =
      by === 'account' && who.account !== undefined
        ? securityLog.recordAttempt({ ...event, account: who.account })
        : securityLog.record({ ...event, userId: null });
    noted.catch(() => undefined);
  };
}
