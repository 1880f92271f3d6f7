import { lookup as lookUp, type LookupAddress } from 'node:dns';
import { Agent, request as sendRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';
import { hasCode } from '../../platform/error-code';

/** What goes to a push service. */
export interface PushPost {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The way to push services. */
export interface PushTransport {
  /** Whether a message would be sent there at all. A name's addresses are looked at when one is sent. */
  accepts(endpoint: string): boolean;
  /** Null when no answer came: no such name, an address that is not public, nothing in time. */
  post(endpoint: string, post: PushPost): Promise<PushAnswer | null>;
}

/** What a push service answers. */
export interface PushAnswer {
  readonly status: number;
  /** Its `Retry-After` as it stands; null without one. */
  readonly retryAfter: string | null;
}

const ENDPOINT_LENGTH_MAX = 2048;
/** Milliseconds. Nobody waits for it, but a hanging one must not pile up. */
const PATIENCE = 10_000;

/** Connections to one host at the same time; what more there is waits. */
const CONNECTIONS_A_HOST = 32;
/** Hosts whose connections are kept at all: with more of them the others' are closed after each message. */
const KEPT_CONNECTIONS = 64;
/** Milliseconds for which an unused connection is kept. */
const KEPT_FOR = 15_000;

/**
 * Sends to push services over https. An endpoint is a URL that whoever subscribes has chosen, so the server must not be led
 * by it to its own network (SSRF): https on the usual port only, a name and no address, every address of that name public,
 * looked at in the very look-up that the connection uses (a second one could answer otherwise), no redirects. Connections
 * are used again for a while, by name and port, so that not every message costs a TLS handshake.
 */
export function createPushTransport({
  lookup = lookUp,
  agent = createAgent(lookup),
}: { lookup?: typeof lookUp; agent?: Agent } = {}): PushTransport {
  return {
    accepts: isPushEndpoint,
    async post(endpoint, post) {
      if (!isPushEndpoint(endpoint)) return null;
      const answer = await sendOnce(endpoint, post, agent);
      // The service had closed the kept connection a moment before: nothing of it was read.
      return answer === 'stale'
        ? await sendOnce(endpoint, post, agent).then((again) => (again === 'stale' ? null : again))
        : answer;
    },
  };
}

function sendOnce(
  endpoint: string,
  { headers, body }: PushPost,
  agent: Agent,
): Promise<PushAnswer | 'stale' | null> {
  return new Promise((resolve) => {
    const request = sendRequest(
      endpoint,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': String(body.length) },
        signal: AbortSignal.timeout(PATIENCE),
        agent,
      },
      (response) => {
        const { statusCode, headers: answered } = response;
        resolve(
          statusCode === undefined
            ? null
            : { status: statusCode, retryAfter: answered['retry-after'] ?? null },
        );
        forget(response);
      },
    );
    request.on('error', (error) =>
      resolve(request.reusedSocket && hasCode(error, 'ECONNRESET') ? 'stale' : null),
    );
    request.end(body);
  });
}

/** The look-up belongs to the agent: every connection that it opens goes to a public address. */
function createAgent(lookup: typeof lookUp): Agent {
  return new Agent({
    keepAlive: true,
    lookup: createPublicLookup(lookup),
    maxSockets: CONNECTIONS_A_HOST,
    maxTotalSockets: 256,
    maxFreeSockets: KEPT_CONNECTIONS,
    timeout: KEPT_FOR,
  });
}

/** What it says besides is of no use, and may be without end: of a short answer the connection can be used again. */
function forget(response: IncomingMessage): void {
  let left = 4096;
  response.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) response.destroy();
  });
  response.on('error', () => undefined);
}

/** Whether it looks like a push service's endpoint: https, no port or user of its own, a name with a dot that is not local. */
export function isPushEndpoint(endpoint: string): boolean {
  if (endpoint.length > ENDPOINT_LENGTH_MAX || !URL.canParse(endpoint)) return false;
  const { protocol, port, username, password, hostname } = new URL(endpoint);
  if (protocol !== 'https:' || port !== '' || username !== '' || password !== '') return false;
  if (hostname.startsWith('[') || isIP(hostname) !== 0) return false;
  return hostname.includes('.') && !/\.(local|localhost|internal|home\.arpa|onion|lan)\.?$/.test(hostname);
}

const notPublicV4 = new BlockList();
// The special-purpose registry of IPv4 (RFC 6890 and its successors), multicast and above.
for (const network of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15'],
  ...['198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
]) {
  const [base = '', prefix] = network.split('/');
  notPublicV4.addSubnet(base, Number(prefix), 'ipv4');
}

// IPv6 the other way round: only global unicast is public, without what stands for something else inside it.
const globalV6 = new BlockList();
globalV6.addSubnet('2000::', 3, 'ipv6');
const notPublicV6 = new BlockList();
// Teredo and ORCHID, documentation, 6to4 (which carries an IPv4 address), documentation again.
notPublicV6.addSubnet('2001::', 23, 'ipv6');
notPublicV6.addSubnet('2001:db8::', 32, 'ipv6');
notPublicV6.addSubnet('2002::', 16, 'ipv6');
notPublicV6.addSubnet('3fff::', 20, 'ipv6');

/** Whether the address is one of the open internet: not private, local, shared, documentation, multicast or mapped. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublicV4.check(address, 'ipv4');
  if (isIP(address) !== 6) return false;
  return globalV6.check(address, 'ipv6') && !notPublicV6.check(address, 'ipv6');
}

/** Looks a name up and fails when any of its addresses is not public: such a name is nobody's push service. */
export function createPublicLookup(lookup: typeof lookUp): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      const first = found?.[0];
      if (error || !first) {
        callback(error ?? new Error(`${hostname} has no address`), '');
      } else if (!found.every(({ address }) => isPublicAddress(address))) {
        callback(new Error(`${hostname} has an address that is not public`), '');
      } else if (options.all) {
        callback(null, found);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}
