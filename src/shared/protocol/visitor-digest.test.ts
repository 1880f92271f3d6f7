import { expect, test } from 'vitest';
import { isDigested } from './digest';
import type { Row } from './rows';

const DAY = 24 * 3_600_000;
const NOW = Date.UTC(2026, 2, 2, 10);

test.each([
  [-28 * DAY, true],
  [-29 * DAY, false],
  [-31 * DAY, false],
  [DAY, true],
])('X2 D2 a visitor pass that ended %s ms from now counts in the copy’s check: %s', (offset, expected) => {
  // A device keeps longer than the server what ended 30 days ago; nobody tells it.
  const row = { id: 'v', end: NOW + offset } as Row<'visitor_pass'>;
  expect(isDigested({ entity: 'visitor_pass', row }, NOW)).toBe(expected);
});
