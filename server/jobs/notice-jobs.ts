import { createNoticeDelivery, type DeliverOptions } from '../services/notices/deliver-notices';
import { pruneNotices } from '../services/notices/prune-notices';
import { tellByClock } from '../services/notices/tell-by-clock';
import type { Job } from './job';

export interface NoticeJobsOptions extends DeliverOptions {
  /** Tells open devices that rows of these scopes have changed. */
  readonly publish: (scopes: readonly string[]) => void;
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;

/**
 * Each a run at a time, in whichever process is free: one that waits for a slow push service, or that has died and is not taken
 * up yet, does not stop the others. The last one sees to what presses alone: a reminder waits for no batch of other things.
 */
const DELIVERIES = [
  { name: 'deliver-notices', onlyPressing: false },
  { name: 'deliver-notices-2', onlyPressing: false },
  { name: 'deliver-notices-3', onlyPressing: true },
];

/** B4: being told, without anyone's tap. A second each: a reminder is in the pocket some two seconds after its moment. */
export function noticeJobs(options: NoticeJobsOptions): readonly Job[] {
  const { pool, clock, publish } = options;
  const deliver = createNoticeDelivery(options);
  return [
    {
      name: 'tell-by-clock',
      every: SECOND,
      run: async () => {
        const scopes = await tellByClock(pool, clock.now());
        if (scopes.length > 0) publish(scopes);
      },
    },
    ...DELIVERIES.map(({ name, onlyPressing }) => ({
      ...{ name, every: SECOND },
      run: async (signal: AbortSignal) => void (await deliver({ signal, onlyPressing })),
    })),
    {
      name: 'prune-notices',
      every: HOUR,
      run: async () => void (await pruneNotices(pool, clock.now())),
    },
  ];
}
