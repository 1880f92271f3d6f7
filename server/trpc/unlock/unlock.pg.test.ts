import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionAnswer } from '#shared/protocol/session';
import { UNLOCK_LASTS, UNLOCKED_FOR, type UnlockBegun, type UnlockView } from '#shared/protocol/unlock';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { createTestBrowser, type TestBrowser } from '../../http/testing-browser';
import { startTestServer, type TestServer } from '../../http/testing';
import { TEST_PASSWORD } from '../../http/testing-device';
import { createSettableClock } from '../../platform/clock';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0';
const HOME = '198.51.100.7';
const ELSEWHERE = '203.0.113.9';
const SECOND = 1000;

type Collected = { state: string; session?: SessionAnswer };

let database: TestDatabase;
let server: TestServer;
const clock = createSettableClock(Date.UTC(2026, 10, 21, 9));
beforeAll(async () => {
  database = await createTestDatabase();
  const demoPassword = TEST_PASSWORD;
  server = await startTestServer({ databaseUrl: database.url, clock, demoPassword, trustProxy: 1 });
});
afterAll(async () => {
  await server.close();
  await database.close();
});
beforeEach(async () => {
  await database.pool.query('delete from unlock_requests');
  // Limits count by the machine's clock and block from memory: each test is at a house of its own instead.
  house++;
});
let house = 0;

const openBrowser = () =>
  createTestBrowser(server.url, { address: `${HOME.slice(0, -1)}${house}`, userAgent: FIREFOX });

async function openPhone(account = 'resident-a', address?: string): Promise<TestBrowser> {
  const phone = createTestBrowser(server.url, { address: address ?? `${HOME.slice(0, -1)}${house}` });
  await phone.signIn(account);
  return phone;
}

async function begin(browser: TestBrowser, email: string | null = null): Promise<UnlockBegun> {
  const { data, text } = await browser.post<UnlockBegun>('unlock.begin', { email });
  if (!data) throw new Error(text);
  return data;
}

/** The person has just proved once more that it is them, as the screen asks for. */
async function verify(phone: TestBrowser): Promise<void> {
  clock.advance(SECOND);
  expect((await phone.post('auth.verifyByPassword', { password: TEST_PASSWORD })).status).toBe(200);
}

/** All that the phone does, up to its answer. */
async function approve(phone: TestBrowser, begun: UnlockBegun) {
  await phone.post('unlock.find', { code: begun.code });
  await verify(phone);
  const { requestId, code, matchNumber } = begun;
  return await phone.post('unlock.approve', { requestId, code, number: matchNumber });
}

const collect = (browser: TestBrowser, { requestId }: UnlockBegun) =>
  browser.post<Collected>('unlock.collect', { requestId });

