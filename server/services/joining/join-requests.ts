import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';
import type { IdGenerator } from '../../platform/ids';
import type { AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';
import type { Locale, Mails } from '../mail/mail';
import { pokeAtCommit } from '../pokes/poke-at-commit';
import { wasRemoved, type Entrance, type From } from './entrance';

/** What came of asking: a request that waits for a manager, or a membership where the site is open. */
export type Asked = { readonly requestId: string } | { readonly siteId: string };

export interface JoinRequests {
  /**
   * Asks a site to be let in. Who was removed asks an open site, too. Refuses site_not_found, already_member, join_waiting.
   */
  ask(request: {
    userId: string;
    siteId: string;
    flat: string;
    message: string;
    from: From;
  }): Promise<AuthResult<Asked>>;
  /** Takes one's own request back. Refuses join_request_not_found, join_decided. */
  withdraw(request: { userId: string; requestId: string }): Promise<AuthResult<null>>;
  /**
   * A manager of the site lets the person in as a resident, or not; the person hears of it by mail. Refuses
   * join_request_not_found (also for another site's), join_decided, and role_forbidden for who is no manager any more.
   */
  decide(decision: {
    siteId: string;
    requestId: string;
    approve: boolean;
    decider: { userId: string; memberId: string };
  }): Promise<AuthResult<null>>;
}

export interface JoinRequestsOptions {
  pool: Pool;
  clock: Clock;
  newId: IdGenerator;
  /** The public origin, which links begin with. */
  origin: string;
  mails: Mails;
  entrance: Entrance;
}

/** Joining a site that takes requests: an account asks, a manager decides, once. */
export function createJoinRequests(options: JoinRequestsOptions): JoinRequests {
  const { pool, clock, newId, origin, mails, entrance } = options;

  const keep = async (
    client: PoolClient,
    request: { userId: string; siteId: string; flat: string; message: string },
  ): Promise<AuthResult<Asked>> => {
    const { userId, siteId, flat, message } = request;
    // As in `Entrance.join`: of many at once, each sees what the one before has done.
    await client.query('select from users where user_id = $1 for no key update', [userId]);
    const { rowCount } = await client.query(
      'select from members where site_id = $1 and user_id = $2 and left_at is null',
      [siteId, userId],
    );
    if (rowCount === 1) return refused('already_member');
    const requestId = newId();
    const inserted = await client.query(
      `insert into join_requests (site_id, request_id, user_id, flat, message, created_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (site_id, user_id) where decided_at is null do nothing`,
      [siteId, requestId, userId, flat, message, new Date(clock.now())],
    );
    if (inserted.rowCount !== 1) return refused('join_waiting');
    await pokeAtCommit(client, [`desk:${siteId}`]);
    return granted({ requestId });
  };

  const tell = async (client: PoolClient, siteId: string, to: { userId: string; approved: boolean }) => {
    const { rows } = await client.query<{ email: string; name: string; locale: Locale; site_name: string }>(
      'select u.email, u.name, u.locale, s.name as site_name from users u, sites s where u.user_id = $1 and s.site_id = $2',
      [to.userId, siteId],
    );
    const [person] = rows;
    if (!person) return;
    const { name, email, locale, site_name: siteName } = person;
    const content = { name, siteName, approved: to.approved, link: `${origin}/` };
    await mails.queue({ kind: 'join_decided', to: email, locale, content }, client);
  };

  return {
    ask: ({ from, ...request }) =>
      inTransaction(pool, async (client) => {
        const { userId, siteId, flat } = request;
        const { rows } = await client.query<{ registration: string }>(
          'select registration from sites where site_id = $1',
          [siteId],
        );
        const registration = rows[0]?.registration;
        // A closed site is none to ask, whether it is there or not.
        if (registration === undefined || registration === 'invited') return refused('site_not_found');
        if (registration === 'request' || (await wasRemoved(client, request)))
          return await keep(client, request);
        const joined = await entrance.join(client, {
          userId,
          siteId,
          role: 'resident',
          flat,
          by: 'open',
          from,
        });
        return joined.ok ? granted({ siteId }) : joined;
      }),

    withdraw: ({ userId, requestId }) =>
      inTransaction(pool, async (client) => {
        const { rows } = await client.query<{ site_id: string; decided_at: Date | null }>(
          'select site_id, decided_at from join_requests where request_id = $1 and user_id = $2 for update',
          [requestId, userId],
        );
        const [request] = rows;
        if (!request) return refused('join_request_not_found');
        if (request.decided_at !== null) return refused('join_decided');
        await client.query(
          `update join_requests set decided_at = $3, decision = 'withdrawn'
            where site_id = $1 and request_id = $2`,
          [request.site_id, requestId, new Date(clock.now())],
        );
        await pokeAtCommit(client, [`desk:${request.site_id}`]);
        return granted(null);
      }),

    decide: ({ siteId, requestId, approve, decider }) =>
      inTransaction(pool, async (client) => {
        const { rows } = await client.query<{ user_id: string; flat: string; decided_at: Date | null }>(
          'select user_id, flat, decided_at from join_requests where site_id = $1 and request_id = $2 for update',
          [siteId, requestId],
        );
        const [request] = rows;
        if (!request) return refused('join_request_not_found');
        if (request.decided_at !== null) return refused('join_decided');
        if (!(await isManager(client, siteId, decider.memberId))) return refused('role_forbidden');
        await client.query(
          'update join_requests set decided_at = $3, decided_by = $4, decision = $5 where site_id = $1 and request_id = $2',
          [siteId, requestId, new Date(clock.now()), decider.memberId, approve ? 'approved' : 'refused'],
        );
        const { user_id: userId, flat } = request;
        if (approve) {
          const joiner = { userId, siteId, flat, role: 'resident', by: 'request' } as const;
          const joined = await entrance.join(client, { ...joiner, actorUserId: decider.userId });
          // By an invitation in the meantime: what the manager wants is so already.
          if (joined.ok) await lookAtSite(client, userId, siteId);
        }
        await pokeAtCommit(client, [`desk:${siteId}`]);
        await tell(client, siteId, { userId, approved: approve });
        return granted(null);
      }),
  };
}

/** Now, not as a session remembers it: who was removed a moment ago lets nobody in, least of all themselves. */
async function isManager(client: PoolClient, siteId: string, memberId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from members where site_id = $1 and member_id = $2 and role = 'manager' and left_at is null`,
    [siteId, memberId],
  );
  return rowCount === 1;
}

/**
 * Sessions of somebody who was nowhere, or looked at a site where they do not belong any more, see this one from now on: the
 * person waits for it with the app open.
 */
async function lookAtSite(client: PoolClient, userId: string, siteId: string): Promise<void> {
  await client.query(
    `update sessions s set site_id = $2
      where s.user_id = $1
        and not exists (select from members m
                         where m.site_id = s.site_id and m.user_id = s.user_id and m.left_at is null)`,
    [userId, siteId],
  );
}
