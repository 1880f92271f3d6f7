import { render } from 'svelte/server';
import { expect, test, vi } from 'vitest';
import { defaultPolicy } from '#shared/domain/policy';
import { timeFormat } from '$lib/components/time/format';
import { siteZone } from '$lib/components/time/site-format';
import { findPath } from '$lib/components/time/window-address';
import Find from './+page.svelte';

const NOW = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;
const known = vi.hoisted(() => ({ asOf: 0, url: new URL('https://a.test/find') }));

vi.mock('$app/navigation', () => ({ goto: vi.fn() }));
vi.mock('$app/state', () => ({
  page: {
    get url() {
      return known.url;
    },
  },
}));
vi.mock('$lib/state/app-state.svelte', () => ({
  app: {
    ...{ now: Date.UTC(2026, 10, 21, 12), outbox: { wishes: [] } },
    ...{ slots: { all: [] }, reservations: { all: [] }, lending: { visits: [] } },
    policy: null as unknown,
    site: null,
    sync: {
      ...{ connection: 'offline', loading: null },
      has: () => true,
      get asOf() {
        return known.asOf;
      },
    },
  },
}));

async function findAfter(minutes: number): Promise<string> {
  known.asOf = NOW - minutes * 60_000;
  const { app } = await import('$lib/state/app-state.svelte');
  Object.assign(app, { policy: defaultPolicy });
  return (await render(Find)).body;
}

test('X7 Find says that what it shows is old from five minutes on, and not before', async () => {
  expect(await findAfter(4)).not.toContain('What you see is');
  const old = await findAfter(5);
  expect(old).toContain('What you see is 5 mins old');
  expect(old).toContain('A slot shown as free may be taken by now.');
});

test('B4 C4 Find opens with the window that a notice was about', async () => {
  const window = { start: NOW + 26 * HOUR, end: NOW + 29 * HOUR };
  const words = timeFormat(siteZone()).window(window, NOW);
  expect(await findAfter(0)).not.toContain(words);
  known.url = new URL(findPath(window), 'https://a.test');
  expect(await findAfter(0)).toContain(words);
});
