import { expect, test } from 'vitest';
import { askedWindow, findPath } from './window-address';

const NOW = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;
const read = (path: string, earliest = NOW) =>
  askedWindow(new URL(path, 'https://a.test').searchParams, earliest);

test('C4 Find opens with the window of its address', () => {
  const window = { start: NOW + HOUR, end: NOW + 3 * HOUR };
  expect(read(findPath(window))).toEqual(window);
  expect(read('/find')).toBeNull();
});

test('C4 of a window that has begun only the rest, of one that is over nothing', () => {
  const window = { start: NOW - HOUR, end: NOW + HOUR };
  expect(read(findPath(window))).toEqual({ start: NOW, end: NOW + HOUR });
  expect(read(findPath(window), NOW + HOUR)).toBeNull();
});

test.each(['from=1&until=x', 'from=9999999999999999&until=99999999999999999', 'until=5', 'from=-1&until=-2'])(
  'C4 an address that makes no sense asks for nothing: %s',
  (search) => expect(read(`/find?${search}`, 0)).toBeNull(),
);
