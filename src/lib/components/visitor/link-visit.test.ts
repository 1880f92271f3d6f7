import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { VisitorLinkView } from '#shared/protocol/visitor-link';
import type { Result } from '$lib/api/sync-api';
import { LinkDatabase } from '$lib/client-db/link-database';
import { emptyStorage } from '$lib/sync/testing-device';
import { LinkVisit } from './link-visit.svelte';
import { footWords, linkSituation, problemWords, situationWords } from './link-words';
import { PageKeeper, type Workers } from './page-keeper.svelte';

const NOW = Date.UTC(2026, 2, 2, 10);
const HOUR = 3_600_000;
const TOKEN = 'A'.repeat(43);
const unreachable: Result<never> = { ok: false, failure: { kind: 'unreachable' } };
const coded = (code: string): Result<never> => ({ ok: false, failure: { kind: 'coded', code } });

function view(fields: Partial<VisitorLinkView> = {}): VisitorLinkView {
  return {
    ...{ serverNow: NOW + 5000, siteName: 'House', timeZone: 'Europe/Berlin' },
    ...{ start: NOW, end: NOW + HOUR, visitors: ['Anna'], plate: '', uses: 1 },
    ...{ state: 'valid', holder: 'anybody', code: 'K7QM4XRT', signed: 'AAAA', ...fields },
  };
}

let storage: ReturnType<typeof emptyStorage>;
let databases: LinkDatabase[];
let answer: Result<VisitorLinkView>;
let asked: { token: string; holderKey: string | null }[];
let persisted: number;

beforeEach(() => {
  storage = emptyStorage();
  databases = [];
  asked = [];
  persisted = 0;
  answer = { ok: true, value: view() };
});
afterEach(() => {
  databases.forEach((db) => db.close());
  vi.restoreAllMocks();
});

/** The page, opened anew on the same phone. */
async function opened(token = TOKEN, db = new LinkDatabase(storage)): Promise<LinkVisit> {
  databases.push(db);
  const visit = new LinkVisit(token, {
    db,
    open: (given, holderKey) => {
      asked.push({ token: given, holderKey });
      return Promise.resolve(answer);
    },
    subtle: crypto.subtle,
    now: () => NOW,
    persist: () => {
      persisted++;
      return Promise.reject(new Error('not here'));
    },
  });
  await visit.start();
  return visit;
}

