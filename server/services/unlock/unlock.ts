import type { Pool } from 'pg';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import type { Logger } from '../../platform/logger';
import type { SignInLimits } from '../auth/sign-in-limits';
import type { Push } from '../push/push';
import { createUnlockCookie, type UnlockCookie } from './unlock-cookie';
import { createUnlockPrompt, type UnlockPrompt } from './unlock-prompt';
import { createUnlockRequests, type UnlockRequests } from './unlock-requests';

/** All that smart unlock (B2) needs. */
export interface Unlock {
  readonly requests: UnlockRequests;
  readonly cookie: UnlockCookie;
  readonly prompt: UnlockPrompt;
}

export function createUnlock(options: {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  /** The public origin. */
  origin: string;
  push: Push;
  limits: SignInLimits;
  logger: Logger;
}): Unlock {
  return {
    requests: createUnlockRequests(options),
    cookie: createUnlockCookie(options.origin),
    prompt: createUnlockPrompt(options),
  };
}
