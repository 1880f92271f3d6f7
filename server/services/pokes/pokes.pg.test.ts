import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createLogger } from '../../platform/logger';
import { createPokes } from './pokes';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const open = () => createPokes({ url: database.url, logger: createLogger({ write: () => undefined }) });

function createListener() {
  const seen: string[] = [];
  const closed = vi.fn();
  return { seen, closed, poke: (scopes: readonly string[]) => void seen.push(...scopes) };
}

describe('pokes', () => {
  it('reach listeners of the scope, here at once and elsewhere once each, and no others', async () => {
    const [here, there] = [await open(), await open()];
    const [near, far, other] = [createListener(), createListener(), createListener()];
    here.subscribe(['site:a'], near);
    there.subscribe(['site:a', 'member:b'], far);
    there.subscribe(['site:z'], other);
    here.publish(['site:a', 'member:b']);
    here.publish(['site:a']);
    expect(near.seen).toEqual(['site:a', 'site:a']);
    await vi.waitFor(() => expect(far.seen).toEqual(['site:a', 'member:b']));
    expect(other.seen).toEqual([]);
    await Promise.all([here.close(), there.close()]);
    expect(near.seen).toHaveLength(2);
    expect(far.closed).toHaveBeenCalledOnce();
  });

  it('K4 more scopes at once than one NOTIFY holds all arrive', async () => {
    const [here, there] = [await open(), await open()];
    const scopes = Array.from({ length: 1000 }, (_, index) => `member:00000000-0000-7000-8000-${index}`);
    const far = createListener();
    there.subscribe(scopes, far);
    here.publish(scopes);
    await vi.waitFor(() => expect(new Set(far.seen).size).toBe(1000), { timeout: 5000 });
    await Promise.all([here.close(), there.close()]);
  });

  it('K4 a lost connection comes back and pokes everybody, because nobody knows what was missed', async () => {
    const pokes = await open();
    const listener = createListener();
    pokes.subscribe(['site:a'], listener);
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'undercroft-pokes' and datname = current_database()`,
    );
    await vi.waitFor(() => expect(listener.seen).toEqual(['site:a']), { timeout: 5000 });
    await pokes.close();
  });

  it('K4 what commits after the streams have ended still reaches other processes', async () => {
    const [here, there] = [await open(), await open()];
    const [near, far] = [createListener(), createListener()];
    here.subscribe(['site:a'], near);
    there.subscribe(['site:a'], far);
    here.endSubscriptions();
    here.endSubscriptions();
    here.publish(['site:a']);
    await here.close();
    await vi.waitFor(() => expect(far.seen).toEqual(['site:a']));
    expect(near.seen).toEqual([]);
    expect(near.closed).toHaveBeenCalledOnce();
    const late = createListener();
    here.subscribe(['site:a'], late);
    expect(late.closed).toHaveBeenCalledOnce();
    await there.close();
  });
});
