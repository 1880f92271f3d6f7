import type { Pool } from 'pg';
import {
  defaultNoticePreferences,
  noticeKinds,
  type NoticeData,
  type NoticeKind,
  type NoticePreferences,
} from '#shared/domain/notice-kinds';
import { noticePreferencesSchema } from '#shared/protocol/notice';
import type { Locale } from '../mail/mail';
import { isPressing } from './delivery';
import { LAST_SEEN } from './last-seen';

/** A notice that is due to go out, and whom it is for. Times in ms since 1970. */
export interface DueNotice {
  readonly siteId: string;
  readonly noticeId: string;
  readonly memberId: string;
  readonly userId: string;
  readonly kind: NoticeKind;
  readonly data: NoticeData;
  readonly createdAt: number;
  /** This one among them. */
  readonly attempts: number;
  readonly siteName: string;
  readonly timeZone: string;
  readonly preferences: NoticePreferences;
  /** Where mails go; null for who has no address that is known to be theirs. */
  readonly mailbox: { readonly address: string; readonly name: string; readonly locale: Locale } | null;
  /** What has been reached already: see table notice_deliveries. */
  readonly reached: ReadonlySet<string>;
  /** The member's unread notices. */
  readonly unread: number;
}

/** What has become of a due notice: what it has reached, and when it is due again, ms since 1970; null: never. */
export interface Settled {
  readonly notice: Pick<DueNotice, 'siteId' | 'noticeId' | 'attempts'>;
  readonly reached: readonly string[];
  readonly dueAt: number | null;
}

/** Milliseconds after which another process takes up what this one has claimed: longer than a batch can take. */
export const CLAIMED_FOR = 120_000;

interface Row {
  site_id: string;
  notice_id: string;
  member_id: string;
  /** Null, as name and locale are, for who has no account any more. */
  user_id: string | null;
  kind: string;
  data: NoticeData;
  created: number;
  attempts: number;
  is_over: boolean;
  site_name: string;
  time_zone: string;
  preferences: unknown;
  email: string | null;
  name: string | null;
  locale: Locale | null;
  reached: string[];
  unread: number;
}

function inMs(column: string): string {
  return `(extract(epoch from ${column}) * 1000)::bigint::text`;
}

const kinds: ReadonlySet<string> = new Set(noticeKinds);

/**
 * What the clock told of has changed since: the reservation was cancelled, moved, or its car has left. Looked at again before each attempt;
 * nobody makes these notices untold, as the arbiter knows nothing of them. Of a text that is no id nothing is known.
 */
const IS_PAST = `(c.kind in ('reminder_start', 'reminder_end', 'overstaying') and exists (
    select from reservations r
     where r.site_id = c.site_id
       and r.reservation_id = case when c.data ->> 'reservationId' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                                   then (c.data ->> 'reservationId')::uuid end
       and not coalesce(case c.kind
         when 'reminder_start' then r.state = 'confirmed' and ${inMs('r.starts_at')} = c.data ->> 'start'
         when 'reminder_end' then r.state = 'confirmed' and ${inMs('r.ends_at')} = c.data ->> 'end'
                                  and ${LAST_SEEN} is distinct from 'exit'
         else r.state in ('confirmed', 'completed') and ${inMs('r.ends_at')} = c.data ->> 'end'
              and ${LAST_SEEN} is distinct from 'exit'
       end, false)))`;

const IS_PRESSING = `kind in (${noticeKinds
  .filter(isPressing)
  .map((kind) => `'${kind}'`)
  .join(', ')})`;

/** The due ones of which `where` holds, at most `limit`; each has an index of its own. */
const due = (where: string, limit: string) => `
  select site_id, notice_id from notices where deliver_at <= $1 and ${where} order by deliver_at limit ${limit} for update skip locked`;

/**
 * Skips what another process is claiming; what presses first, then, unless `$4`, the rest, those that are due longest first. Whatever is claimed comes back, also of who has no
 * account any more: it is settled then, and not claimed for ever.
 */
