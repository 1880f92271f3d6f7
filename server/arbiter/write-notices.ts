import type { PoolClient } from 'pg';
import type { NoticeRow } from '#shared/domain/entities';
import type { NoticePreferences } from '#shared/domain/notice-kinds';
import { together } from '../db/together';
import { timestamp } from './json-rows';
import { rowsOf, type NetChanges } from './net-changes';
import { writeRows } from './write-rows';

/** Notices of a kind that go out to a member within an hour; what more there is stands in the app alone. */
export const RUNG_AN_HOUR = 20;
/** Notices of a kind that a member keeps, the newest: whoever reserves and cancels all day makes as many as they like. */
export const KEPT_OF_A_KIND = 500;

// Told again under its key, the first notice stays.
const INSERT_NOTICES = {
  name: 'arbiter-insert-notices',
  text: `with x as (
           select *, row_number() over (partition by site_id, member_id, kind order by created_at, notice_id) as place
             from json_to_recordset($1::json) as x(site_id uuid, notice_id uuid, member_id uuid, kind text, data jsonb,
                  told_key text, created_at timestamptz))
         insert into notices (site_id, notice_id, member_id, kind, data, told_key, created_at, deliver_at)
         select site_id, notice_id, member_id, kind, data, told_key, created_at,
                case when place + (select count(*) from notices n
                                    where n.site_id = x.site_id and n.member_id = x.member_id and n.kind = x.kind
                                      and n.created_at > x.created_at - interval '1 hour') <= ${RUNG_AN_HOUR}
                     then created_at end
           from x
         on conflict (site_id, member_id, told_key) do nothing`,
};

// What is being delivered stays for now: nothing is waited for.
const KEEP_NEWEST = {
  name: 'arbiter-keep-newest-notices',
  text: `with told as (
           select distinct site_id, member_id, kind
             from json_to_recordset($1::json) as x(site_id uuid, member_id uuid, kind text)
         ), old as materialized (
           select t.site_id, n.notice_id from told t cross join lateral (
             select notice_id from notices n where n.site_id = t.site_id and n.member_id = t.member_id and n.kind = t.kind
              order by created_at desc, notice_id desc offset ${KEPT_OF_A_KIND}) n
         ), locked as materialized (
           select n.site_id, n.notice_id from old join notices n using (site_id, notice_id) for update of n skip locked)
         delete from notices n using locked l where n.site_id = l.site_id and n.notice_id = l.notice_id`,
};

// In key order: who delivers locks notices, too. What was read on one device goes out to no other.
const READ_NOTICES = {
  name: 'arbiter-read-notices',
  text: `with locked as (
           select n.site_id, n.notice_id, x.read_at
             from json_to_recordset($1::json) as x(site_id uuid, notice_id uuid, read_at timestamptz)
             join notices n using (site_id, notice_id)
            where n.read_at is null
            order by n.site_id, n.notice_id for no key update of n)
         update notices n set read_at = l.read_at, deliver_at = null
           from locked l where n.site_id = l.site_id and n.notice_id = l.notice_id`,
};

const UPSERT_PREFERENCES = {
  name: 'arbiter-upsert-notice-preferences',
  text: `insert into notice_preferences (site_id, member_id, preferences)
         select site_id, member_id, preferences
           from json_to_recordset($1::json) as x(site_id uuid, member_id uuid, preferences jsonb)
         on conflict (site_id, member_id) do update set preferences = excluded.preferences`,
};

/** B4: what members are told, what they have read, and how they want to be told. A new notice is to go out at once. */
export async function writeNotices(client: PoolClient, nets: ReadonlyMap<string, NetChanges>): Promise<void> {
  const notices = rowsOf(nets, (net) => net.notices.values());
  const preferences = rowsOf(nets, (net) => net.noticePreferences);
  // Nobody can have read what is told only now.
  const told = notices.filter(({ row }) => row.readAt === null);
  const read = notices.filter(({ row }) => row.readAt !== null);
  await together([
    writeRows(client, INSERT_NOTICES, told.map(noticeRow)),
    writeRows(client, KEEP_NEWEST, told.map(noticeRow)),
    writeRows(client, READ_NOTICES, read.map(noticeRow)),
    writeRows(client, UPSERT_PREFERENCES, preferences.map(preferencesRow)),
  ]);
}

/** What the statements take of a notice; each takes the columns it names. */
function noticeRow({ siteId, row }: { siteId: string; row: NoticeRow }) {
  return {
    site_id: siteId,
    notice_id: row.id,
    member_id: row.memberId,
    kind: row.kind,
    data: row.data,
    told_key: row.toldKey,
    created_at: timestamp(row.createdAt),
    read_at: timestamp(row.readAt),
  };
}

function preferencesRow({ siteId, row }: { siteId: string; row: [string, NoticePreferences] }) {
  const [memberId, preferences] = row;
  return { site_id: siteId, member_id: memberId, preferences };
}
