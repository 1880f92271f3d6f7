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
    ['update_needed', null, 3, 'Update needed · 3 waiting'],
  ] as const)('%s, as of %s, %i waiting: %s', (connection, asOf, waitingCount, text) => {
    expect(connectionWords(connection, asOf, waitingCount).text).toBe(text);
  });
});
