import { expect, test, vi } from 'vitest';
import type { SlotView } from '$lib/state/views';
import { timeFormat } from '../time/format';
import { findSlots } from './find-entries';

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;
const window = { start: NOW, end: NOW + 2 * HOUR };

const slot = (label: string, fields: Partial<SlotView> = {}): SlotView => ({
  ...{ id: label, label, level: '', kind: 'car', ownerId: null, ownerName: null, mine: false },
  ...{ lent: [], busy: [], position: null, lendWaiting: false },
  ...fields,
});

test('C4 what is found is worded when it is shown: of a large building only the first are', () => {
  const format = timeFormat('Europe/Berlin', 'en-GB');
  const moment = vi.fn<typeof format.moment>(format.moment);
  const busy = [{ start: NOW + HOUR, end: NOW + 3 * HOUR }];
  const slots = [
    slot('A-1', { busy: [{ start: NOW + 5 * HOUR, end: NOW + 6 * HOUR }] }),
    slot('A-2', { busy }),
    slot('A-3', { ownerId: 'me', mine: true }),
  ];
  const found = findSlots(slots, { window, now: NOW, format: { ...format, moment }, allowed: () => true });
  expect(moment).not.toHaveBeenCalled();
  expect(found.map((entry) => [entry.slot.label, entry.standing, entry.availability()])).toEqual([
    ['A-1', 'free', 'Free now, reserved from 18:00'],
    ['A-2', 'later', 'Free now, reserved from 14:00'],
    ['A-3', 'own', 'Your own slot'],
  ]);
});
