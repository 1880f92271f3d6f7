import type { Pool } from 'pg';
import type { PushMessage } from '#shared/protocol/push-message';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import { hashOf, type OwnedTarget, type PushTarget } from '../push/push-subscriptions';
import type { Push, PushDelivery, PushOutcome } from '../push/push';
import { isPressing, pushedUntil, PUSHED_WITHIN, retryIn, waysOf, type Ways } from './delivery';
import { claimDue, settleDue, type DueNotice, type Settled } from './due-notices';
import { mailNotices, type MailOptions } from './mail-notices';
import { createSendingSlots, type SendingSlots } from './sending-slots';

export interface DeliverOptions extends MailOptions {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly push: Pick<Push, 'targetsOf' | 'sendTo'>;
  readonly logger: Logger;
}

/** Notices that are claimed, and settled, together. */
const BATCH = 100;
/** Messages of a process under way at the same time, of all its runs: all together, and those for one user. */
const AT_ONCE = { all: 128, each: 4 };
/**
 * Milliseconds for which a batch goes on sending: whatever has not begun by then is tried again later. With the push service's
 * own 10 s a batch is settled long before `CLAIMED_FOR` is over.
 */
export const BATCH_LASTS = 10_000;

/** Milliseconds after which a notice that always fails is left to the app alone. */
const GIVEN_UP_AFTER = 3 * 86_400_000;

/** Marks that nothing more of a notice is to be pushed. */
const PUSHED = 'push';
const MAILED = 'mail';

export interface Run {
  readonly signal?: AbortSignal;
  /** See `claimDue`. Default: false. */
  readonly onlyPressing?: boolean;
}

/**
 * B4: lets go out what is due, by push and by mail, as each member wants it. A run claims a batch, sends it, settles it, with no
 * network inside a transaction, until nothing is due or `signal` is aborted, and resolves with how many notices it has seen to. Runs
 * of one process and of several go on beside each other, each with batches of its own. One that dies leaves messages that are sent
 * again, under the same tag and topic, so that a device shows each notice once.
 */
export function createNoticeDelivery(options: DeliverOptions): (run?: Run) => Promise<number> {
  const slots = createSendingSlots(AT_ONCE);
  return async ({ signal, onlyPressing = false } = {}) => {
    const busy = new Map<string, PushOutcome>();
    let count = 0;
    while (!signal?.aborted) {
      const now = options.clock.now();
      const { due, claimed } = await claimDue(options.pool, now, { limit: BATCH, onlyPressing });
      count += due.length;
      if (due.length > 0) await deliverBatch(options, due, { slots, busy, until: now + BATCH_LASTS });
      if (claimed < BATCH) break;
    }
    return count;
  };
}

/** How the messages of a batch go out. */
interface Sending {
  readonly slots: SendingSlots;
  /** The endpoints, hashed, that took nothing in this run, with what came of it: asking them again and again keeps others waiting. */
  readonly busy: Map<string, PushOutcome>;
  /** From then on none is begun, ms since 1970. */
  readonly until: number;
}

async function deliverBatch(
  options: DeliverOptions,
  due: readonly DueNotice[],
  sending: Sending,
): Promise<void> {
  const now = options.clock.now();
  const planned: Planned[] = [];
  const settled: Settled[] = [];
  for (const notice of due) {
    const ways = waysUnlessBroken(options, notice, now);
    if (ways) planned.push({ notice, ...ways });
    // Whatever is wrong with this one, the others go out.
    else settled.push({ notice, reached: [], dueAt: laterOrNever(notice, now) });
  }
  const pushed = planned.filter(({ pushAt }) => pushAt !== null && pushAt <= now).map(({ notice }) => notice);
  const mailed = planned.filter(({ mailAt }) => mailAt !== null && mailAt <= now).map(({ notice }) => notice);
  const targets = await options.push.targetsOf([...new Set(pushed.map(({ userId }) => userId))]);
  const [pushes, unmailed] = await Promise.all([
    Promise.all(
      pushed.map(async (notice) => {
        const addressed = { notice, targets: targets.get(notice.userId) ?? [] };
        return [notice, await pushNotice(options, addressed, sending)] as const;
      }),
    ),
    mailNotices(options, mailed, now),
  ]);
  const attempts = new Map(pushes);
  for (const { notice, pushAt, mailAt } of planned) {
    const attempt = attempts.get(notice);
    const nextPush = attempt ? attempt.again : pushAt;
    const mailAgain = unmailed.has(notice) ? laterOrNever(notice, now) : null;
    const nextMail = mailAt !== null && mailAt > now ? mailAt : mailAgain;
    const dueAt = earliest(nextPush, nextMail);
    // With nothing to come there is nothing to remember.
    const reached = dueAt === null ? [] : nextPush === null ? [PUSHED] : (attempt?.reached ?? []);
    settled.push({ notice, reached, dueAt });
  }
  await settleDue(options.pool, settled, now);
}

