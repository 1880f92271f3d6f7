import { isVerified } from '#shared/domain/verification';
import type { Sessions, ValidSession } from './sessions';

/**
 * Whether whose session it is has proved within the last minutes who they are, as the database says it now: what was validated may
 * be some seconds old. Another process may have noted a proof since, and may have ended the session: a stranger who has just
 * been put out must not add a way in.
 */
export async function isSessionVerified(
  valid: ValidSession | null,
  tools: { sessions: Pick<Sessions, 'readVerifiedAt'>; clock: { now(): number } },
): Promise<boolean> {
  if (!valid) return false;
  const verifiedAt = await tools.sessions.readVerifiedAt(valid.session.id);
  return isVerified({ verifiedAt, now: tools.clock.now() });
}
