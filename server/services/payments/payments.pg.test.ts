import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CHECKOUT_WITHIN } from '#shared/domain/topup';
import type { CreditsOverview, ReceiptFile } from '#shared/protocol/credits';
import { createTestDatabase, type TestDatabase } from '../../db/testing';
import { startTestServer, type TestServer } from '../../http/testing';
import { createTestDevice, TEST_PASSWORD, type TestDevice } from '../../http/testing-device';
import { createSettableClock } from '../../platform/clock';
import { newId } from '../../platform/ids';
import { createLogger } from '../../platform/logger';
import { createSiteIntents } from '../visitors/site-intents';
import { createLocalProvider, type LocalEvent, type SignedWebhook } from './local-provider';
import { PAUSE, settleOpenPurchases } from './open-purchases';
import { PAYABLE_FOR } from './payment-provider';
import { EVENTS_KEPT, prunePaymentEvents } from './prune-payment-events';

const NOW = Date.UTC(2026, 2, 2, 10);
const HOUR = 3_600_000;
const clock = createSettableClock(NOW);
const logged: string[] = [];
let database: TestDatabase;
let server: TestServer;
let siteId: string;
let memberId: string;
let resident: TestDevice;
let other: TestDevice;
let manager: TestDevice;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestServer({
    databaseUrl: database.url,
    demoPassword: TEST_PASSWORD,
    clock,
    logger: createLogger({ level: 'warn', write: (line) => void logged.push(line) }),
  });
  [resident, other, manager] = [0, 1, 2].map(() => createTestDevice(server.url)) as [
    TestDevice,
    TestDevice,
    TestDevice,
  ];
  await resident.signIn('resident-a@demo.undercroft.test');
  await other.signIn('resident-b@demo.undercroft.test');
  await manager.signIn('manager@demo.undercroft.test');
  const { rows } = await database.pool.query<{ site_id: string; member_id: string }>(
    `update sites set policy = policy || '{"creditPrice": 50}' where site_id in (
       select m.site_id from members m join users u using (user_id) where u.email = 'resident-a@demo.undercroft.test')
     returning site_id, (select member_id from members m join users u using (user_id)
       where u.email = 'resident-a@demo.undercroft.test' and m.site_id = sites.site_id) as member_id`,
  );
  siteId = rows[0]!.site_id;
  memberId = rows[0]!.member_id;
});
afterAll(async () => {
  await server.close();
  await database.close();
});

/** As the server's own: made of the same SECRET_KEY. */
const provider = (secret = 7) =>
  createLocalProvider({
    secretKey: new Uint8Array(32).fill(secret),
    origin: 'http://localhost',
    clock,
    onRefund: () => Promise.resolve(),
  });

const send = async ({ body, headers }: SignedWebhook, to = 'local') => {
  const answer = await fetch(`${server.url}/payments/webhook/${to}`, { method: 'POST', body, headers });
  return [answer.status, await answer.text()];
};

async function begin(credits = 10, buyer = resident): Promise<string> {
  const topupId = randomUUID();
  const answer = await buyer.push([{ op: 'topup.begin@1', args: { topupId, credits } }]);
  expect(answer.data?.outcomes[0]).toMatchObject({ status: 'applied', data: { amount: credits * 50 } });
  return topupId;
}

const paid = (topupId: string, over: Partial<Extract<LocalEvent, { kind: 'paid' }>> = {}): LocalEvent => ({
  ...{ kind: 'paid', siteId, topupId, reference: `local-${topupId}`, amount: 500, currency: 'EUR' },
  ...over,
});
const word = (kind: 'failed' | 'refunded', topupId: string): LocalEvent => ({ kind, siteId, topupId });

async function topup(topupId: string) {
  const { rows } = await database.pool.query<{
    state: string;
    receipt_number: number | null;
    moved: number;
    movements: number;
  }>(
    `select t.state, t.receipt_number, coalesce(sum(e.amount), 0)::int as moved, count(e.amount)::int as movements
       from topups t left join movements m using (site_id, topup_id)
       left join entries e on e.site_id = m.site_id and e.movement_id = m.movement_id and e.account_id = t.member_id
      where t.topup_id = $1 group by 1, 2`,
    [topupId],
  );
  return rows[0]!;
}

