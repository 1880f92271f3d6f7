import { expect, it } from 'vitest';
import { createSyncCaps } from './sync-caps';

it('B10 stops a session that loops, push and pull apart, and no other session', async () => {
  const caps = createSyncCaps({ points: 2, duration: 30 });
  for (let calls = 0; calls < 2; calls++) expect(await caps.admit('pull', 'mad')).toBeNull();
  expect(await caps.admit('pull', 'mad')).toBe(30);
  expect(await caps.admit('push', 'mad')).toBeNull();
  expect(await caps.admit('pull', 'sane')).toBeNull();
});