describe('D2 a visitor’s link', () => {
  test('opened once is on the phone, without signal too', async () => {
    const first = await opened();
    expect([first.view?.visitors, first.serverOffset, first.isFresh]).toEqual([['Anna'], 5000, true]);
    answer = unreachable;
    const again = await opened();
    expect([again.view?.signed, again.isFresh, again.problem]).toEqual(['AAAA', false, null]);
  });

  test('never opened and without signal says what it needs', async () => {
    answer = unreachable;
    const visit = await opened();
    expect([visit.view, visit.problem]).toEqual([null, 'needs_signal']);
    answer = { ok: true, value: view() };
    await visit.ask();
    expect([visit.view?.state, visit.problem]).toEqual(['valid', null]);
  });

  test('a revoked one is shown as revoked, and its code is off the phone', async () => {
    const visit = await opened();
    answer = { ok: true, value: view({ state: 'revoked', code: null, signed: null }) };
    await visit.ask();
    expect(visit.view).toMatchObject({ state: 'revoked', signed: null });
    answer = unreachable;
    expect((await opened()).view).toMatchObject({ state: 'revoked', signed: null });
  });

  test('one that a newer link has replaced is forgotten', async () => {
    const visit = await opened();
    answer = coded('visitor_pass_not_found');
    await visit.ask();
    expect([visit.view, visit.problem]).toEqual([null, 'not_found']);
    answer = unreachable;
    expect((await opened()).problem).toBe('needs_signal');
  });

  test('too many questions take nothing away', async () => {
    const visit = await opened();
    answer = coded('too_many_requests');
    await visit.ask();
    expect(visit.view?.state).toBe('valid');
  });

  test('an incomplete secret is not even asked about', async () => {
    expect((await opened('short')).problem).toBe('not_found');
    expect((await opened('')).problem).toBe('not_found');
    expect(asked).toEqual([]);
  });

  test('X1 looking binds nothing; taking gives this phone’s key, and again after a lost answer', async () => {
    answer = { ok: true, value: view({ holder: 'nobody_yet', code: null, signed: null }) };
    const visit = await opened();
    await visit.ask();
    expect(asked.every(({ holderKey }) => holderKey === null)).toBe(true);
    answer = unreachable;
    await visit.take();
    const key = asked.at(-1)!.holderKey;
    expect(key).toMatch(/^[A-Za-z0-9_-]{44}$/);
    answer = { ok: true, value: view({ holder: 'this_phone' }) };
    const again = await opened();
    expect(asked.at(-1)!.holderKey).toBe(key);
    expect(again.view?.holder).toBe('this_phone');
    expect((await again.sign(new Uint8Array(3))).length).toBe(64);
    expect([await again.nextCounter(), await again.nextCounter()]).toEqual([1, 2]);
  });

  test('a key taken for one link is not given to another that was only looked at', async () => {
    answer = { ok: true, value: view({ holder: 'nobody_yet', code: null, signed: null }) };
    await (await opened()).take();
    expect(asked.at(-1)!.holderKey).not.toBeNull();
    await opened('B'.repeat(43));
    expect(asked.at(-1)).toEqual({ token: 'B'.repeat(43), holderKey: null });
  });

  test('X4 a taken pass asks the browser to keep its storage; one that is looked at does not', async () => {
    answer = { ok: true, value: view({ holder: 'nobody_yet', code: null, signed: null }) };
    const visit = await opened();
    expect(persisted).toBe(0);
    await visit.take();
    expect(persisted).toBe(1);
  });

  test('X4 a connection to the storage that was lost is opened again: for the proof, its counter and what is kept', async () => {
    answer = { ok: true, value: view({ holder: 'this_phone' }) };
    const visit = await opened();
    await visit.take();
    databases[0]!.close();
    expect((await visit.sign(new Uint8Array(3))).length).toBe(64);
    databases[0]!.close();
    expect(await visit.nextCounter()).toBe(1);
    databases[0]!.close();
    await visit.ask();
    expect(visit.isKept).toBe(true);
  });

  describe.each([
    ['a browser that keeps nothing', () => blocked()],
    ['a browser that keeps rows and no keys', () => keyless()],
  ])('in %s', (_name, database) => {
    beforeEach(() => void vi.spyOn(console, 'warn').mockReturnValue());

    test('X7 nothing is taken, that is said, and a revocation is still heard of', async () => {
      answer = { ok: true, value: view({ holder: 'nobody_yet', code: null, signed: null }) };
      const visit = await opened(TOKEN, database());
      await visit.take();
      expect([visit.isKept, visit.taking, visit.view?.holder]).toEqual([false, false, 'nobody_yet']);
      expect(asked.every(({ holderKey }) => holderKey === null)).toBe(true);
      await visit.ask();
      expect(visit.isKept).toBe(false);
      answer = {
        ok: true,
        value: view({ holder: 'nobody_yet', state: 'revoked', code: null, signed: null }),
      };
      await visit.ask();
      expect(visit.view?.state).toBe('revoked');
    });
  });

  test('X1 a pass that is this phone’s stays when its key cannot be read for once, unless it has ended', async () => {
    vi.spyOn(console, 'warn').mockReturnValue();
    answer = { ok: true, value: view({ holder: 'this_phone' }) };
    const visit = await opened();
    await visit.take();
    const key = asked.at(-1)!.holderKey;
    const broken = vi.spyOn(databases[0]!.keys, 'get').mockRejectedValue(new Error('not now'));
    answer = { ok: true, value: view({ holder: 'another_phone', code: null, signed: null }) };
    await visit.ask();
    expect(asked.at(-1)!.holderKey).toBeNull();
    expect(visit.view).toMatchObject({ holder: 'this_phone', signed: 'AAAA', code: 'K7QM4XRT' });
    broken.mockRestore();
    answer = { ok: true, value: view({ holder: 'this_phone' }) };
    await visit.ask();
    expect([asked.at(-1)!.holderKey, visit.isKept]).toEqual([key, true]);
    vi.spyOn(databases[0]!.keys, 'get').mockRejectedValue(new Error('not now'));
    answer = {
      ok: true,
      value: view({ holder: 'another_phone', state: 'revoked', code: null, signed: null }),
    };
    await visit.ask();
    expect(visit.view).toMatchObject({ state: 'revoked', signed: null });
  });

  test('the secret is not written to the phone', async () => {
    await opened();
    const rows = await databases[0]!.links.toArray();
    expect(JSON.stringify(rows)).not.toContain(TOKEN);
  });
});

