import type { Pool } from 'pg';
import type { PushMessage } from '#shared/protocol/push-message';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { SecretKey } from '../../platform/secret-key';
import type { AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';
import { arePushKeys, encryptPush } from './push-encryption';
import { createPushSubscriptions, type PushOwner, type PushTarget } from './push-subscriptions';
import type { PushTransport } from './push-transport';
import { loadVapidKey, type VapidKey } from './vapid-key';

/** Waking browsers (B4, Web Push). */
export interface Push {
  /** What a browser subscribes with: base64url, 65 bytes. The same on every process. */
  publicKey(): Promise<string>;
  /** Refuses push_refused for an endpoint that no push service has, keys that are none, somebody else's endpoint. */
  subscribe(owner: PushOwner, target: PushTarget): Promise<AuthResult<null>>;
  unsubscribe(sessionId: string): Promise<void>;
  isSubscribed(sessionId: string): Promise<boolean>;
  /**
   * Sends to every browser of the user; answers how many messages a push service took. Those that nobody reads any more are
   * forgotten. Never within a transaction: it waits for the network.
   */
  send(userId: string, message: PushMessage, delivery: PushDelivery): Promise<number>;
}

export interface PushDelivery {
  /** Whole seconds for which a push service keeps it for a device without signal; up to a day. */
  readonly ttl: number;
  readonly urgency: 'normal' | 'high';
}

export interface PushOptions {
  pool: Pool;
  clock: Clock;
  secretKey: SecretKey;
  /** The public origin, also the contact for push services where it is https. */
  origin: string;
  logger: Logger;
  transport: PushTransport;
}

const GONE: ReadonlySet<number> = new Set([404, 410]);

/** Sends with our own few lines of RFC 8291 and 8292, so that Apple's service, too, can read what it is given. */
export function createPush(options: PushOptions): Push {
  const { pool, clock, origin, logger, transport } = options;
  const subscriptions = createPushSubscriptions(pool);
  const contact = origin.startsWith('https:') ? origin : 'mailto:nobody@localhost';
  let key: Promise<VapidKey> | null = null;
  const vapidKey = (): Promise<VapidKey> => {
    key ??= loadVapidKey(options, contact).catch((error: unknown) => {
      key = null;
      throw error;
    });
    return key;
  };

  const sendTo = async ({ endpoint, keys }: PushTarget, body: Uint8Array, delivery: PushDelivery) => {
    const status = await transport.post(endpoint, {
      headers: {
        authorization: (await vapidKey()).authorization(endpoint, clock.now()),
        'content-encoding': 'aes128gcm',
        'content-type': 'application/octet-stream',
        ttl: String(delivery.ttl),
        urgency: delivery.urgency,
      },
      body: encryptPush(body, keys),
    });
    if (status !== null && GONE.has(status)) await subscriptions.forgetEndpoint(endpoint);
    const isTaken = status !== null && status >= 200 && status < 300;
    // The host alone: the rest of an endpoint is a secret of the browser.
    if (!isTaken) logger.warn('a push message was not taken', { host: new URL(endpoint).host, status });
    return isTaken;
  };

  return {
    publicKey: async () => (await vapidKey()).publicKey,

    async subscribe(owner, target) {
      if (!transport.accepts(target.endpoint) || !arePushKeys(target.keys)) return refused('push_refused');
      const isKept = await subscriptions.keep(owner, target, new Date(clock.now()));
      return isKept ? granted(null) : refused('push_refused');
    },

    unsubscribe: (sessionId) => subscriptions.forget(sessionId),
    isSubscribed: (sessionId) => subscriptions.has(sessionId),

    async send(userId, message, delivery) {
      const body = new TextEncoder().encode(JSON.stringify(message));
      const targets = await subscriptions.of(userId, new Date(clock.now()));
      const taken = await Promise.all(targets.map((target) => sendTo(target, body, delivery)));
      return taken.filter(Boolean).length;
    },
  };
}
