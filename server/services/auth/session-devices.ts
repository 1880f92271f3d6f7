import type { Pool } from 'pg';
import type { Clock } from '../../platform/clock';
import type { SecurityLog } from '../security/security-log';
import { granted, refused, type AuthResult } from './auth-result';
import type { GiveUpDevice } from './give-up-device';
import { dropOldClients, insertClient } from './session-clients';
import type { DeviceRow, SessionChoice } from './session-device-rows';
import { moveToRevoked, selectDevices, selectHeldKeys, selectTokenIds } from './session-device-rows';
import type { Sessions, ValidSession } from './sessions';

/** Who asks, as far as it matters here: the valid session and when its person last proved to be the owner. */
export interface AskingSession {
  readonly valid: ValidSession;
  readonly verifiedAt: number;
  readonly from: { readonly address: string; readonly userAgent: string };
}

/** B5: the browsers in which somebody is signed in. A `sessionId` here is the `session.lastingId`: a new token changes nothing. */
export interface SessionDevices {
  /** The latest used first. Those whose time is over are among them for as long as their rows are kept. */
  list(userId: string): Promise<readonly DeviceRow[]>;
  /** Refuses with `session_not_found` what is not the user's. An empty name takes the name away. */
  rename(request: { userId: string; sessionId: string; name: string }): Promise<AuthResult<null>>;
  /**
   * Takes one away: its session, its push subscription and its pass keys end, its passes move to the asking device, and what
   * it holds is wiped when it comes back. Refuses with `session_not_found` and, for the asking one, `session_here`.
   * Rejects when the database is away; then all or a part is done, and asking again does the rest.
   */
  revoke(sessionId: string, asking: AskingSession): Promise<AuthResult<null>>;
  /** All but the asking one; answers how many. */
  revokeOthers(asking: AskingSession): Promise<number>;
  /**
   * That the session pushes, binds a key or pulls as this client, so that the client's key goes with it. A client that is not
   * the session's user's is not noted; of many the latest are, and those with a key. To be called after what it says.
   */
  noteClient(client: {
    sessionId: string;
    siteId: string;
    clientId: string;
    by: 'push' | 'bind' | 'pull';
  }): Promise<void>;
}

export interface SessionDevicesOptions {
  pool: Pool;
  clock: Clock;
  sessions: Pick<Sessions, 'ended' | 'forgetUser'>;
  securityLog: SecurityLog;
  giveUpDevice: GiveUpDevice;
}

/** Clients that this process knows to be noted; above that it forgets them all and notes again. */
const NOTED_AT_MOST = 20_000;

export function createSessionDevices(options: SessionDevicesOptions): SessionDevices {
  const { pool, clock, sessions, securityLog, giveUpDevice } = options;
  const noted = new Set<string>();

  const giveUpKeys = async (choice: SessionChoice, asking: AskingSession): Promise<void> => {
    const { user, session } = asking.valid;
    const held = await selectHeldKeys(pool, choice);
    if (held.length === 0) return;
    const keepers = await selectHeldKeys(pool, { userId: user.id, only: session.lastingId });
    for (const { siteId, memberId, clientId } of held) {
      const keeperClientId = keepers.find((keeper) => keeper.siteId === siteId)?.clientId ?? null;
      await giveUpDevice({ siteId, memberId, clientId, keeperClientId, verifiedAt: asking.verifiedAt });
    }
  };

  /**
   * The keys go first: an answer that never comes leaves sessions that can be taken away again. Some end with their keys (a
   * trigger of 0008), the rest together, whatever tokens they have by then. Answers how many devices there were.
   */
  const takeAway = async (choice: SessionChoice, asking: AskingSession): Promise<number> => {
    const { user } = asking.valid;
    const devices = await selectDevices(pool, choice);
    if (devices.length === 0) return 0;
    const tokens = await selectTokenIds(pool, choice);
    await giveUpKeys(choice, asking);
    const last = await moveToRevoked(pool, choice, clock.now());
    sessions.ended([...new Set([...tokens, ...last])]);
    // One that ended with its key may have had another token by then.
    sessions.forgetUser(user.id);
    for (const device of devices) {
      await securityLog.record({
        kind: 'session_revoked',
        userId: user.id,
        from: asking.from,
        detail: { device: device.name === '' ? device.words : device.name },
      });
    }
    return devices.length;
  };

  return {
    list: (userId) => selectDevices(pool, { userId }),

    async rename({ userId, sessionId, name }) {
      const { rowCount } = await pool.query(
        'update sessions set name = $3 where session_id = $2 and user_id = $1',
        [userId, sessionId, name],
      );
      return rowCount === 1 ? granted(null) : refused('session_not_found');
    },

    async revoke(sessionId, asking) {
      const { user, session } = asking.valid;
      if (sessionId === session.lastingId) return refused('session_here');
      const count = await takeAway({ userId: user.id, only: sessionId }, asking);
      return count === 0 ? refused('session_not_found') : granted(null);
    },

    revokeOthers(asking) {
      const { user, session } = asking.valid;
      return takeAway({ userId: user.id, allBut: session.lastingId }, asking);
    },

    async noteClient({ by, ...client }) {
      // A push makes the client's own row, which a pull before it did not find.
      const key = `${client.sessionId}/${client.siteId}/${client.clientId}/${by}`;
      // A client with a new key must be noted now, also when it was and has been dropped since.
      if (by !== 'bind' && noted.has(key)) return;
      if (await insertClient(pool, client, clock.now())) await dropOldClients(pool, client.sessionId);
      if (noted.size >= NOTED_AT_MOST) noted.clear();
      noted.add(key);
    },
  };
}
