import type { Pool } from 'pg';
import type { Registration } from '#shared/domain/entities';

/** What whoever runs the installation sees of a site. Times in ms since 1970. */
export interface SiteFigures {
  readonly siteId: string;
  readonly name: string;
  readonly timeZone: string;
  readonly registration: Registration;
  readonly createdAt: number;
  readonly residents: number;
  readonly guards: number;
  readonly managers: number;
  readonly slots: number;
  /** Made within the last 30 days. */
  readonly reservations: number;
  /** Recorded within the last 30 days. */
  readonly scans: number;
  /** Until when an unused invitation for a manager lets one in; null without one. */
  readonly managerInvitedUntil: number | null;
}

export interface InstallationTotals {
  readonly accounts: number;
  readonly sessions: number;
  readonly sites: number;
  /** Waiting to be sent, and given up. */
  readonly mailsWaiting: number;
  readonly mailsFailed: number;
  /** Failed sign-ins and second factors within the last day. */
  readonly failedSignIns: number;
}

const DAY = 86_400_000;

interface Columns {
  site_id: string;
  name: string;
  time_zone: string;
  registration: Registration;
  created_at: Date;
  residents: number;
  guards: number;
  managers: number;
  slots: number;
  reservations: number;
  scans: number;
  manager_invited_until: Date | null;
}

/** One pass over each table, grouped: not one a site. */
const SELECT_FIGURES = `
  select s.site_id, s.name, s.time_zone, s.registration, s.created_at, i.until as manager_invited_until,
         coalesce(m.residents, 0) as residents, coalesce(m.guards, 0) as guards, coalesce(m.managers, 0) as managers,
         coalesce(l.slots, 0) as slots, coalesce(r.reservations, 0) as reservations, coalesce(c.scans, 0) as scans
    from sites s
    left join (select site_id, count(*) filter (where role = 'resident')::int as residents,
                      count(*) filter (where role = 'guard')::int as guards,
                      count(*) filter (where role = 'manager')::int as managers
                 from members where left_at is null group by site_id) m using (site_id)
    left join (select site_id, count(*)::int as slots from slots where removed_at is null group by site_id) l using (site_id)
    left join (select site_id, count(*)::int as reservations from reservations where created_at > $1 group by site_id) r using (site_id)
    left join (select site_id, count(*)::int as scans from scans where recorded_at > $1 group by site_id) c using (site_id)
    left join (select site_id, max(expires_at) as until from invitations
                where role = 'manager' and revoked_at is null and uses < uses_allowed and expires_at > $2 group by site_id) i using (site_id)
   order by lower(s.name), s.site_id`;

/** Every site, by name. `now` is epoch ms. */
export async function readFigures(pool: Pool, now: number): Promise<readonly SiteFigures[]> {
  const { rows } = await pool.query<Columns>(SELECT_FIGURES, [new Date(now - 30 * DAY), new Date(now)]);
  return rows.map(({ site_id, time_zone, created_at, manager_invited_until, ...counts }) => ({
    ...counts,
    siteId: site_id,
    timeZone: time_zone,
    createdAt: created_at.getTime(),
    managerInvitedUntil: manager_invited_until?.getTime() ?? null,
  }));
}

/** Of all sites together. `now` is epoch ms. */
export async function readTotals(pool: Pool, now: number): Promise<InstallationTotals> {
  const { rows } = await pool.query<InstallationTotals>(
    `select (select count(*)::int from users) as accounts,
            (select count(*)::int from sessions where expires_at > $1) as sessions,
            (select count(*)::int from sites) as sites,
            (select count(*)::int from mails where failed_at is null) as "mailsWaiting",
            (select count(*)::int from mails where failed_at is not null) as "mailsFailed",
            (select count(*)::int from security_events
              where kind in ('sign_in_failed', 'second_factor_failed') and at > $2) as "failedSignIns"`,
    [new Date(now), new Date(now - DAY)],
  );
  return rows[0]!;
}