const CLAIM = {
  name: 'notices-claim',
  text: `with pressing as materialized (${due(IS_PRESSING, '$2::int')}),
         others as materialized (
           ${due(`not (${IS_PRESSING})`, 'case when $4 then 0 else $2::int - (select count(*) from pressing) end')}),
         claimed as (
           update notices set attempts = attempts + 1, deliver_at = $1::timestamptz + $3 * interval '1 millisecond'
            where (site_id, notice_id) in (select * from pressing union all select * from others)
           returning site_id, notice_id, member_id, kind, data, created_at, attempts, read_at)
         select c.site_id, c.notice_id, c.member_id, m.user_id, c.kind, c.data, c.attempts,
                (extract(epoch from c.created_at) * 1000)::float8 as created,
                (c.read_at is not null or m.left_at is not null or u.user_id is null or ${IS_PAST}) as is_over,
                s.name as site_name, s.time_zone, p.preferences, u.name, u.locale,
                case when u.email_verified_at is not null then u.email end as email,
                array(select target from notice_deliveries d
                       where d.site_id = c.site_id and d.notice_id = c.notice_id) as reached,
                (select count(*) from notices n where n.site_id = c.site_id and n.member_id = c.member_id
                    and n.read_at is null)::int as unread
           from claimed c
           join members m on m.site_id = c.site_id and m.member_id = c.member_id
           left join users u on u.user_id = m.user_id
           join sites s on s.site_id = c.site_id
           left join notice_preferences p on p.site_id = c.site_id and p.member_id = c.member_id`,
};

/** In key order, as the arbiter locks what is read. Who was slower than `CLAIMED_FOR` decides nothing any more. */
const SETTLE = {
  name: 'notices-settle',
  text: `with x as materialized (
           select n.site_id, n.notice_id, x.due_at, x.reached
             from json_to_recordset($1::json) as x(site_id uuid, notice_id uuid, attempts int, due_at timestamptz, reached text[])
             join notices n on n.site_id = x.site_id and n.notice_id = x.notice_id and n.attempts = x.attempts
            where n.read_at is null or x.due_at is null
            order by n.site_id, n.notice_id for no key update of n
         ), marks as (
           insert into notice_deliveries (site_id, notice_id, target, delivered_at)
           select site_id, notice_id, unnest(reached), $2 from x on conflict do nothing
         )
         update notices n set deliver_at = x.due_at from x where n.site_id = x.site_id and n.notice_id = x.notice_id`,
};

/** What was claimed at once. */
export interface ClaimedDue {
  readonly due: DueNotice[];
  /** How many were claimed, also those with nothing left to do: fewer than the limit means that no more are due. */
  readonly claimed: number;
}

export interface ClaimOptions {
  readonly limit: number;
  /** What does not press is left to others. */
  readonly onlyPressing: boolean;
}

/**
 * Claims due notices for one attempt, those that press before all others; a process that dies at it leaves them to another. `now` in
 * ms since 1970.
 */
export async function claimDue(
  pool: Pool,
  now: number,
  { limit, onlyPressing }: ClaimOptions,
): Promise<ClaimedDue> {
  const { rows } = await pool.query<Row>({
    ...CLAIM,
    values: [new Date(now), limit, CLAIMED_FOR, onlyPressing],
  });
  const due: DueNotice[] = [];
  const over: Settled[] = [];
  for (const row of rows) {
    const notice = toNotice(row);
    // Read or gone meanwhile, or of a newer version: nothing is left to do.
    if (row.is_over || !notice) {
      over.push({
        notice: { siteId: row.site_id, noticeId: row.notice_id, attempts: row.attempts },
        ...{ reached: [], dueAt: null },
      });
    } else due.push(notice);
  }
  await settleDue(pool, over, now);
  return { due, claimed: rows.length };
}

/** Keeps what has become of them, in one statement. Whatever was read meanwhile stays as it is. */
export async function settleDue(pool: Pool, settled: readonly Settled[], now: number): Promise<void> {
  if (settled.length === 0) return;
  const rows = settled.map(({ notice, reached, dueAt }) => ({
    ...{ site_id: notice.siteId, notice_id: notice.noticeId, attempts: notice.attempts, reached },
    due_at: dueAt === null ? null : new Date(dueAt),
  }));
  await pool.query({ ...SETTLE, values: [JSON.stringify(rows), new Date(now)] });
}

function toNotice(row: Row): DueNotice | null {
  const { user_id: userId, email: address, name, locale } = row;
  if (!kinds.has(row.kind) || userId === null || name === null || locale === null) return null;
  return {
    ...{ siteId: row.site_id, noticeId: row.notice_id, memberId: row.member_id, userId },
    ...{ kind: row.kind as NoticeKind, data: row.data, createdAt: row.created, attempts: row.attempts },
    ...{ siteName: row.site_name, timeZone: row.time_zone, unread: row.unread },
    preferences: preferencesOf(row.preferences),
    mailbox: address === null ? null : { address, name, locale },
    reached: new Set(row.reached),
  };
}

/** What another version wrote and this one cannot read counts as not decided. */
export function preferencesOf(stored: unknown): NoticePreferences {
  const parsed = noticePreferencesSchema.safeParse(stored);
  return parsed.success ? (parsed.data as NoticePreferences) : defaultNoticePreferences;
}