async function pulled(device: TestDevice, entity: string) {
  const { data } = await device.pull(null);
  return Object.entries(data!.changes).flatMap(([scope, { put }]) =>
    (put as { entity: string; row: Record<string, unknown> }[])
      .filter((one) => one.entity === entity)
      .map(({ row }) => ({ scope: scope.split(':')[0], ...row })),
  );
}

describe('B8 buying credits online', () => {
  test('B8 from the wish over the page to the credits, the receipt and the statement', async () => {
    const topupId = await begin();
    const checkout = await resident.post<{ url: string }>('payments.checkout', { topupId });
    expect(checkout.data?.url).toBe(`http://localhost/credits/pay?topup=${topupId}`);
    expect((await topup(topupId)).state).toBe('pending');
    expect((await resident.post('payments.localPay', { topupId, pays: true })).status).toBe(200);
    expect(await topup(topupId)).toMatchObject({ state: 'paid', moved: 10, movements: 1 });
    const rows = await pulled(resident, 'topup');
    expect(rows).toContainEqual(
      expect.objectContaining({ scope: 'member', id: topupId, state: 'paid', amount: 500, currency: 'EUR' }),
    );
    expect(await pulled(resident, 'movement')).toContainEqual(
      expect.objectContaining({ kind: 'topup', amount: 10, topupId }),
    );
    expect(await pulled(other, 'topup')).toEqual([]);
    expect(await pulled(manager, 'topup')).toContainEqual(
      expect.objectContaining({ scope: 'desk', id: topupId }),
    );
    // Nothing is to be paid any more.
    expect((await resident.post('payments.localPay', { topupId, pays: true })).error?.code).toBe(
      'topup_ended',
    );
    expect((await resident.post('payments.checkout', { topupId })).error?.code).toBe('topup_ended');
  });

  test('B8 a page is shown to who buys, for a while', async () => {
    const topupId = await begin();
    for (const device of [other, manager]) {
      expect((await device.post('payments.checkout', { topupId })).error?.code).toBe('topup_not_found');
      expect((await device.post('payments.localPay', { topupId, pays: true })).error?.code).toBe(
        'topup_not_found',
      );
    }
    clock.advance(CHECKOUT_WITHIN);
    expect((await resident.post('payments.checkout', { topupId })).error?.code).toBe('topup_ended');
    expect((await resident.post('payments.localPay', { topupId, pays: false })).status).toBe(200);
    expect(await topup(topupId)).toMatchObject({ state: 'failed', moved: 0 });
  });
});

