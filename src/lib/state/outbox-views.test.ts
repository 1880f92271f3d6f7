import { expect, test } from 'vitest';
import { HOUR, NOW } from '#shared/domain/testing';
import type { OutboxRow } from '$lib/client-db/database';
import { outboxViews } from './build-views';

const row = (fields: Partial<OutboxRow>): OutboxRow =>
  ({
    ...{ op: 'reservation.cancel@1', args: { reservationId: 'r' }, seq: 1, id: 'i', deviceTime: NOW },
    ...{ expiresAt: NOW + HOUR, status: 'waiting', outcome: null, dismissed: false, ...fields },
  }) as OutboxRow;
const lateAt = (now: number, fields: Partial<OutboxRow> = {}) =>
  outboxViews([row(fields)], { serverOffset: 0, now })[0]?.late;

test('K3 what waits is said to be too late as soon as it is, without signal; what was sent may have been in time', () => {
  expect([lateAt(NOW + HOUR - 1), lateAt(NOW + HOUR)]).toEqual([false, true]);
  expect(lateAt(NOW + 99 * HOUR, { expiresAt: null })).toBe(false);
  expect(lateAt(NOW + HOUR, { status: 'sent' })).toBe(false);
});
