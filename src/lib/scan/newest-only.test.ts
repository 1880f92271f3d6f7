import { describe, expect, it, vi } from 'vitest';
import { newestOnly } from './newest-only';

describe('D4 a slider faster than the camera', () => {
  it('skips what is out of date, ends with the newest, and never does two things at once', async () => {
    const done: number[] = [];
    let finish = (): void => undefined;
    const set = newestOnly<number>((value) => {
      done.push(value);
      return new Promise((resolve) => (finish = resolve));
    });
    for (const value of [1, 2, 3, 4]) set(value);
    expect(done).toEqual([1]);
    finish();
    await vi.waitFor(() => expect(done).toEqual([1, 4]));
    finish();
    await Promise.resolve();
    set(5);
    await vi.waitFor(() => expect(done).toEqual([1, 4, 5]));
  });

  it('goes on after a failure, which is told', async () => {
    const failed = vi.fn();
    const apply = vi.fn((value: number) =>
      value === 1 ? Promise.reject(new Error('no')) : Promise.resolve(),
    );
    const set = newestOnly(apply, failed);
    set(1);
    set(2);
    await vi.waitFor(() => expect(apply).toHaveBeenCalledTimes(2));
    expect(failed.mock.calls).toEqual([[1]]);
  });
});
