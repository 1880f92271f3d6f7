import { expect, it } from 'vitest';
import { Deed } from './deed.svelte';
import { RefusalError, refusalOf } from './refusal';

const refusing = () => Promise.reject(new RefusalError(refusalOf('slot_taken')));

it('K3 a refusal is said until the next deed', async () => {
  const deed = new Deed();
  expect(await deed.do(refusing)).toBe(false);
  expect(deed.problem?.code).toBe('slot_taken');
  expect(await deed.do(() => Promise.resolve())).toBe(true);
  expect(deed.problem).toBeNull();
});

it('K3 one at a time: a second tap does nothing', async () => {
  const deed = new Deed();
  let finish = (): void => undefined;
  const first = deed.do(() => new Promise<void>((resolve) => (finish = resolve)));
  expect(deed.busy).toBe(true);
  expect(await deed.do(refusing)).toBe(false);
  expect(deed.problem).toBeNull();
  finish();
  expect(await first).toBe(true);
  expect(deed.busy).toBe(false);
});

it('K3 a bug is thrown, and leaves nothing under way', async () => {
  const deed = new Deed();
  await expect(deed.do(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  expect([deed.busy, deed.problem]).toEqual([false, null]);
});