describe('unlock', () => {
  it('B2 a phone that shows which browser, where and when lets it in, with a session of its own', async () => {
    const [browser, phone] = [openBrowser(), await openPhone()];
    const begun = await begin(browser);
    expect(begun.code).toMatch(/^[A-HJKMNP-Z2-9]{8}$/);
    expect(begun.expiresAt - begun.serverNow).toBe(UNLOCK_LASTS);
    expect((await collect(browser, begun)).data).toEqual({ state: 'waiting' });

    clock.advance(20 * SECOND);
    const typed = ` ${begun.code.slice(0, 4).toLowerCase()}-${begun.code.slice(4)} `;
    const found = await phone.post<UnlockView>('unlock.find', { code: typed });
    expect(found.data).toMatchObject({
      requestId: begun.requestId,
      browser: 'Firefox on Windows',
      place: '198.51.100.0/24',
      sameNetwork: true,
      createdAt: begun.serverNow,
      serverNow: begun.serverNow + 20 * SECOND,
    });
    expect(found.data?.numbers).toHaveLength(3);
    expect(found.data?.numbers).toContain(begun.matchNumber);

    await verify(phone);
    const { requestId, code, matchNumber } = begun;
    const approved = await phone.post('unlock.approve', { requestId, code, number: matchNumber });
    expect(approved).toMatchObject({ status: 200, data: {} });
    const { data } = await collect(browser, begun);
    expect(data).toMatchObject({ state: 'approved', session: { user: { name: expect.any(String) } } });
    const mine = await phone.get<SessionAnswer>('auth.session');
    const its = await browser.get<SessionAnswer>('auth.session');
    expect(its.data?.member).toEqual(mine.data?.member);
    expect(browser.cookies.get('undercroft')).not.toBe(phone.cookies.get('undercroft'));
    expect([...browser.cookies.keys()]).toEqual(['undercroft']);
  });

  it('B2 B5 what a device has approved dies when the device is taken away before the browser has come', async () => {
    const [browser, phone, other] = [openBrowser(), await openPhone(), await openPhone()];
    const begun = await begin(browser);
    await approve(phone, begun);
    clock.advance(SECOND);
    expect((await other.post('sessions.revokeOthers', {})).status).toBe(200);
    expect((await collect(browser, begun)).error?.code).toBe('unlock_over');
  });

  it('B2 the session lasts 12 hours, however it is used, and has proved nothing yet', async () => {
    const [browser, phone] = [openBrowser(), await openPhone()];
    const begun = await begin(browser);
    await approve(phone, begun);
    const { data } = await collect(browser, begun);
    expect(data?.session?.verifiedAt).toBeNull();
    // What the phone has proved is not this browser's: no way in may be added from it.
    const added = await browser.post('auth.passkeyRegisterOptions');
    expect(added.error?.code).toBe('verification_needed');
    const { rows } = await database.pool.query<{ ends_at: Date; created_at: Date }>(
      `select ends_at, created_at from sessions where signed_in_by = 'unlock' order by created_at desc limit 1`,
    );
    expect(rows[0]!.ends_at.getTime() - rows[0]!.created_at.getTime()).toBe(UNLOCKED_FOR);
    const began = clock.now();
    for (const hours of [3, 6, 9, 11]) {
      clock.set(began + hours * 3_600_000);
      expect((await browser.get<SessionAnswer>('auth.session')).data?.user).not.toBeNull();
    }
    clock.set(began + UNLOCKED_FOR);
    expect((await browser.get<SessionAnswer>('auth.session')).data?.user).toBeNull();
  });

  it('B2 asks for a proof newer than the request, not for one of a minute before', async () => {
    const [browser, phone] = [openBrowser(), await openPhone()];
    await verify(phone);
    clock.advance(SECOND);
    const { requestId, code, matchNumber } = await begin(browser);
    const early = await phone.post('unlock.approve', { requestId, code, number: matchNumber });
    expect(early).toMatchObject({ status: 403, error: { code: 'verification_needed' } });
    await verify(phone);
    const right = await phone.post('unlock.approve', { requestId, code, number: matchNumber });
    expect(right.status).toBe(200);
  });

  it('B2 a refusal ends it, and is written down', async () => {
    const [browser, phone] = [openBrowser(), await openPhone()];
    const begun = await begin(browser);
    const { requestId, code } = begun;
    expect((await phone.post('unlock.refuse', { requestId, code })).status).toBe(200);
    expect((await collect(browser, begun)).data).toEqual({ state: 'refused' });
    expect((await approve(phone, begun)).error?.code).toBe('unlock_over');
    expect((await collect(browser, begun)).data).toEqual({ state: 'refused' });
    const { rows } = await database.pool.query(
      `select detail from security_events where kind = 'unlock_refused' order by at desc limit 1`,
    );
    expect(rows).toMatchObject([{ detail: { browser: 'Firefox on Windows' } }]);
  });

  it('B2 shows a request to the account that it asked for by name, and to no other', async () => {
    const browser = openBrowser();
    const [asked, other] = [
      await openPhone('resident-a'),
      await openPhone('resident-b', `${ELSEWHERE.slice(0, -1)}${house}`),
    ];
    const begun = await begin(browser, ' Resident-A@demo.undercroft.test ');
    const seen = await asked.get<UnlockView[]>('unlock.waiting');
    expect(seen.data).toMatchObject([{ requestId: begun.requestId, sameNetwork: true }]);
    expect((await other.get<UnlockView[]>('unlock.waiting')).data).toEqual([]);
    await verify(asked);
    const { requestId, matchNumber } = begun;
    const approved = await asked.post('unlock.approve', { requestId, code: null, number: matchNumber });
    expect(approved.status).toBe(200);
    const { data } = await collect(browser, begun);
    expect(data?.session?.user?.email).toBe('resident-a@demo.undercroft.test');
  });
});

