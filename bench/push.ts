import { createNoticeDelivery } from '../server/services/notices/deliver-notices';
import { report } from './figures';
import { makePushCrowd } from './push-crowd';

const MEMBERS = 5_000;
const ROUNDS = 3;
/** As many runs beside each other as there are jobs of it (server/jobs/notice-jobs.ts). */
const DELIVERIES = 3;

/** B4: how many browsers one process wakes in a second: a notice for each of 5,000 members, all due at once. The aim is 500. */
export async function benchPush(): Promise<void> {
  const crowd = await makePushCrowd(MEMBERS);
  const deliver = createNoticeDelivery(crowd.deliver);
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      await crowd.pool.query(
        `insert into notices (site_id, notice_id, member_id, kind, data, told_key, created_at, deliver_at)
         select site_id, gen_random_uuid(), member_id, 'reminder_end', '{}', $1, now(), now() from members`,
        [`round ${String(round)}`],
      );
      crowd.arrived.clear();
      const begin = performance.now();
      await Promise.all(Array.from({ length: DELIVERIES }, () => deliver()));
      const seconds = (performance.now() - begin) / 1000;
      if (crowd.arrived.size !== MEMBERS)
        throw new Error(`${String(crowd.arrived.size)} of ${String(MEMBERS)} arrived`);
      report(`push: ${String(MEMBERS)} browsers, round ${String(round)}`, {
        'a second': MEMBERS / seconds,
        aim: 'at least 500',
      });
    }
  } finally {
    await crowd.close();
  }
}
