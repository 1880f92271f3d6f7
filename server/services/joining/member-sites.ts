import { Buffer } from 'node:buffer';
import type { Pool } from 'pg';
import type { Role } from '#shared/domain/entities';

/** A site that the user belongs to. */
export interface OwnSite {
  readonly siteId: string;
  readonly siteName: string;
  readonly memberId: string;
  readonly role: Role;
}

/** A request of the user's that waits for a manager. */
export interface WaitingRequest {
  readonly requestId: string;
  readonly siteId: string;
  readonly siteName: string;
  /** ms since 1970 */
  readonly createdAt: number;
}

/** A site that lets the user ask. `open`: then they are in. */
export interface JoinableSite {
  readonly siteId: string;
  readonly siteName: string;
  readonly registration: 'open' | 'request';
}

export interface MemberSites {
  /** Where the user belongs, by name, and where they wait. */
  mine(userId: string): Promise<{ sites: OwnSite[]; waiting: WaitingRequest[] }>;
  /**
   * Sites, by name, that take requests and where the user neither belongs nor waits; at most 200. For who was removed an open
   * site is one that takes requests.
   */
  joinable(userId: string): Promise<JoinableSite[]>;
  /** Whether the user belongs to the site now. */
  isMember(userId: string, siteId: string): Promise<boolean>;
  /**
   * Has the session of this `session.id` look at another of its user's sites; false where the user does not belong, or the
   * session is over. Processes remember for a moment where it looked: it is to be given a new token right after.
   */
  lookAt(request: { sessionId: string; siteId: string }): Promise<boolean>;
}

const JOINABLE_AT_MOST = 200;

/** One account may belong to several sites; a session looks at one of them. */
export function createMemberSites({ pool }: { pool: Pool }): MemberSites {
  return {
    async mine(userId) {
      const [sites, waiting] = await Promise.all([
        pool.query<OwnSite>(
          `select m.site_id as "siteId", s.name as "siteName", m.member_id as "memberId", m.role
             from members m join sites s using (site_id)
            where m.user_id = $1 and m.left_at is null order by s.name, s.site_id`,
          [userId],
        ),
        pool.query<WaitingRequest>(
          `select r.request_id as "requestId", r.site_id as "siteId", s.name as "siteName",
                  (extract(epoch from r.created_at) * 1000)::float8 as "createdAt"
             from join_requests r join sites s using (site_id)
            where r.user_id = $1 and r.decided_at is null order by r.created_at, r.request_id`,
          [userId],
        ),
      ]);
      return { sites: sites.rows, waiting: waiting.rows };
    },

    async joinable(userId) {
      const { rows } = await pool.query<JoinableSite>(
        `select s.site_id as "siteId", s.name as "siteName",
                case when exists (select from members m where m.site_id = s.site_id and m.user_id = $1
                                     and m.removed_at is not null) then 'request' else s.registration end as registration
           from sites s
          where s.registration in ('open', 'request')
            and not exists (select from members m where m.site_id = s.site_id and m.user_id = $1 and m.left_at is null)
            and not exists (select from join_requests r
                             where r.site_id = s.site_id and r.user_id = $1 and r.decided_at is null)
          order by s.name, s.site_id limit ${JOINABLE_AT_MOST}`,
        [userId],
      );
      return rows;
    },

    async isMember(userId, siteId) {
      const { rowCount } = await pool.query(
        'select from members where user_id = $1 and site_id = $2 and left_at is null',
        [userId, siteId],
      );
      return rowCount === 1;
    },

    async lookAt({ sessionId, siteId }) {
      const { rowCount } = await pool.query(
        `update sessions s set site_id = $2
          where s.token_sha256 = $1
            and exists (select from members m where m.user_id = s.user_id and m.site_id = $2 and m.left_at is null)`,
        [Buffer.from(sessionId, 'base64url'), siteId],
      );
      return rowCount === 1;
    },
  };
}
