import { deliverNotices, type DeliverOptions } from '../services/notices/deliver-notices';
import { pruneNotices } from '../services/notices/prune-notices';
import { tellByClock } from '../services/notices/tell-by-clock';
import type { Job } from './job';

export interface NoticeJobsOptions extends DeliverOptions {
  /** Tells open devices that rows of these scopes have changed. */
  readonly publish: (scopes: readonly string[]) => void;
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** B4: being told, without anyone's tap. A second each: a reminder is in the pocket some two seconds after its moment. */
export function noticeJobs(options: NoticeJobsOptions): readonly Job[] {
  const { pool, clock, publish } = options;
  return [
    {
      name: 'tell-by-clock',
      every: SECOND,
      run: async () => {
        const scopes = await tellByClock(pool, clock.now());
        if (scopes.length > 0) publish(scopes);
      },
    },
    {
      name: 'deliver-notices',
      every: SECOND,
      run: async (signal) => void (await deliverNotices(options, signal)),
    },
    {
      name: 'prune-notices',
      every: HOUR,
      run: async () => void (await pruneNotices(pool, clock.now())),
    },
  ];
}