describe('B8 webhooks', () => {
  test('B8 one that is sent again, also at the same moment, gives the credits once', async () => {
    const topupId = await begin();
    const webhook = provider().sign(paid(topupId));
    const answers = await Promise.all([1, 2, 3, 4].map(() => send(webhook)));
    expect(answers.map(([status]) => status)).toEqual([200, 200, 200, 200]);
    expect(await send(webhook)).toEqual([200, 'again']);
    // The same said in another event.
    expect(await send(provider().sign(paid(topupId)))).toEqual([200, 'done']);
    expect(await topup(topupId)).toMatchObject({ state: 'paid', moved: 10, movements: 1 });
  });

  test('B8 forged, altered, old or unknown ones change nothing', async () => {
    const topupId = await begin();
    const genuine = provider().sign(paid(topupId));
    expect(await send(provider(8).sign(paid(topupId)))).toEqual([400, 'forged']);
    const altered = genuine.body.replace('"amount":500', '"amount":501');
    expect(await send({ ...genuine, body: altered })).toEqual([400, 'forged']);
    for (const signature of [
      '',
      't=1,v1=00',
      genuine.headers['undercroft-signature'].replace(/t=\d+/, 't=1'),
    ]) {
      expect(await send({ ...genuine, headers: { 'undercroft-signature': signature } })).toEqual([
        400,
        'forged',
      ]);
    }
    expect(await send({ ...genuine, body: 'x'.repeat(300_000) })).toEqual([413, 'too long']);
    expect(await send(genuine, 'paypal')).toEqual([404, 'unknown_provider']);
    expect((await fetch(`${server.url}/payments/webhook/local`)).status).toBe(405);
    clock.advance(6 * 60_000);
    expect(await send(genuine)).toEqual([400, 'forged']);
    expect(await topup(topupId)).toMatchObject({ state: 'pending', moved: 0 });
  });

  test('B8 another sum than agreed gives nothing and is logged', async () => {
    const topupId = await begin();
    expect(await send(provider().sign(paid(topupId, { amount: 1 })))).toEqual([200, 'done']);
    expect(await send(provider().sign(paid(topupId, { currency: 'USD' })))).toEqual([200, 'done']);
    expect(logged.filter((line) => line.includes('is not what was agreed'))).toHaveLength(2);
    const { rows } = await database.pool.query(
      `select detail from security_events where kind = 'payment_disputed' and site_id = $1`,
      [siteId],
    );
    expect(rows).toEqual([
      { detail: { amount: 1, currency: 'EUR', agreed: 500, agreedCurrency: 'EUR', topupId } },
    ]);
    // Money was taken: nothing says that none was.
    clock.advance(PAYABLE_FOR + HOUR + 1);
    await sweep();
    expect(await send(provider().sign(word('failed', topupId)))).toEqual([200, 'done']);
    expect(await topup(topupId)).toMatchObject({ state: 'pending', moved: 0 });
    expect(await send(provider().sign(word('refunded', topupId)))).toEqual([200, 'done']);
    expect(await topup(topupId)).toMatchObject({ state: 'refunded', moved: 0 });
  });

  test.each([
    [['failed', 'paid'], { state: 'paid', moved: 10 }],
    [['paid', 'failed'], { state: 'paid', moved: 10 }],
    [['refunded', 'paid'], { state: 'refunded', moved: 0, movements: 0, receipt_number: null }],
    [['paid', 'refunded', 'paid'], { state: 'refunded', moved: 0, movements: 2 }],
  ] as const)('B8 %j end as they should', async (order, expected) => {
    const topupId = await begin();
    for (const kind of order) {
      const event = kind === 'paid' ? paid(topupId) : word(kind, topupId);
      expect(await send(provider().sign(event))).toEqual([200, 'done']);
    }
    expect(await topup(topupId)).toMatchObject(expected);
  });

  test('B8 are forgotten after 60 days, and one that comes then changes nothing', async () => {
    const topupId = await begin();
    await send(provider().sign(paid(topupId)));
    const count = async () =>
      (await database.pool.query('select from payment_events where provider = $1', ['local'])).rowCount ?? 0;
    const before = await count();
    expect(await prunePaymentEvents(database.pool, clock.now() + EVENTS_KEPT)).toBeLessThan(before);
    expect(await count()).toBeGreaterThan(0);
    await prunePaymentEvents(database.pool, clock.now() + EVENTS_KEPT + 1);
    expect(await count()).toBe(0);
    await send(provider().sign(paid(topupId)));
    expect(await topup(topupId)).toMatchObject({ state: 'paid', moved: 10, movements: 1 });
  });

  test('B8 about a purchase that is not there are asked for again, another installation’s are not', async () => {
    const ahead = randomUUID();
    expect(await send(provider().sign(paid(ahead)))).toEqual([503, 'failed']);
    expect(logged.some((line) => line.includes('a purchase that is not there'))).toBe(true);
    expect(await send(provider().sign(paid(ahead, { siteId: randomUUID() })))).toEqual([200, 'done']);
    // As after a restore: the device has asked for it anew.
    const begun = { topupId: ahead, credits: 10 };
    await resident.push([{ op: 'topup.begin@1', args: begun }]);
    expect(await send(provider().sign(paid(ahead)))).toEqual([200, 'done']);
    expect(await topup(ahead)).toMatchObject({ state: 'paid', moved: 10 });
  });
});

/** K6: what a manager does with money wants a proof of who asks. */
const proveManager = async () => {
  const answer = await manager.post('auth.verifyByPassword', { password: TEST_PASSWORD });
  expect(answer.status).toBe(200);
};

const sweep = () => {
  const { api } = server.application;
  const siteIntents = createSiteIntents({ arbiter: api.arbiter, clock, newId });
  return settleOpenPurchases({
    ...{ pool: database.pool, clock, siteIntents },
    providers: api.paymentServices.providers,
  });
};

