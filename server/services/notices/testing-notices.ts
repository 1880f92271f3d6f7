import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import type { Member } from '#shared/domain/entities';
import type { NoticeData, NoticeKind, NoticePreferences } from '#shared/domain/notice-kinds';
import { pushMessageSchema } from '#shared/protocol/push-message';
import type { TestSite } from '../../arbiter/testing';
import { newId } from '../../platform/ids';
import { createLogger, type Logger } from '../../platform/logger';
import type { Mails } from '../mail/mail';
import { createMails } from '../mail/mails';
import { createPush } from '../push/push';
import { createPushSubscriptions } from '../push/push-subscriptions';
import type { PushTransport } from '../push/push-transport';
import { createTestReceiver, type TestPushMessage, type TestPushService } from '../push/testing-push-service';
import { createNoticeDelivery, type DeliverOptions } from './deliver-notices';

export const ORIGIN = 'https://parking.example';

/** A phone that is signed in and subscribed, and what its service worker would show. */
export interface TestPhone {
  readonly path: string;
  /** Ids of the notices that came, one a message. */
  received(): string[];
  messages(): TestPushMessage[];
  /** What it can read in the message. */
  read(message: TestPushMessage): unknown;
}

/** Signs the member in on a phone of its own and subscribes it at the push service. */
export async function addPhone(site: TestSite, service: TestPushService, member: Member): Promise<TestPhone> {
  const { pool, clock } = site;
  const { rows } = await pool.query<{ user_id: string }>('select user_id from members where member_id = $1', [
    member.id,
  ]);
  const userId = rows[0]!.user_id;
  const session = randomBytes(32);
  const now = new Date(clock.now());
  await pool.query(
    `insert into sessions (token_sha256, user_id, site_id, created_at, expires_at, last_seen_at)
     values ($1, $2, $3, $4, $5, $4)`,
    [session, userId, site.siteId, now, new Date(clock.now() + 400 * 86_400_000)],
  );
  const receiver = createTestReceiver();
  const path = `/${randomBytes(8).toString('hex')}`;
  const target = { endpoint: `${service.url}${path}`, keys: receiver.keys };
  await createPushSubscriptions(pool).keep({ userId, sessionId: session.toString('base64url') }, target, now);
  const messages = () => service.messages.filter((message) => message.path === path);
  const read = (message: TestPushMessage) =>
    pushMessageSchema.parse(JSON.parse(new TextDecoder().decode(receiver.decrypt(message.body))));
  return {
    path,
    messages,
    read,
    received: () =>
      messages().map((message) => {
        const said = read(message);
        if (said.kind !== 'notice') throw new Error('no notice');
        return said.noticeId;
      }),
  };
}

/** What a test may want otherwise. */
export interface TestNotice {
  readonly kind?: NoticeKind;
  readonly data?: NoticeData;
  readonly at?: number;
}

/** Puts a notice as the arbiter does; answers its id. */
export async function addNotice(site: TestSite, member: Member, notice: TestNotice = {}): Promise<string> {
  const { kind = 'changed', at = site.clock.now() } = notice;
  const noticeId = newId();
  const data = notice.data ?? {
    ...{
      reservationId: newId(),
      slotId: newId(),
      slotLabel: 'B2-14',
      change: 'moved',
      by: 'owner',
      refund: 0,
    },
    ...{ start: at, end: at + 3_600_000, formerLabel: 'B1-03', formerStart: at, formerEnd: at + 3_600_000 },
  };
  await site.pool.query(
    `insert into notices (site_id, notice_id, member_id, kind, data, told_key, created_at, deliver_at)
     values ($1, $2::uuid, $3, $4, $5, $2::uuid::text, $6, $6)`,
    [site.siteId, noticeId, member.id, kind, data, new Date(at)],
  );
  return noticeId;
}

/** How the member wants to be told, apart from the defaults; the address counts as confirmed. */
export async function prefer(
  site: TestSite,
  member: Member,
  wanted: Partial<NoticePreferences>,
  locale = 'en',
): Promise<void> {
  const preferences = { push: {}, mail: {}, quietHours: null, detailsOnLockScreen: false, ...wanted };
  await site.pool.query(
    `insert into notice_preferences (site_id, member_id, preferences) values ($1, $2, $3)
     on conflict (site_id, member_id) do update set preferences = excluded.preferences`,
    [site.siteId, member.id, preferences],
  );
  await site.pool.query(
    `update users set email_verified_at = now(), locale = $2
      where user_id = (select user_id from members where member_id = $1)`,
    [member.id, locale],
  );
}

/** What a test may have break. */
export interface Instead {
  readonly pool?: Pool;
  readonly logger?: Logger;
  readonly mails?: (mails: Mails) => Mails;
}

/** What a process that delivers is made of. */
export function deliveryOf(
  site: TestSite,
  transport: PushTransport,
  { pool = site.pool, logger = silent, mails: instead = (mails) => mails }: Instead = {},
): DeliverOptions {
  const { clock, secretKey } = site;
  const mails = instead(createMails({ pool, clock, newId, secretKey }));
  const push = createPush({ pool, clock, secretKey, origin: ORIGIN, logger, transport });
  return { pool, clock, push, mails, origin: ORIGIN, logger };
}

/** A process that delivers; by a pool and a way out of its own where a test wants them to break. */
export function createDeliverer(
  site: TestSite,
  transport: PushTransport,
  instead: Instead = {},
): ReturnType<typeof createNoticeDelivery> {
  return createNoticeDelivery(deliveryOf(site, transport, instead));
}

const silent = createLogger({ write: () => undefined });

/** Notices that are still to go out: id and when, ms since 1970. */
export async function dueNotices(site: TestSite): Promise<Map<string, number>> {
  const { rows } = await site.pool.query<{ notice_id: string; deliver_at: Date }>(
    'select notice_id, deliver_at from notices where deliver_at is not null',
  );
  return new Map(rows.map((row) => [row.notice_id, row.deliver_at.getTime()]));
}
