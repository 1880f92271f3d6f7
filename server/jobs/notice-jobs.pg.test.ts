import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUR, makeTestSite, NOW } from '../arbiter/testing';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import type { PushAnswer } from '../services/push/push-transport';
import { startTestPushService, type TestPushService } from '../services/push/testing-push-service';
import { addNotice, addPhone, deliveryOf } from '../services/notices/testing-notices';
import { noticeJobs } from './notice-jobs';

let database: TestDatabase;
let service: TestPushService;
beforeAll(async () => {
  database = await createTestDatabase();
  service = await startTestPushService();
});
afterAll(async () => {
  await service.close();
  await database.close();
});

it('B4 B7 a reminder goes out though every run that sees to other things hangs', async () => {
  const site = await makeTestSite(database.pool);
  const [evil, honest] = [await site.join(), await site.join()];
  const { path } = await addPhone(site, service, evil);
  const phone = await addPhone(site, service, honest);
  let letGo: (answer: null) => void = () => undefined;
  const nothing = new Promise<PushAnswer | null>((resolve) => (letGo = resolve));
  let posts = 0;
  const delivery = deliveryOf(site, {
    accepts: () => true,
    post: async (endpoint, post) => {
      if (!endpoint.endsWith(path)) return await service.transport.post(endpoint, post);
      posts++;
      return await nothing;
    },
  });
  const jobs = noticeJobs({ ...delivery, publish: () => undefined }).filter(({ name }) =>
    name.startsWith('deliver-notices'),
  );
  const signal = new AbortController().signal;
  // As many batches as there are runs to hang.
  for (let count = 0; count < jobs.length * 100; count++) await addNotice(site, evil);
  const runs = jobs.map((job) => job.run(signal));
  await expect.poll(() => posts).toBe(4);
  const reminder = await addNotice(site, honest, { kind: 'reminder_start', data: { start: NOW + HOUR } });
  const free = await Promise.race(runs.map(async (run, index) => await run.then(() => index)));
  await jobs[free]!.run(signal);
  // A run that began to claim only now may have it in its batch: it goes out at once from there, too.
  await expect.poll(() => phone.received()).toEqual([reminder]);
  letGo(null);
  await Promise.all(runs);
});
