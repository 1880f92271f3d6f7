import { expect, it } from 'vitest';
import { deviceDetail, deviceTitle } from './device-words';

const format = { record: (at: number) => `day ${at}` };
const device = { since: 3, passCount: 0, removedAt: null };

it.each([
  [device, 'No pass · since day 3'],
  [{ ...device, passCount: 1 }, '1 pass · since day 3'],
  [{ ...device, passCount: 2, since: 0 }, '2 passes'],
  [{ ...device, removedAt: 9 }, 'Removed day 9'],
])('B5 says what is known of a device (case %#)', (view, words) => {
  expect(deviceDetail(view, format)).toBe(words);
});

it('B5 tells this device from the others', () => {
  expect(deviceTitle({ here: true })).not.toBe(deviceTitle({ here: false }));
});
