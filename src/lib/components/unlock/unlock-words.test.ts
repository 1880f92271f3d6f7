import { expect, it } from 'vitest';
import type { UnlockView } from '#shared/protocol/unlock';
import { askedWords, browserName, whereWords } from './unlock-words';

const view = { sameNetwork: false, place: '203.0.113.0/24' } as UnlockView;

it('B2 says where a browser is as seen from the phone', () => {
  expect(whereWords({ ...view, sameNetwork: true })).toBe('The same network as this phone');
  expect(whereWords({ ...view, place: '192.168.1.0/24' })).toContain('local');
  expect(whereWords(view)).toContain('203.0.113.x');
  expect(whereWords({ ...view, place: '' })).toBe('Unknown');
});

it('B2 says which browser, and when it asked', () => {
  expect(browserName({ browser: 'Firefox on Windows' })).toBe('Firefox on Windows');
  expect(browserName({ browser: '' })).toMatch(/does not say/);
  expect([0, 20_000, 61_000].map(askedWords)).toEqual(['Just now', '20 seconds ago', '1 minute ago']);
});
