import { expect, it } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { deviceViews, removedAt } from './device-views';
import type { OutboxView } from './views';

const DAY = 86_400_000;
const NOW = 100 * DAY;
const own = { clientId: 'here', holderKey: 'own-key' };
const key = (id: string, fields: Partial<Row<'holder_key'>> = {}): Row<'holder_key'> => ({
  ...{ id, key: `${id}-key`, boundAt: NOW - DAY, revokedAt: null, ...fields },
});
const list = (keys: Row<'holder_key'>[], outbox: OutboxView[] = []) =>
  deviceViews({ keys, passes: [], outbox }, own, NOW);

it('B5 lists this device first, then the newest, the removed last', () => {
  const devices = list([
    key('old', { boundAt: NOW - 9 * DAY }),
    key('gone', { revokedAt: NOW - DAY }),
    key('new'),
    key('here', { key: 'own-key', boundAt: NOW - 20 * DAY }),
  ]);
  expect(devices.map(({ clientId }) => clientId)).toEqual(['here', 'new', 'old', 'gone']);
  expect(devices.map(({ here }) => here)).toEqual([true, false, false, false]);
});

it('B5 lists a device that counts anew once, under its latest id', () => {
  const devices = list([
    key('before', { key: 'own-key', boundAt: NOW - 9 * DAY }),
    key('here', { key: 'own-key' }),
  ]);
  expect(devices).toMatchObject([{ clientId: 'here', here: true }]);
});

it('B5 lists a removed device for 30 days', () => {
  expect(list([key('a', { revokedAt: NOW - 30 * DAY + 1 })])).toHaveLength(1);
  expect(list([key('a', { revokedAt: NOW - 30 * DAY })])).toEqual([]);
});

it('B5 shows how far the wish to remove it has come', () => {
  const wish: OutboxView = {
    ...{ seq: 1, id: 'w', op: 'device.revoke@1', args: { clientId: 'a' }, createdAt: NOW },
    ...{ mark: 'waiting', late: false, refusal: null },
  };
  const devices = list([key('a'), key('b')], [wish]);
  expect(devices.map(({ removal }) => removal)).toEqual([wish, null]);
});

it('B5 a device knows it was removed by its id or its key', () => {
  expect(removedAt([key('here'), key('b', { revokedAt: NOW })], own)).toBeNull();
  expect(removedAt([key('here', { revokedAt: NOW })], own)).toBe(NOW);
  expect(removedAt([key('before', { key: 'own-key', revokedAt: NOW })], own)).toBe(NOW);
  // No key of its own yet: nothing to be removed.
  expect(removedAt([key('b', { revokedAt: NOW })], { clientId: '', holderKey: null })).toBeNull();
});