type Planned = Ways & { readonly notice: DueNotice };

/** Null, and told to the log, for one that nothing can be said of: a zone that this Node does not know. */
function waysUnlessBroken({ logger }: DeliverOptions, notice: DueNotice, now: number): Ways | null {
  try {
    const done = { push: notice.reached.has(PUSHED), mail: notice.reached.has(MAILED) || !notice.mailbox };
    return waysOf({ ...notice, done }, now);
  } catch (error) {
    logger.error('a notice could not be looked at', { noticeId: notice.noticeId, error });
    return null;
  }
}

/** When to try again what failed for a reason of our own, ms since 1970; null when it has for days. */
function laterOrNever({ attempts, createdAt }: DueNotice, now: number): number | null {
  const at = now + retryIn(attempts, null);
  return at < createdAt + GIVEN_UP_AFTER ? at : null;
}

interface Attempt {
  /** The endpoints, hashed, that need not be tried again. */
  readonly reached: readonly string[];
  /** When the others are, ms since 1970; null where there are none, or it would be too late. */
  readonly again: number | null;
}

async function pushNotice(
  { push, clock, logger }: DeliverOptions,
  { notice, targets }: { notice: DueNotice; targets: readonly OwnedTarget[] },
  { slots, busy, until }: Sending,
): Promise<Attempt> {
  const outcomes = await Promise.all(
    targets.map(async (target): Promise<{ name: string; outcome: PushOutcome }> => {
      const name = nameOf(target);
      if (notice.reached.has(name)) return { name, outcome: { is: 'taken' } };
      const send = async (): Promise<PushOutcome> => {
        if (clock.now() >= until) return { is: 'later', after: null };
        const known = busy.get(name);
        if (known) return known;
        const sent = await push.sendTo(target, messageOf(notice, target), deliveryOf(notice, clock.now()));
        if (sent.is === 'later') busy.set(name, sent);
        return sent;
      };
      const outcome = await slots(notice.userId, send).catch((error: unknown): PushOutcome => {
        logger.error('a push message could not be made', { error });
        return { is: 'later', after: null };
      });
      return { name, outcome };
    }),
  );
  const waits = outcomes.flatMap(({ outcome }) => (outcome.is === 'later' ? [outcome.after ?? 0] : []));
  if (waits.length === 0) return { reached: [], again: null };
  const again = clock.now() + retryIn(notice.attempts, Math.max(...waits));
  return {
    reached: outcomes.flatMap(({ name, outcome }) => (outcome.is === 'later' ? [] : [name])),
    again: again < pushedUntil(notice) ? again : null,
  };
}

/**
 * On a locked screen anybody reads it: where and when only for who wants that. The icon of a browser that has another building open
 * counts that one's.
 */
function messageOf(notice: DueNotice, target: OwnedTarget): PushMessage {
  const { noticeId, siteId, siteName, kind: noticeKind, data, timeZone, unread } = notice;
  const details = notice.preferences.detailsOnLockScreen ? { siteName, data, timeZone } : {};
  const counted = target.siteId === siteId ? { unread } : {};
  return { kind: 'notice', noticeId, siteId, noticeKind, ...details, ...counted };
}

function deliveryOf(notice: DueNotice, now: number): PushDelivery {
  const keptFor = Math.min(Math.max(pushedUntil(notice) - now, 0), PUSHED_WITHIN);
  return {
    ttl: Math.ceil(keptFor / 1000),
    urgency: isPressing(notice.kind) ? 'high' : 'normal',
    // 32 characters, as many as a topic may have.
    topic: notice.noticeId.replaceAll('-', ''),
  };
}

function nameOf({ endpoint }: PushTarget): string {
  return Buffer.from(hashOf(endpoint)).toString('hex');
}

function earliest(...moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.min(...known);
}
