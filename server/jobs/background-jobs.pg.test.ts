import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../db/testing';
import { createLogger } from '../platform/logger';
import { startBackgroundJobs, type Job } from './background-jobs';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.close());

/** Timers that go off when they are told to. */
function createTimers() {
  const waiting = new Set<() => void>();
  return {
    waiting,
    after: (_milliseconds: number, work: () => void) => {
      waiting.add(work);
      return () => waiting.delete(work);
    },
    fire: () => [...waiting].forEach((work) => (waiting.delete(work), work())),
  };
}

const logger = createLogger({ level: 'error', write: () => undefined });

describe('background jobs', () => {
  it('B7 one process at a time runs a job, and a run that fails is followed by the next', async () => {
    const started: string[] = [];
    const ends: (() => void)[] = [];
    const job = (process: string): Job => ({
      name: 'job',
      every: 1000,
      run: () =>
        new Promise((resolve, reject) => {
          started.push(process);
          ends.push(() => (process === 'one' ? reject(new Error('failed')) : resolve()));
        }),
    });
    const [one, two] = [createTimers(), createTimers()];
    const first = startBackgroundJobs([job('one')], { pool: database.pool, logger, after: one.after });
    const second = startBackgroundJobs([job('two')], { pool: database.pool, logger, after: two.after });
    one.fire();
    await expect.poll(() => started).toEqual(['one']);
    two.fire();
    // The second finds the lock taken and waits for its next turn.
    await expect.poll(() => two.waiting.size).toBe(1);
    expect(started).toEqual(['one']);
    ends[0]!();
    await expect.poll(() => one.waiting.size).toBe(1);
    two.fire();
    await expect.poll(() => started).toEqual(['one', 'two']);
    const stopped = second.stop();
    ends[1]!();
    await Promise.all([stopped, first.stop()]);
    expect(one.waiting.size + two.waiting.size).toBe(0);
  });
});