describe('attack', () => {
  it('B2 attack reuse: what was collected once is not given again, and a code not found again', async () => {
    const [browser, phone] = [openBrowser(), await openPhone()];
    const begun = await begin(browser);
    const secret = browser.cookies.get('undercroft-unlock')!;
    await approve(phone, begun);
    const copies = await Promise.all(
      Array.from({ length: 8 }, () => {
        const copy = openBrowser();
        copy.cookies.set('undercroft-unlock', secret);
        return collect(copy, begun);
      }),
    );
    expect(copies.filter(({ data }) => data?.state === 'approved')).toHaveLength(1);
    expect(copies.filter(({ error }) => error?.code === 'unlock_over')).toHaveLength(7);
    expect((await phone.post('unlock.find', { code: begun.code })).error?.code).toBe('unlock_not_found');
    expect((await approve(phone, begun)).error?.code).toBe('unlock_over');
  });

  it('B2 attack relay: another browser cannot collect, with its own secret, an invented one or none', async () => {
    const [browser, phone, thief] = [openBrowser(), await openPhone(), openBrowser()];
    const begun = await begin(browser);
    await begin(thief);
    await approve(phone, begun);
    const refusals = [await collect(thief, begun)];
    thief.cookies.set('undercroft-unlock', 'A'.repeat(43));
    refusals.push(await collect(thief, begun));
    thief.cookies.clear();
    refusals.push(await collect(thief, begun));
    // The same words whether there is such a request or not.
    const invented = { ...begun, requestId: randomUUID() };
    refusals.push(await collect(browser, invented));
    expect(new Set(refusals.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(refusals[0]).toMatchObject({ status: 404, error: { code: 'unlock_not_found' } });
    expect(thief.cookies.has('undercroft')).toBe(false);
    expect((await collect(browser, begun)).data?.state).toBe('approved');
  });

  it('B2 attack expiry: after two minutes nothing can be found, approved or collected', async () => {
    const [browser, late, phone] = [openBrowser(), openBrowser(), await openPhone()];
    const [begun, waiting] = [await begin(browser), await begin(late)];
    await approve(phone, begun);
    clock.set(begun.expiresAt);
    expect((await phone.post('unlock.find', { code: waiting.code })).error?.code).toBe('unlock_not_found');
    expect((await approve(phone, waiting)).error?.code).toBe('unlock_over');
    expect((await collect(late, waiting)).data).toEqual({ state: 'expired' });
    // Approved in time: a quarter of a minute for the answer's way.
    clock.set(begun.expiresAt + 15 * SECOND);
    expect((await collect(browser, begun)).data).toEqual({ state: 'expired' });
    expect(browser.cookies.has('undercroft')).toBe(false);
  });

  it('B2 attack guessing: a wrong number ends the request, so that none is found by trying', async () => {
    const [browser, phone] = [openBrowser(), await openPhone()];
    const begun = await begin(browser);
    const { requestId, code, matchNumber } = begun;
    const first = await phone.post<UnlockView>('unlock.find', { code });
    const again = await phone.post<UnlockView>('unlock.find', { code });
    expect(again.data?.numbers).toEqual(first.data?.numbers);
    await verify(phone);
    const wrong = first.data!.numbers.find((number) => number !== matchNumber)!;
    const guess = await phone.post('unlock.approve', { requestId, code, number: wrong });
    expect(guess).toMatchObject({ status: 409, error: { code: 'unlock_wrong_number' } });
    const right = await phone.post('unlock.approve', { requestId, code, number: matchNumber });
    expect(right.error?.code).toBe('unlock_over');
    expect((await collect(browser, begun)).data).toEqual({ state: 'refused' });
  });

  it('B2 attack guessing: codes are not tried out: ten wrong ones, then the account waits', async () => {
    const phone = await openPhone('guard');
    const codes = await Promise.all(
      Array.from({ length: 12 }, () => phone.post('unlock.find', { code: 'AAAAAAAA' })),
    );
    const refusals = codes.map(({ error }) => error?.code);
    expect(refusals.filter((code) => code === 'unlock_not_found')).toHaveLength(10);
    expect(refusals.filter((code) => code === 'too_many_requests')).toHaveLength(2);
    const limited = await phone.post('unlock.find', { code: 'AAAAAAAA' });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('B2 attack guessing: nor are requests: collecting what is not one’s own is limited', async () => {
    const browser = openBrowser();
    await begin(browser);
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => browser.post('unlock.collect', { requestId: randomUUID() })),
    );
    const limited = answers.filter(({ error }) => error?.code === 'too_many_requests');
    expect(limited).toHaveLength(4);
  });

  it('B2 attack id substitution: a request’s id alone lets nobody decide it', async () => {
    const [browser, phone] = [openBrowser(), await openPhone()];
    const begun = await begin(browser, 'resident-b@demo.undercroft.test');
    const other = await begin(openBrowser());
    await verify(phone);
    for (const code of [null, other.code, 'ABCDEFGH']) {
      const decision = { requestId: begun.requestId, code };
      const approved = await phone.post('unlock.approve', { ...decision, number: begun.matchNumber });
      expect(approved.error?.code).toBe('unlock_not_found');
      expect((await phone.post('unlock.refuse', decision)).error?.code).toBe('unlock_not_found');
    }
    expect((await collect(browser, begun)).data).toEqual({ state: 'waiting' });
  });

  it('B2 attack: who is signed out decides nothing, and an unlocked browser lets nobody in unproved', async () => {
    const [browser, phone, next] = [openBrowser(), await openPhone(), openBrowser()];
    const begun = await begin(browser);
    const { requestId, code, matchNumber: number } = begun;
    for (const [procedure, input] of [
      ['unlock.find', { code }],
      ['unlock.approve', { requestId, code, number }],
      ['unlock.refuse', { requestId, code }],
    ] as const) {
      expect((await openBrowser().post(procedure, input)).error?.code).toBe('signed_out');
    }
    await approve(phone, begun);
    await collect(browser, begun);
    const chained = await begin(next);
    const { requestId: id, code: typed } = chained;
    const approved = await browser.post('unlock.approve', {
      requestId: id,
      code: typed,
      number: chained.matchNumber,
    });
    expect(approved.error?.code).toBe('verification_needed');
  });

  it('B2 attack enumeration: a known and an unknown e-mail get the same answer', async () => {
    const known = await openBrowser().post('unlock.begin', { email: 'resident-a@demo.undercroft.test' });
    const unknown = await openBrowser().post('unlock.begin', { email: 'nobody@demo.undercroft.test' });
    const shape = ({ status, data }: typeof known) => [status, Object.keys(data as object)];
    expect(shape(unknown)).toEqual(shape(known));
    // Nor does the code of a request that asks for somebody tell anybody else that there is such an account.
    const stranger = await openPhone('resident-b', `${ELSEWHERE.slice(0, -1)}${house}`);
    for (const { data } of [known, unknown]) {
      const { code } = data as UnlockBegun;
      expect((await stranger.post('unlock.find', { code })).status).toBe(200);
    }
  });

  it('B2 attack fixation: the secret is new each time, HttpOnly, and not readable across sites', async () => {
    const browser = openBrowser();
    browser.cookies.set('undercroft-unlock', 'A'.repeat(43));
    const { headers } = await browser.post('unlock.begin', { email: null });
    const [cookie] = headers.getSetCookie();
    expect(cookie).toMatch(/^undercroft-unlock=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=180$/);
    expect(browser.cookies.get('undercroft-unlock')).not.toBe('A'.repeat(43));
    const { rows } = await database.pool.query(
      `select * from unlock_requests order by created_at desc limit 1`,
    );
    expect(JSON.stringify(rows)).not.toContain(browser.cookies.get('undercroft-unlock'));
  });
});
