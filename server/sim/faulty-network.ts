import { NETWORK_RATES, networkFaults, type FaultCounts, type FaultKind, type NetworkFault } from './faults';
import type { Hearing } from './hearing';
import { STEP } from './plan';
import { createRandom } from './random';
import type { VirtualTime } from './virtual-time';

/** One tab's way to the server. */
export interface Line {
  readonly device: number;
  readonly isOnline: () => boolean;
  /** The value of the Cookie header at this moment. */
  readonly cookie: () => string;
  /** Resolves when the tab runs: at once, when it is thawed, or never. */
  readonly running: () => Promise<void>;
}

export interface NetworkOptions {
  readonly seed: number;
  readonly time: VirtualTime;
  readonly hearing: Hearing;
  readonly counts: FaultCounts;
  readonly faults: ReadonlySet<FaultKind>;
}

interface Parcel {
  readonly url: string;
  readonly procedure: string;
  readonly body: string;
  readonly cookie: string;
}

/** The network between devices and server, which loses, doubles, delays and reorders until it is quiet. */
export class FaultyNetwork {
  #quiet = false;
  /** How many calls wait for simulated time to pass. */
  held = 0;
  readonly #calls = new Map<number, number>();

  constructor(private readonly options: NetworkOptions) {}

  /** No faults from here on. */
  calm(): void {
    this.#quiet = true;
  }

  /** A `fetch` for tRPC calls over this line. */
  fetchOver(line: Line): typeof fetch {
    return async (input, init) => {
      const url = input instanceof Request ? input.url : String(input);
      const procedure = new URL(url).pathname.replace('/trpc/', '');
      const parcel = { url, procedure, body: textOf(init?.body), cookie: line.cookie() };
      const answer = await this.#carry(line, parcel).catch((error: unknown) => error as Error);
      // What comes for a frozen tab waits for it; for a dead one, for ever.
      await line.running();
      if (answer instanceof Error) throw answer;
      return answer;
    };
  }

  async #carry(line: Line, parcel: Parcel): Promise<Response> {
    if (!line.isOnline()) throw unreachable();
    const call = this.#calls.get(line.device) ?? 0;
    this.#calls.set(line.device, call + 1);
    const random = createRandom(this.options.seed, 'network', line.device, call);
    const fault = this.#quiet ? null : this.#faultBy(random.next());
    if (fault) this.options.counts[fault]++;
    const pause = async (): Promise<void> => {
      // In the quiet, time only moves on once nobody waits any more.
      if (this.#quiet) return;
      this.held++;
      await this.options.time.passing(Math.ceil(random.next() * 3 * STEP));
      this.held--;
    };
    switch (fault) {
      case 'lost-request':
        throw unreachable();
      case 'lost-reply':
        await this.#send(parcel);
        throw unreachable();
      case 'doubled':
        return await this.#sendTwice(parcel, random.next() < 0.5, pause);
      case 'delayed': {
        const isRequest = random.next() < 0.5;
        if (isRequest) await pause();
        const answer = await this.#send(parcel);
        if (!isRequest) await pause();
        return answer;
      }
      case 'late':
        void this.options.time
          .passing(Math.ceil(random.next() * 3 * STEP))
          .then(() => this.#send(parcel).catch(() => undefined));
        throw unreachable();
      case null:
        return await this.#send(parcel);
    }
  }

  /** The same request arrives twice, at once or one after the other; the device gets either answer. */
  async #sendTwice(parcel: Parcel, atOnce: boolean, pause: () => Promise<void>): Promise<Response> {
    const first = this.#send(parcel);
    if (atOnce)
      return await Promise.any([first, this.#send(parcel)]).catch(() => Promise.reject(unreachable()));
    await first.catch(() => undefined);
    await pause();
    return await this.#send(parcel);
  }

  #faultBy(share: number): NetworkFault | null {
    let sum = 0;
    for (const kind of networkFaults) {
      sum += NETWORK_RATES[kind];
      // A kind that is left out leaves its share to nobody, so that the others stay where they were.
      if (share < sum) return this.options.faults.has(kind) ? kind : null;
    }
    return null;
  }

  async #send({ url, procedure, body, cookie }: Parcel): Promise<Response> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    this.options.hearing.note(procedure, body, text);
    return new Response(text, { status: response.status, headers: { 'content-type': 'application/json' } });
  }
}

function unreachable(): Error {
  return new TypeError('fetch failed');
}

function textOf(body: unknown): string {
  if (typeof body !== 'string') throw new Error('a tRPC call has a JSON body');
  return body;
}
