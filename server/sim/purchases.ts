import { createHmac } from 'node:crypto';
import type { Pool } from 'pg';
import { callServer } from './call-server';
import type { Findings } from './findings';
import type { Install } from './install';
import { STEP } from './plan';
import { createRandom, type Random } from './random';
import type { Purchase } from './server-messages';
import { SIM_STRIPE } from './simulated-stripe';
import type { VirtualTime } from './virtual-time';

type EventKind = 'paid' | 'failed' | 'refunded';

/** Something the provider says until it is heard. */
interface PaymentEvent {
  readonly id: string;
  readonly kind: EventKind;
  readonly purchase: Purchase;
  /** Whether the site has said that it took it in. */
  isTaken: boolean;
  said: number;
}

interface Delivery {
  readonly event: PaymentEvent;
  /** Simulated milliseconds since 1970. */
  readonly at: number;
  readonly isForged: boolean;
}

/** What becomes of a purchase, and how often: the events of one list come in any order. */
const fates: readonly (readonly EventKind[])[] = [
  ...Array.from({ length: 6 }, () => ['paid'] as const),
  ['failed', 'paid'],
  ['failed'],
  ['paid', 'refunded'],
  ['paid', 'failed', 'refunded'],
];

/** What may have become of a purchase once this was said of it. */
const outcomes: Readonly<Record<EventKind, readonly string[]>> = {
  paid: ['paid', 'refunding', 'refunded'],
  failed: ['failed', 'paid', 'refunding', 'refunded'],
  refunded: ['refunded'],
};

/** How often an event is said that nobody takes in: then its buyer is a case for people. */
const SAID = 40;

/** How many steps after its beginning a purchase's page is asked for again, at most. */
const ASKED = 12;

/**
 * The payment provider as the site meets it: a page for who buys, and webhooks that come twice, late, at the same moment, in any order
 * and forged, each again until it is answered with 2xx. Goes past the faulty network: it is no device, and repeats by itself.
 */
export class Purchases {
  readonly events = new Map<string, PaymentEvent>();
  #begun: { readonly topupId: string; readonly install: Install; asked: number }[] = [];
  readonly #known = new Map<string, Purchase>();
  #deliveries: Delivery[] = [];
  /** How often anything was delivered. */
  delivered = 0;

  constructor(
    private readonly options: {
      readonly seed: number;
      readonly time: VirtualTime;
      readonly findings: Findings;
      readonly origin: () => string;
    },
  ) {}

  /** Nothing is left to be said. */
  get isQuiet(): boolean {
    return this.#deliveries.length === 0;
  }

  /** Somebody's wish to buy was stored: its device goes to the provider's page once the site knows of it. */
  begun(topupId: string, install: Install): void {
    this.#begun.push({ topupId, install, asked: 0 });
  }

