import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Against a device gone mad: how often a session may push and pull. */
export interface SyncCaps {
  /** The whole seconds to wait; null when the call may go on. */
  admit(call: 'push' | 'pull', sessionId: string): Promise<number | null>;
}

/** A device on a busy site pulls some four times a second; the aim is a loop without a pause, not a busy person. */
const DEFAULT_CAP = { points: 6000, duration: 60 };

/**
 * In this process's memory, unlike the limits of `sign-in-limits`: a row written at each pull would cost more than it saves, and
 * nothing is guessed here, so that each process may count for itself.
 */
export function createSyncCaps(cap: { points: number; duration: number } = DEFAULT_CAP): SyncCaps {
  const limiter = new RateLimiterMemory(cap);
  return {
    async admit(call, sessionId) {
      try {
        await limiter.consume(`${call}/${sessionId}`);
        return null;
      } catch (reason) {
        if (reason instanceof RateLimiterRes) return Math.max(1, Math.ceil(reason.msBeforeNext / 1000));
        throw reason;
      }
    },
  };
}
