import { describe, expect, it } from 'vitest';
import { connectionWords } from './connection-words';

describe('K3 the connection strip', () => {
  it.each([
    ['online', '14:02', 0, 'Up to date'],
    ['online', '14:02', 2, 'Sending 2'],
    ['connecting', '14:02', 0, 'Connecting · as of 14:02'],
    ['offline', '14:02', 2, 'Offline · as of 14:02 · 2 waiting'],
    ['offline', null, 0, 'Offline'],
    ['paused', '14:02', 1, 'Signed out · as of 14:02 · 1 waiting'],
    ['left', '14:02', 1, 'No longer a member here · as of 14:02 · 1 waiting'],
    ['update_needed', null, 3, 'Update needed · 3 waiting'],
  ] as const)('%s, as of %s, %i waiting: %s', (connection, asOf, waitingCount, text) => {
    expect(connectionWords(connection, { asOf, age: 60_000, waitingCount, loading: null }).text).toBe(text);
  });

  it('X7 does not call a copy up to date that nobody has looked after for minutes', () => {
    const asleep = { asOf: '14:02', age: 3 * 60_000 + 1, waitingCount: 0, loading: null };
    expect(connectionWords('online', asleep).text).toBe('Checking · as of 14:02');
    expect(connectionWords('online', { ...asleep, waitingCount: 1 }).text).toBe('Sending 1');
  });

  it.each([
    ['connecting', 0, 'Loading 1,200 of 10,000'],
    ['online', 2, 'Loading 1,200 of 10,000 · 2 waiting'],
    ['offline', 1, 'Offline · 1,200 of 10,000 loaded · 1 waiting'],
    ['paused', 0, 'Signed out · 1,200 of 10,000 loaded'],
  ] as const)('K4 in the middle of a load, %s, %i waiting: %s', (connection, waitingCount, text) => {
    const loading = { loaded: 1200, total: 10_000 };
    expect(connectionWords(connection, { asOf: null, age: 0, waitingCount, loading }).text).toBe(text);
  });
});