  /** The site has asked for the page of a purchase; asked again it is the same one. */
  onCheckout(purchase: Purchase): void {
    const { topupId } = purchase;
    if (this.#known.has(topupId)) return;
    this.#known.set(topupId, purchase);
    const random = createRandom(this.options.seed, 'purchase', topupId);
    for (const kind of random.pick(fates)) this.#say(kind, purchase, random);
    if (random.chance(0.2)) {
      const event = { id: `evt_forged_${topupId}`, kind: 'paid', purchase, isTaken: false, said: 0 } as const;
      this.#deliver(event, random, true);
    }
  }

  /** The site gives a payment back. */
  onRefund(topupId: string): void {
    const purchase = this.#known.get(topupId);
    if (purchase) this.#say('refunded', purchase, createRandom(this.options.seed, 'refund', topupId));
  }

  /** After a restore an operator has everything sent again. */
  sayAgain(): void {
    const random = createRandom(this.options.seed, 'said again');
    for (const event of this.events.values()) this.#deliver(event, random);
  }

  /** Goes to pages and delivers what is due. */
  async step(): Promise<void> {
    const now = this.options.time.now();
    const due = this.#deliveries.filter(({ at }) => at <= now);
    this.#deliveries = this.#deliveries.filter(({ at }) => at > now);
    await Promise.all([...due.map((delivery) => this.#send(delivery)), this.#openPages()]);
  }

  /**
   * I16: what the site has confirmed to have heard is so in its books.
   */
  async check(pool: Pick<Pool, 'query'>): Promise<void> {
    const { rows } = await pool.query<{ topup_id: string; state: string }>(
      'select topup_id, state from topups',
    );
    const states = new Map(rows.map((row) => [row.topup_id, row.state]));
    // What a job has asked for in the very end is still to be said.
    const waiting = new Set(this.#deliveries.map(({ event }) => event));
    for (const event of this.events.values()) {
      const { kind, purchase, isTaken } = event;
      const state = states.get(purchase.topupId);
      if (waiting.has(event)) continue;
      // A restore may have taken the purchase itself away.
      if (state === undefined) continue;
      this.options.findings.check('I16', isTaken, () => `nobody took in ${kind} of ${purchase.topupId}`);
      if (!isTaken) continue;
      this.options.findings.check(
        'I16',
        outcomes[kind].includes(state),
        () => `the provider said ${kind} of ${purchase.topupId}, which is ${state}`,
      );
    }
  }

  #say(kind: EventKind, purchase: Purchase, random: Random): void {
    const id = `evt_${kind}_${purchase.topupId}`;
    const event = this.events.get(id) ?? { id, kind, purchase, isTaken: false, said: 0 };
    this.events.set(id, event);
    const times = 1 + random.integer(3);
    for (let time = 0; time < times; time++) this.#deliver(event, random);
  }

  #deliver(event: PaymentEvent, random: Random, isForged = false): void {
    this.#deliveries.push({ event, isForged, at: this.options.time.now() + random.integer(4) * STEP });
  }

  async #openPages(): Promise<void> {
    const asking = this.#begun;
    this.#begun = [];
    await Promise.all(
      asking.map(async (one) => {
        const { topupId, install } = one;
        if (this.#known.has(topupId)) return;
        const call = callServer(this.options.origin(), install.token, 'payments.checkout', { topupId });
        const isOpen = await call.then(
          () => true,
          () => false,
        );
        if (!isOpen && ++one.asked < ASKED) this.#begun.push(one);
      }),
    );
  }

  async #send({ event, isForged }: Delivery): Promise<void> {
    const { findings, time } = this.options;
    const body = JSON.stringify(bodyOf(event));
    const status = await post(`${this.options.origin()}/payments/webhook/stripe`, body, isForged);
    this.delivered++;
    if (isForged) {
      findings.check('I16', status === null || status >= 400, () => `a forged webhook was believed: ${body}`);
      return;
    }
    if (status === 200) event.isTaken = true;
    else if (++event.said < SAID) this.#deliveries.push({ event, isForged, at: time.now() + STEP });
  }
}

function bodyOf({ id, kind, purchase }: PaymentEvent): object {
  const { siteId, topupId, amount, currency } = purchase;
  const metadata = { siteId, topupId };
  const payment = `pi_${topupId}`;
  const session = { object: 'checkout.session', id: `cs_${topupId}`, metadata, payment_intent: payment };
  const said = {
    paid: [
      'checkout.session.completed',
      { ...session, payment_status: 'paid', amount_total: amount, currency },
    ],
    failed: ['checkout.session.expired', { ...session, payment_status: 'unpaid' }],
    refunded: ['charge.refunded', { object: 'charge', id: `ch_${topupId}`, metadata, refunded: true }],
  } as const;
  const [type, object] = said[kind];
  return { id, object: 'event', type, data: { object } };
}

/** The answer's status; null where there was none. */
async function post(url: string, body: string, isForged: boolean): Promise<number | null> {
  const at = Math.floor(Date.now() / 1000);
  const secret = isForged ? 'somebody else’s' : SIM_STRIPE.webhookSecret;
  const signature = createHmac('sha256', secret)
    .update(`${String(at)}.${body}`)
    .digest('hex');
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stripe-signature': `t=${String(at)},v1=${signature}` },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    await response.text();
    return response.status;
  } catch {
    return null;
  }
}