describe('B8 refunds and purchases that nobody paid', () => {
  test('B8 a refund takes the credits at once and the money goes back by the job, once', async () => {
    const topupId = await begin();
    await resident.post('payments.localPay', { topupId, pays: true });
    const args = { topupId };
    expect((await resident.push([{ op: 'topup.refund@1', args }])).data?.outcomes[0]).toMatchObject({
      code: 'role_forbidden',
    });
    expect((await manager.push([{ op: 'topup.refund@1', args }])).data?.outcomes[0]).toMatchObject({
      code: 'verification_needed',
    });
    await proveManager();
    expect((await manager.push([{ op: 'topup.refund@1', args }])).data?.outcomes[0]?.status).toBe('applied');
    expect(await topup(topupId)).toMatchObject({ state: 'refunding', moved: 0 });
    await Promise.all([sweep(), sweep()]);
    expect(await topup(topupId)).toMatchObject({ state: 'refunded', moved: 0, movements: 2 });
  });

  test('B8 a purchase that nobody pays fails in the end, and is paid if the money comes all the same', async () => {
    const topupId = await begin();
    await sweep();
    expect((await topup(topupId)).state).toBe('pending');
    clock.advance(PAYABLE_FOR + HOUR + 1);
    await sweep();
    expect((await topup(topupId)).state).toBe('failed');
    await send(provider().sign(paid(topupId)));
    expect(await topup(topupId)).toMatchObject({ state: 'paid', moved: 10 });
  });
});

