import type { Pool } from 'pg';
import type { PushMessage } from '#shared/protocol/push-message';
import type { Clock } from '../../platform/clock';
import type { Logger } from '../../platform/logger';
import type { SecretKey } from '../../platform/secret-key';
import type { AuthResult } from '../auth/auth-result';
import { granted, refused } from '../auth/auth-result';
import { arePushKeys, encryptPush } from './push-encryption';
import {
  createPushSubscriptions,
  type OwnedTarget,
  type PushOwner,
  type PushTarget,
} from './push-subscriptions';
import type { PushAnswer, PushTransport } from './push-transport';
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
  /** The browsers of these users whose sessions live, by user. */
  targetsOf(userIds: readonly string[]): Promise<ReadonlyMap<string, readonly OwnedTarget[]>>;
  /** Sends to one browser, which is forgotten when the push service says that it is gone. As of `send`: outside transactions. */
  sendTo(target: PushTarget, message: PushMessage, delivery: PushDelivery): Promise<PushOutcome>;
}

/**
 * `taken`: it is the push service's now. `gone`: nobody is there any more. `refused`: as it is, it will never be taken.
 * `later`: the service is busy or away; `after` is what it asks to wait for, milliseconds, null where it says nothing.
 */
export type PushOutcome =
  { readonly is: 'taken' | 'gone' | 'refused' } | { readonly is: 'later'; readonly after: number | null };

export interface PushDelivery {
  /** Whole seconds for which a push service keeps it for a device without signal; up to a day. */
  readonly ttl: number;
  readonly urgency: 'normal' | 'high';
  /** Of messages with the same one the push service keeps the newest alone: up to 32 characters of base64url. Default: none. */
  readonly topic?: string;
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
/** Milliseconds that a push service is waited for at most, whatever it asks for. */
const RETRY_AFTER_MAX = 6 * 3_600_000;

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

  const sendTo = async (
    { endpoint, keys }: PushTarget,
    body: Uint8Array,
    delivery: PushDelivery,
  ): Promise<PushOutcome> => {
    const answer = await transport.post(endpoint, {
      headers: {
        authorization: (await vapidKey()).authorization(endpoint, clock.now()),
        'content-encoding': 'aes128gcm',
        'content-type': 'application/octet-stream',
        ttl: String(delivery.ttl),
        urgency: delivery.urgency,
        ...(delivery.topic !== undefined && { topic: delivery.topic }),
      },
      body: encryptPush(body, keys),
    });
    const outcome = outcomeOf(answer, clock.now());
    if (outcome.is === 'gone') await subscriptions.forgetEndpoint(endpoint);
    if (outcome.is !== 'taken') {
      // The host alone: the rest of an endpoint is a secret of the browser.
      const { host } = new URL(endpoint);
      logger.warn('a push message was not taken', { host, status: answer?.status ?? null });
    }
    return outcome;
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
      const targets = await subscriptions.ofUsers([userId], new Date(clock.now()));
      const sent = (targets.get(userId) ?? []).map((target) => sendTo(target, body, delivery));
      return (await Promise.all(sent)).filter(({ is }) => is === 'taken').length;
    },

    targetsOf: (userIds) => subscriptions.ofUsers(userIds, new Date(clock.now())),
    sendTo: (target, message, delivery) =>
      sendTo(target, new TextEncoder().encode(JSON.stringify(message)), delivery),
  };
}

/** 429 and 5xx mean later; all other 4xx mean this message (too long, a wrong key), which asking again does not mend. */
function outcomeOf(answer: PushAnswer | null, now: number): PushOutcome {
  if (answer === null) return { is: 'later', after: null };
  const { status, retryAfter } = answer;
  if (status >= 200 && status < 300) return { is: 'taken' };
  if (GONE.has(status)) return { is: 'gone' };
  if (status === 408 || status === 429 || status >= 500)
    return { is: 'later', after: waitOf(retryAfter, now) };
  return { is: 'refused' };
}

/** RFC 9110 §10.2.3: whole seconds, or a date. Milliseconds; null for anything else. */
function waitOf(retryAfter: string | null, now: number): number | null {
  if (retryAfter === null) return null;
  const wait = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now;
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), RETRY_AFTER_MAX);
}
