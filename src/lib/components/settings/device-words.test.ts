import { describe, expect, it } from 'vitest';
import type { SignedInDevice } from '$lib/auth/devices';
import type { DeviceView } from '$lib/state/device-views';
import { deviceList } from './device-list';
import { deviceDetail, deviceTitle, placeWords } from './device-words';

const format = { record: (at: number) => `day ${at}`, moment: (at: number) => `at ${at}` };

const session = (fields: Partial<SignedInDevice> = {}): SignedInDevice => ({
  ...{ id: 's', name: '', words: 'Firefox on Windows', network: '203.0.113.0/24', by: 'passkey' },
  ...{ createdAt: 1, lastSeenAt: 2, expiresAt: 9, clientIds: [], holdsKey: false },
  ...{ isHere: false, isSameNetwork: false, isOver: false },
  ...fields,
});
const holder = (fields: Partial<DeviceView> = {}): DeviceView => ({
  ...{ clientId: 'c', here: false, since: 3, passCount: 0, removedAt: null, removal: null },
  ...fields,
});

describe('the words for a device', () => {
  it.each([
    [{ session: session(), holder: null }, 'Last used at 2 · network 203.0.113.x'],
    [{ session: session({ isSameNetwork: true }), holder: null }, 'Last used at 2 · your present network'],
    [{ session: session({ network: '' }), holder: holder({ passCount: 2 }) }, 'Last used at 2 · 2 passes'],
    [
      { session: session({ isOver: true, network: '' }), holder: null },
      'Signed out by itself, last used at 2',
    ],
    [{ session: null, holder: holder({ passCount: 1 }) }, '1 pass · since day 3'],
    [{ session: null, holder: holder({ since: 0 }) }, 'no pass'],
    [{ session: null, holder: holder({ removedAt: 9 }) }, 'Removed day 9'],
  ])('B5 say use, place and passes (case %#)', (device, words) => {
    expect(deviceDetail({ ...device, here: false }, 5, format)).toBe(words);
  });

  it('B5 of this device they leave out what its owner sees', () => {
    const here = { session: session({ isHere: true }), holder: holder({ passCount: 1 }), here: true };
    expect(deviceDetail(here, 5, format)).toBe('1 pass');
  });

  it.each([
    [session({ name: 'Car phone' }), 'Car phone'],
    [session(), 'Firefox on Windows'],
    [session({ words: '' }), 'A browser'],
    [null, 'A device that is signed out'],
  ])('B5 name it by its owner, then by its browser (case %#)', (of, title) => {
    expect(deviceTitle({ session: of, here: false })).toBe(title);
  });

  it.each([
    ['192.168.1.0/24', 'a local network'],
    ['172.20.0.0/24', 'a local network'],
    ['172.32.0.0/24', 'network 172.32.0.x'],
    ['2001:db8:1::/48', 'network 2001:db8:1'],
    ['fd00:1:2::/48', 'a local network'],
  ])('B5 say where %s is', (network, words) => {
    expect(placeWords({ network, isSameNetwork: false })).toBe(words);
  });
});

describe('the list of devices', () => {
  it('B5 is one, of sessions and pass keys: this device first, a key without a session last', () => {
    const here = holder({ clientId: 'own', here: true });
    const phone = holder({ clientId: 'phone', passCount: 1 });
    const lost = holder({ clientId: 'lost' });
    const listed = deviceList(
      [session({ id: 'a', clientIds: ['phone', 'elsewhere'] }), session({ id: 'b', isHere: true })],
      [phone, here, lost],
    );
    expect(listed.map(({ key, holder: of }) => [key, of?.clientId ?? null])).toEqual([
      ['b', 'own'],
      ['a', 'phone'],
      ['lost', 'lost'],
    ]);
  });

  it('B5 offline it is what this device knows', () => {
    const listed = deviceList(null, [holder({ clientId: 'phone' }), holder({ clientId: 'own', here: true })]);
    expect(listed.map(({ key, here }) => [key, here])).toEqual([
      ['own', true],
      ['phone', false],
    ]);
  });

  it('B5 a key that was removed stands by itself, also when its browser has signed in again', () => {
    const removed = holder({ clientId: 'phone', removedAt: 4 });
    expect(deviceList([session({ clientIds: ['phone'] })], [removed])).toMatchObject([
      { key: 's', holder: null },
      { key: 'phone', session: null },
    ]);
  });
});