describe('B8 the desk', () => {
  beforeEach(proveManager);

  const sell = (credits: number) => ({
    op: 'topup.sell@1',
    args: {
      ...{
        topupId: randomUUID(),
        memberId,
        credits,
        amount: credits * 50,
        method: 'cash',
        reference: 'till',
      },
    },
  });

  test('B8 receipts are numbered without a gap, whoever sells at the same moment', async () => {
    const deputy = createTestDevice(server.url);
    await deputy.signIn('manager@demo.undercroft.test');
    const [, refusedSale] = await Promise.all([
      manager.push([sell(1), sell(2), sell(3)]),
      deputy.push([
        sell(4),
        { op: 'topup.sell@1', args: { ...sell(5).args, memberId: randomUUID() } },
        sell(6),
      ]),
      resident.push([{ op: 'topup.begin@1', args: { topupId: randomUUID(), credits: 1 } }]),
    ]);
    expect(refusedSale.data?.outcomes.map(({ status }) => status)).toEqual(['applied', 'refused', 'applied']);
    const { rows } = await database.pool.query<{ receipt_number: number }>(
      'select receipt_number from topups where receipt_number is not null order by 1',
    );
    expect(rows.length).toBeGreaterThanOrEqual(5);
    expect(rows.map((row) => row.receipt_number)).toEqual(rows.map((_, at) => at + 1));
  });

  test('B8 a receipt is its buyer’s and the manager’s', async () => {
    const sale = sell(12);
    await manager.push([sale]);
    const input = encodeURIComponent(JSON.stringify({ topupId: sale.args.topupId }));
    for (const device of [resident, manager]) {
      const { data } = await device.get<ReceiptFile>(`credits.receipt?input=${input}`);
      expect(data?.name).toMatch(/^receipt-\d+\.pdf$/);
      expect(Buffer.from(data!.pdf, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
    }
    expect((await other.get(`credits.receipt?input=${input}`)).error?.code).toBe('topup_not_found');
  });

  test('C5 the overview adds up to nothing, and says what credits were made by', async () => {
    const before = (await manager.get<CreditsOverview>('credits.overview')).data!;
    await manager.push([sell(7)]);
    const after = (await manager.get<CreditsOverview>('credits.overview')).data!;
    expect([before.sum, after.sum]).toEqual([0, 0]);
    expect(after.issued - before.issued).toBe(7);
    expect(after.members - before.members).toBe(7);
    expect(after.issued).toBe(after.granted + after.sold - after.takenBack + after.stoodIn);
    expect((await resident.get('credits.overview')).error?.code).toBe('role_forbidden');
  });
});

describe('B8 Stripe', () => {
  const settings = { secretKey: 'sk_test_1', webhookSecret: 'whsec_test' };
  const stripe = new Stripe(settings.secretKey);
  const calls: { path: string; key: string | null; body: URLSearchParams }[] = [];
  let selling: TestServer;
  let refundAnswer: () => Response;

  beforeAll(async () => {
    selling = await startTestServer({
      databaseUrl: database.url,
      demoPassword: TEST_PASSWORD,
      clock,
      logger: createLogger({ level: 'error', write: () => undefined }),
      stripe: settings,
      stripeFetch: (input, init) => {
        const path = new URL(input as string).pathname;
        const headers = new Headers(init?.headers);
        calls.push({
          path,
          key: headers.get('idempotency-key'),
          body: new URLSearchParams(init?.body as string),
        });
        const isSession = path === '/v1/checkout/sessions';
        return Promise.resolve(
          isSession ? Response.json({ id: 'cs_1', url: 'https://checkout.test/1' }) : refundAnswer(),
        );
      },
    });
  });
  afterAll(() => selling.close());

  const hook = async (event: object, secret = settings.webhookSecret) => {
    const payload = JSON.stringify(event);
    const signature = stripe.webhooks.generateTestHeaderString({ payload, secret });
    const answer = await fetch(`${selling.url}/payments/webhook/stripe`, {
      method: 'POST',
      body: payload,
      headers: { 'stripe-signature': signature },
    });
    return [answer.status, await answer.text()];
  };
  const event = (type: string, object: object) => ({
    id: `evt_${randomUUID()}`,
    object: 'event',
    type,
    data: { object },
  });
  const session = (topupId: string, over: object = {}) => ({
    ...{ id: 'cs_1', object: 'checkout.session', payment_status: 'paid', payment_intent: `pi_${topupId}` },
    ...{ amount_total: 500, currency: 'eur', metadata: { siteId, topupId }, ...over },
  });

  async function beginHere() {
    const buyer = createTestDevice(selling.url);
    await buyer.signIn('resident-a@demo.undercroft.test');
    return { buyer, topupId: await begin(10, buyer) };
  }

  test('B8 a purchase is one session of Stripe Checkout, and paid by its signed webhook', async () => {
    const { buyer, topupId } = await beginHere();
    const asked = () => buyer.post<{ url: string }>('payments.checkout', { topupId });
    expect((await asked()).data?.url).toBe('https://checkout.test/1');
    await asked();
    const [first, second] = calls.slice(-2);
    expect(first?.key).toBe(`checkout-${topupId}`);
    expect(second).toEqual(first);
    expect(Object.fromEntries(first!.body)).toMatchObject({
      client_reference_id: topupId,
      'line_items[0][price_data][unit_amount]': '500',
      'line_items[0][price_data][currency]': 'eur',
      'payment_intent_data[metadata][topupId]': topupId,
    });
    expect(
      await hook(event('checkout.session.completed', session(topupId, { payment_status: 'unpaid' }))),
    ).toEqual([200, 'done']);
    expect((await topup(topupId)).state).toBe('pending');
    expect(await hook(event('checkout.session.completed', session(topupId)), 'whsec_other')).toEqual([
      400,
      'forged',
    ]);
    expect((await topup(topupId)).state).toBe('pending');
    const completed = event('checkout.session.async_payment_succeeded', session(topupId));
    expect(await hook(completed)).toEqual([200, 'done']);
    expect(await hook(completed)).toEqual([200, 'again']);
    expect(await topup(topupId)).toMatchObject({ state: 'paid', moved: 10, movements: 1 });
    // The page without money is closed where there is a real one.
    expect((await buyer.post('payments.localPay', { topupId, pays: true })).error?.code).toBe('not_found');
  });

  const runHere = () =>
    settleOpenPurchases({
      ...{ pool: database.pool, clock },
      siteIntents: createSiteIntents({ arbiter: selling.application.api.arbiter, clock, newId }),
      providers: selling.application.api.paymentServices.providers,
    });

  test('B8 a refund is asked for under one key until Stripe has taken it on', async () => {
    const { topupId } = await beginHere();
    await hook(event('checkout.session.completed', session(topupId)));
    await proveManager();
    await manager.push([{ op: 'topup.refund@1', args: { topupId } }]);
    refundAnswer = () => Response.json({ error: { type: 'card_error', message: 'no' } }, { status: 402 });
    await expect(runHere()).rejects.toThrow('some purchases could not be settled');
    expect((await topup(topupId)).state).toBe('refunding');
    // Left alone for a while, so that it is in nobody's way.
    await runHere();
    expect(calls.filter(({ key }) => key === `refund-${topupId}`)).toHaveLength(1);
    clock.advance(PAUSE);
    refundAnswer = () =>
      Response.json(
        { error: { type: 'invalid_request_error', code: 'charge_already_refunded' } },
        { status: 400 },
      );
    await runHere();
    expect((await topup(topupId)).state).toBe('refunded');
    const refunds = calls.filter(({ path }) => path === '/v1/refunds');
    expect(new Set(refunds.map(({ key }) => key))).toEqual(new Set([`refund-${topupId}`]));
    expect(refunds[0]?.body.get('payment_intent')).toBe(`pi_${topupId}`);
  });

  test('B8 managers are told once of money that does not go back, at once or later', async () => {
    const told = async (topupId: string) =>
      (
        await database.pool.query<{ detail: object }>(
          `select detail from security_events where kind = 'refund_failed' and detail->>'topupId' = $1`,
          [topupId],
        )
      ).rows.map(({ detail }) => detail);
    const { topupId } = await beginHere();
    await hook(event('checkout.session.completed', session(topupId)));
    await proveManager();
    await manager.push([{ op: 'topup.refund@1', args: { topupId } }]);
    refundAnswer = () =>
      Response.json(
        { error: { type: 'invalid_request_error', code: 'charge_disputed', message: 'charged back' } },
        { status: 400 },
      );
    for (let run = 0; run < 2; run++) {
      await expect(runHere()).rejects.toThrow('some purchases could not be settled');
      clock.advance(PAUSE);
    }
    refundAnswer = () => Response.json({ id: 're_1', object: 'refund', status: 'failed' });
    await expect(runHere()).rejects.toThrow('some purchases could not be settled');
    expect((await topup(topupId)).state).toBe('refunding');
    expect(await told(topupId)).toEqual([{ amount: 500, currency: 'EUR', topupId }]);

    clock.advance(PAUSE);
    refundAnswer = () => Response.json({ id: 're_1', object: 'refund', status: 'pending' });
    await runHere();
    const later = (await beginHere()).topupId;
    await proveManager();
    await hook(event('checkout.session.completed', session(later)));
    await manager.push([{ op: 'topup.refund@1', args: { topupId: later } }]);
    await runHere();
    expect((await topup(later)).state).toBe('refunded');
    const refund = { id: 're_2', object: 'refund', status: 'failed', metadata: { siteId, topupId: later } };
    expect(await hook(event('refund.failed', refund))).toEqual([200, 'done']);
    await hook(event('charge.refund.updated', refund));
    expect(await told(later)).toHaveLength(1);
  });

  test('B8 the way to the provider’s page is asked for twenty times in ten minutes at most', async () => {
    const { buyer, topupId } = await beginHere();
    const answers = [];
    for (let call = 0; call < 25; call++) answers.push(await buyer.post('payments.checkout', { topupId }));
    expect(answers.at(-1)?.error?.code).toBe('too_many_requests');
  });

  test('B8 what is given back at Stripe itself takes the credits back; a part does not', async () => {
    const { topupId } = await beginHere();
    await hook(event('checkout.session.completed', session(topupId)));
    const charge = { id: 'ch_1', object: 'charge', metadata: { siteId, topupId } };
    await hook(event('charge.refunded', { ...charge, refunded: false }));
    expect((await topup(topupId)).state).toBe('paid');
    await hook(event('charge.refunded', { ...charge, refunded: true }));
    expect(await topup(topupId)).toMatchObject({ state: 'refunded', moved: 0 });
    expect(await hook(event('customer.created', { id: 'cus_1', object: 'customer' }))).toEqual([200, 'done']);
  });
});