/** As in a window whose storage is forbidden. */
function blocked(): LinkDatabase {
  const open = () => {
    throw new DOMException('forbidden here', 'SecurityError');
  };
  return new LinkDatabase({ ...storage, indexedDB: { open } as unknown as IDBFactory });
}

function keyless(): LinkDatabase {
  const db = new LinkDatabase(storage);
  vi.spyOn(db.keys, 'add').mockRejectedValue(new DOMException('a key is not stored', 'DataCloneError'));
  return db;
}

test('K7 the page is on the phone once the service worker has it, and never where there are none', () => {
  let look: () => void = () => undefined;
  const workers = {
    controller: null as unknown,
    addEventListener: (_: string, listener: () => void) => (look = listener),
    removeEventListener: () => (look = () => undefined),
  };
  const keeper = new PageKeeper(workers as unknown as Workers);
  const stop = keeper.watch();
  expect(keeper.state).toBe('not_yet');
  workers.controller = {};
  look();
  expect(keeper.state).toBe('kept');
  stop();
  expect(new PageKeeper(undefined).state).toBe('never');
});

test.each([
  [{ isKept: true, isFresh: true, page: 'kept' }, /^On this phone now: it needs no signal/],
  [{ isKept: true, isFresh: false, page: 'kept' }, /^No signal: .* works at the gate all the same/],
  [{ isKept: true, isFresh: true, page: 'not_yet' }, /^Leave this page open\.$/],
  [{ isKept: true, isFresh: false, page: 'not_yet' }, /^No signal: .* Leave this page open\.$/],
  [{ isKept: true, isFresh: true, page: 'never' }, /leave it open/],
  [{ isKept: false, isFresh: true, page: 'kept' }, /keeps nothing: .* leave it open/],
] as const)('K7 %j: no more is promised than holds', (kept, words) => {
  expect(footWords(kept)).toMatch(words);
});

test.each([
  [{}, NOW, 'shown'],
  [{}, NOW - HOUR, 'shown'],
  [{}, NOW + HOUR, 'over'],
  [{ state: 'over' }, NOW, 'over'],
  [{ state: 'revoked' }, NOW + HOUR, 'revoked'],
  [{ state: 'used' }, NOW, 'shown'],
  [{ state: 'used', holder: 'nobody_yet' }, NOW, 'used'],
  [{ holder: 'nobody_yet' }, NOW, 'to_take'],
  [{ holder: 'this_phone' }, NOW, 'shown'],
  [{ holder: 'another_phone' }, NOW, 'elsewhere'],
] as const)('D2 %j is %s %s', (fields, now, expected) => {
  const situation = linkSituation(view(fields), now);
  expect(situation).toBe(expected);
  if (situation !== 'shown' && situation !== 'to_take') expect(situationWords(situation).text).toMatch(/\.$/);
});

test.each(['not_found', 'needs_signal', 'too_many', 'insecure', 'unreadable'] as const)(
  'D2 %s has words',
  (problem) => {
    expect(problemWords(problem).title).toMatch(/^[A-Z]/);
  },
);
