import type { Pool } from 'pg';
import type { SecurityEventKind } from '#shared/domain/security-event';
import { browserWords } from '../auth/browser-words';

/** A line of the log as a manager reads it. */
export interface ShownEvent {
  readonly id: string;
  /** Ms since 1970. */
  readonly at: number;
  readonly kind: SecurityEventKind;
  /** Whom it concerns, as the site knows them; null for nobody of the site. */
  readonly person: { readonly userId: string; readonly name: string } | null;
  /** Who did it, where that was somebody else. */
  readonly actor: { readonly userId: string; readonly name: string } | null;
  /** As `placeOf` writes it; empty when it did not come from outside. */
  readonly network: string;
  /** "Firefox on Windows"; empty when not known. */
  readonly device: string;
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
}

export interface EventFilter {
  readonly kinds?: readonly SecurityEventKind[] | undefined;
  readonly userId?: string | undefined;
  /** Ms since 1970: `[from, to)`. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Only what is older than this event: the next page. */
  readonly before?: { readonly at: number; readonly id: string } | undefined;
}

export interface SecurityEvents {
  /**
   * C10: the log of a site, newest first, a page at a time: what concerns the site, and what concerns people of it wherever
   * they did it since they joined; of who belongs to other sites, too, only what and when. What concerns nobody known shows
   * where the installation has one site alone.
   */
  read(siteId: string, filter: EventFilter): Promise<{ events: readonly ShownEvent[]; more: boolean }>;
}

const PAGE = 50;

export function createSecurityEvents({ pool }: { pool: Pool }): SecurityEvents {
  return {
    async read(siteId, { kinds, userId, from, to, before }) {
      const { rows } = await pool.query<Row>(READ, [
        siteId,
        kinds ?? null,
        userId ?? null,
        dateOf(from),
        dateOf(to),
        dateOf(before?.at),
        before?.id ?? null,
        PAGE + 1,
      ]);
      return { events: rows.slice(0, PAGE).map(toEvent), more: rows.length > PAGE };
    },
  };
}

interface Row {
  event_id: string;
  at: Date;
  kind: SecurityEventKind;
  user_id: string | null;
  user_name: string | null;
  actor_user_id: string | null;
  actor_name: string | null;
  network: string;
  user_agent: string;
  detail: ShownEvent['detail'];
}

/** Each branch is read from its own index and no further than a page: strangers can write as much as they like. */
const PAGE_OF_BRANCH = `
     and ($2::text[] is null or e.kind = any($2))
     and ($3::uuid is null or e.user_id = $3 or e.actor_user_id = $3)
     and ($4::timestamptz is null or e.at >= $4)
     and ($5::timestamptz is null or e.at < $5)
     and ($6::timestamptz is null or (e.at, e.event_id) < ($6, $7::uuid))
   order by e.at desc, e.event_id desc
   limit $8`;

const READ = `
  with shown as (
    (select e.*, false as is_elsewhere from security_events e where e.site_id = $1 ${PAGE_OF_BRANCH})
    union all
    select theirs.*, exists (select from members o where o.user_id = p.user_id and o.site_id <> $1 and o.left_at is null)
      from members p cross join lateral (
        select * from security_events e where e.user_id = p.user_id and e.site_id is null and e.at >= p.joined_at ${PAGE_OF_BRANCH}
      ) theirs
     where p.site_id = $1 and p.left_at is null and p.user_id is not null
    union all
    (select e.*, false from security_events e
      where e.site_id is null and e.user_id is null and (select count(*) from sites) = 1 ${PAGE_OF_BRANCH})
  )
  select e.event_id, e.at, e.kind, m.user_id, m.name as user_name, a.user_id as actor_user_id, a.name as actor_name,
         case when e.is_elsewhere then '' else e.network end as network,
         case when e.is_elsewhere then '' else e.user_agent end as user_agent,
         case when e.is_elsewhere then '{}' else e.detail end as detail
    from shown e
    left join members m on m.site_id = $1 and m.user_id = e.user_id
    left join members a on a.site_id = $1 and a.user_id = e.actor_user_id
   order by e.at desc, e.event_id desc
   limit $8`;

function toEvent(row: Row): ShownEvent {
  return {
    id: row.event_id,
    at: row.at.getTime(),
    kind: row.kind,
    person: personOf(row.user_id, row.user_name),
    actor: personOf(row.actor_user_id, row.actor_name),
    network: row.network,
    device: browserWords(row.user_agent),
    detail: row.detail,
  };
}

function personOf(userId: string | null, name: string | null): ShownEvent['person'] {
  return userId === null || name === null ? null : { userId, name };
}

function dateOf(milliseconds: number | undefined): Date | null {
  return milliseconds === undefined ? null : new Date(milliseconds);
}
