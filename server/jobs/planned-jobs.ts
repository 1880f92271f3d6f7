import { pruneTombstones } from '../services/sync/tombstones';
import { pruneSessions } from '../services/auth/prune-sessions';
import { mailJobs, type MailJobsOptions } from './mail-jobs';
import type { Job, OneOff } from './job';
import { noticeJobs, type NoticeJobsOptions } from './notice-jobs';
import type { SlotOffers } from './offer-slots';
import { keepKeys, type RotateOptions } from './rotate-keys';
import { createRuleFollowing } from '../services/lending/follow-rules';
import { pruneLending } from '../services/lending/prune-lending';
import { settleOpenPurchases } from '../services/payments/open-purchases';
import type { PaymentServices } from '../services/payments/payment-services';
import { prunePaymentEvents } from '../services/payments/prune-payment-events';
import { pruneEntries } from '../services/waitlist/prune-entries';
import { createSiteIntents } from '../services/visitors/site-intents';
import { createSettling, type SettleOptions } from './settle-reservations';

/** What `plannedJobs` needs: each area adds its own. */
export type PlanOptions = SettleOptions &
  RotateOptions &
  NoticeJobsOptions &
  MailJobsOptions & { readonly paymentServices: Pick<PaymentServices, 'providers'> } & {
    readonly slotOffers: Pick<SlotOffers, 'sweep'>;
  };

const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** Everything that happens without anyone's tap, and how often. */
export function plannedJobs(options: PlanOptions): readonly Job[] {
  const settleDue = createSettling(options);
  const siteIntents = createSiteIntents(options);
  const followRules = createRuleFollowing(options);
  return [
    ...mailJobs(options),
    ...noticeJobs(options),
    { name: 'settle-reservations', every: 10 * SECOND, run: async () => void (await settleDue()) },
    {
      name: 'follow-lending-rules',
      every: 60 * SECOND,
      // A change of rules touches the desk's copy.
      wakesOn: (scopes) => scopes.some((scope) => scope.startsWith('desk:')),
      run: async (signal) => void (await followRules(signal)),
    },
    // What a process that died has left undone; a commit wakes them by itself (arbiter, onFreed).
    { name: 'offer-slots', every: 10 * SECOND, run: () => options.slotOffers.sweep() },
    {
      name: 'settle-purchases',
      every: 60 * SECOND,
      // A refund touches the desk's copy.
      wakesOn: (scopes) => scopes.some((scope) => scope.startsWith('desk:')),
      run: async (signal) =>
        void (await settleOpenPurchases({ ...options, ...options.paymentServices, siteIntents }, signal)),
    },
    { name: 'keep-keys', every: HOUR, run: async () => void (await keepKeys(options)) },
    {
      name: 'prune-tombstones',
      every: HOUR,
      run: async () => void (await pruneTombstones(options.pool, options.clock.now())),
    },
    {
      name: 'prune-lending',
      every: HOUR,
      run: async () => void (await pruneLending(options.pool, options.clock.now())),
    },
    {
      name: 'prune-waitlist',
      every: HOUR,
      run: async () => void (await pruneEntries(options.pool, options.clock.now())),
    },
    {
      name: 'prune-payment-events',
      every: HOUR,
      run: async () => void (await prunePaymentEvents(options.pool, options.clock.now())),
    },
    {
      name: 'prune-sessions',
      every: HOUR,
      run: () => pruneSessions(options.pool, options.clock.now()),
    },
  ];
}

/** What is done once, each because somebody's transaction asked for it with `addOneOff`. */
export function plannedOneOffs(_options: PlanOptions): readonly OneOff[] {
  return [];
}
