import { pruneTombstones } from '../services/sync/tombstones';
import { pruneSessions } from '../services/auth/prune-sessions';
import { mailJobs, type MailJobsOptions } from './mail-jobs';
import type { Job } from './background-jobs';
import { keepKeys, type RotateOptions } from './rotate-keys';
import { createSettling, type SettleOptions } from './settle-reservations';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** Everything that happens without anyone's tap, and how often. */
export function plannedJobs(options: SettleOptions & RotateOptions & MailJobsOptions): readonly Job[] {
  const settleDue = createSettling(options);
  return [
    ...mailJobs(options),
    { name: 'settle-reservations', every: 10 * SECOND, run: async () => void (await settleDue()) },
    { name: 'keep-keys', every: HOUR, run: async () => void (await keepKeys(options)) },
    {
      name: 'prune-tombstones',
      every: HOUR,
      run: async () => void (await pruneTombstones(options.pool, options.clock.now())),
    },
    {
      name: 'prune-sessions',
      every: HOUR,
      run: () => pruneSessions(options.pool, options.clock.now()),
    },
  ];
}
