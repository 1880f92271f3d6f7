import { startBackgroundJobs } from '../server/jobs/background-jobs';
import { noticeJobs } from '../server/jobs/notice-jobs';
import { REMINDED_BEFORE } from '../server/services/notices/tell-by-clock';
import { percentile, report } from './figures';
import { makePushCrowd, type PushCrowd } from './push-crowd';

const DUE = 10_000;
const MINUTE = 60_000;
/** Milliseconds until the first is due, and for which is waited after the last. */
const LEAD = 5_000;
const PATIENCE = 120_000;

/**
 * B4: how late reminders are, in the app and at the push service, when 10,000 are due within one minute: the jobs as they run
 * in one process. The aim is 5 s.
 */
export async function benchReminders(): Promise<void> {
  const crowd = await makePushCrowd(DUE);
  const first = Date.now() + LEAD;
  await bookAll(crowd, first);
  const jobs = await startBackgroundJobs(
    { jobs: noticeJobs({ ...crowd.deliver, publish: () => undefined }), oneOffs: [] },
    crowd,
  );
  try {
    const until = first + MINUTE + PATIENCE;
    while (crowd.arrived.size < DUE && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 500));
    const { rows } = await crowd.pool.query<{ topic: string; due: number; told: number }>(
      `select replace(notice_id::text, '-', '') as topic, (data ->> 'start')::float8 - $1 as due,
              (extract(epoch from created_at) * 1000)::float8 as told
         from notices where kind = 'reminder_start'`,
      [REMINDED_BEFORE],
    );
    const told = rows.map((row) => row.told - row.due);
    const woken = rows.map((row) => (crowd.arrived.get(row.topic) ?? Infinity) - row.due);
    report(`reminders: ${String(rows.length)} of ${String(DUE)} in a minute`, {
      'in the app p50 ms': percentile(told, 0.5),
      'most ms': Math.max(...told),
      'at the push service p50 ms': percentile(woken, 0.5),
      'p99 ms': percentile(woken, 0.99),
      'latest ms': Math.max(...woken),
      aim: 'at most 5000 ms',
    });
  } finally {
    await jobs.stop();
    await crowd.close();
  }
}

/** One reservation on each slot, by the member with the slot's id; their reminders are due evenly over a minute. */
async function bookAll({ pool, siteId }: PushCrowd, first: number): Promise<void> {
  await pool.query(
    `insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, cost, receiver_account_id, created_at)
     select $1, gen_random_uuid(), slot_id, slot_id,
            tstzrange(at, at + interval '1 hour'), 'confirmed', 0, $1, now()
       from (select slot_id, $2::timestamptz + row_number() over () * ($3 / $4::float8) * interval '1 millisecond' as at
               from slots where site_id = $1) s`,
    [siteId, new Date(first + REMINDED_BEFORE), MINUTE, DUE],
  );
}
