import type { Pool, PoolClient } from 'pg';
import { mailTiming, type NoticeData, type NoticeKind } from '#shared/domain/notice-kinds';
import { inTransaction } from '../../db/transaction';
import type { Logger } from '../../platform/logger';
import type { Mails } from '../mail/mail';
import type { DueNotice } from './due-notices';
import { waysOf } from './delivery';

export interface MailOptions {
  readonly pool: Pool;
  readonly mails: Mails;
  /** The public origin, for the links. */
  readonly origin: string;
  readonly logger: Logger;
}

/** A notice in a mail. */
interface Mailed {
  readonly noticeId: string;
  readonly kind: NoticeKind;
  readonly data: NoticeData;
}

/** The mark that a notice has gone by mail; of two who set it one succeeds. */
const MARK = {
  name: 'notices-mark-mailed',
  text: `insert into notice_deliveries (site_id, notice_id, target, delivered_at)
         select n.site_id, n.notice_id, 'mail', $3 from notices n
          where n.site_id = $1 and n.notice_id = any($2::uuid[]) and n.read_at is null
         on conflict do nothing returning notice_id`,
};

/** What of a member's may stand in the mail of the day: unread, not mailed yet, of the last days. */
const PENDING = {
  name: 'notices-pending-digest',
  text: `select notice_id, kind, data, (extract(epoch from created_at) * 1000)::float8 as created
           from notices n
          where site_id = $1 and member_id = $2 and read_at is null and deliver_at is not null and created_at > $3
            and not exists (select from notice_deliveries d
                             where d.site_id = n.site_id and d.notice_id = n.notice_id and d.target = 'mail')
          order by created_at`,
};

const DAY = 86_400_000;

/**
 * Queues the mails of those due notices that are to go by mail now: one each where the member wants it at once, else one of all
 * that the day has brought. Mail and mark are one transaction: what a process that dies leaves half done never was. A mail that
 * cannot be made, which the log is told of, keeps no other from going; resolves with the notices that it was for. `now` in ms since
 * 1970.
 */
export async function mailNotices(
  options: MailOptions,
  due: readonly DueNotice[],
  now: number,
): Promise<ReadonlySet<DueNotice>> {
  const failed = new Set<DueNotice>();
  const digests = new Map<string, DueNotice[]>();
  for (const notice of due) {
    if (!notice.mailbox) continue;
    if (mailTiming(notice.preferences, notice.kind) === 'daily') {
      const key = `${notice.siteId} ${notice.memberId}`;
      digests.set(key, [...(digests.get(key) ?? []), notice]);
    } else if (!(await queued(options, (client) => mailOne(options, client, { notice, now })))) {
      failed.add(notice);
    }
  }
  for (const notices of digests.values()) {
    const [notice] = notices;
    if (!notice || (await queued(options, (client) => mailDigest(options, client, { notice, now }))))
      continue;
    for (const one of notices) failed.add(one);
  }
  return failed;
}

async function queued(
  { pool, logger }: MailOptions,
  work: (client: PoolClient) => Promise<void>,
): Promise<boolean> {
  try {
    await inTransaction(pool, work);
    return true;
  } catch (error) {
    logger.error('the mail of a notice could not be queued', { error });
    return false;
  }
}

interface Mailing {
  readonly notice: DueNotice;
  readonly now: number;
}

async function mailOne(options: MailOptions, client: PoolClient, { notice, now }: Mailing): Promise<void> {
  const { mailbox, siteName, timeZone, noticeId, kind, data } = notice;
  if (!mailbox || (await mark(client, notice, { noticeIds: [noticeId], now })).size === 0) return;
  const { address: to, locale, name } = mailbox;
  const link = `${options.origin}/notices?open=${noticeId}`;
  const content = { name, siteName, timeZone, told: { kind, data }, link };
  await options.mails.queue({ kind: 'notice', to, locale, content }, client);
}

async function mailDigest(options: MailOptions, client: PoolClient, { notice, now }: Mailing): Promise<void> {
  const { siteId, memberId, mailbox, siteName, timeZone, preferences } = notice;
  if (!mailbox) return;
  const { rows } = await client.query<{ notice_id: string; kind: string; data: NoticeData; created: number }>(
    {
      ...PENDING,
      values: [siteId, memberId, new Date(now - 3 * DAY)],
    },
  );
  const pending = rows.flatMap((row): Mailed[] => {
    const kind = row.kind as NoticeKind;
    const told = { kind, data: row.data, createdAt: row.created, preferences, timeZone };
    const { mailAt } = waysOf({ ...told, done: { push: true, mail: false } }, now);
    const isOfToday = mailTiming(preferences, kind) === 'daily' && mailAt !== null && mailAt <= now;
    return isOfToday ? [{ noticeId: row.notice_id, kind, data: row.data }] : [];
  });
  const marked = await mark(client, notice, { noticeIds: pending.map(({ noticeId }) => noticeId), now });
  const told = pending
    .filter(({ noticeId }) => marked.has(noticeId))
    .map(({ kind, data }) => ({ kind, data }));
  if (told.length === 0) return;
  const { address: to, locale, name } = mailbox;
  const content = { name, siteName, timeZone, told, link: `${options.origin}/notices` };
  await options.mails.queue({ kind: 'digest', to, locale, content }, client);
}

async function mark(
  client: PoolClient,
  { siteId }: DueNotice,
  { noticeIds, now }: { noticeIds: readonly string[]; now: number },
): Promise<Set<string>> {
  const { rows } = await client.query<{ notice_id: string }>({
    ...MARK,
    values: [siteId, noticeIds, new Date(now)],
  });
  return new Set(rows.map((row) => row.notice_id));
}
