import { render } from 'svelte/server';
import { expect, test, vi } from 'vitest';
import type { SlotView } from '$lib/state/views';
import { timeFormat } from '../time/format';
import DayBoard from './DayBoard.svelte';
import { findSlots } from './find-entries';

const NOW = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;

vi.mock('$lib/state/app-state.svelte', () => ({ app: { site: null, now: Date.UTC(2026, 10, 21, 12) } }));

const slot = (label: string, fields: Partial<SlotView>): SlotView => ({
  ...{ id: label, label, level: '', kind: 'car', ownerId: null, ownerName: null, mine: false },
  ...{ lent: [], busy: [], position: null, lendWaiting: false },
  ...fields,
});

test('C4 in the day’s picture only what can be picked is stepped on; the rest is read', () => {
  const window = { start: NOW, end: NOW + 2 * HOUR };
  const span = { start: NOW, end: NOW + 12 * HOUR };
  const format = timeFormat('Europe/Berlin', 'en-GB');
  const slots = [
    slot('A-free', {}),
    slot('A-never', { ownerId: 'm', ownerName: 'Ada' }),
    slot('A-mine', { ownerId: 'me', mine: true }),
  ];
  const found = findSlots(slots, { window, now: NOW, format, allowed: () => true });
  const nothing = (): void => undefined;
  const board = { found, priceOf: () => 3, span, window, now: NOW, onreserve: nothing, onpick: nothing };
  const { body } = render(DayBoard, { props: board });
  const buttons = body.match(/<button[^>]*>/g) ?? [];
  expect(buttons).toHaveLength(1);
  expect(buttons[0]).toContain('A-free');
  expect(body).toContain('A-never');
  expect(body).toContain('A-mine');
  expect(body).not.toContain('aria-disabled');
});
