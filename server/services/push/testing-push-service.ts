import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { PushKeys } from './push-encryption';
import type { PushTransport } from './push-transport';

/** A browser that is subscribed: its keys, and the only reader of what is sent to them. */
export interface TestReceiver {
  readonly keys: PushKeys;
  /** RFC 8291 read from the other end, in code of its own. Throws for what is not meant for it. */
  decrypt(body: Uint8Array): Uint8Array;
}

/** Makes the key pair and the secret that a browser makes when it subscribes. */
export function createTestReceiver(): TestReceiver {
  const pair = createECDH('prime256v1');
  const point = pair.generateKeys();
  const auth = randomBytes(16);
  const derive = (secret: Uint8Array, salt: Uint8Array, info: Buffer, length: number) =>
    Buffer.from(hkdfSync('sha256', secret, salt, info, length));
  return {
    keys: { p256dh: point.toString('base64url'), auth: auth.toString('base64url') },
    decrypt(body) {
      const message = Buffer.from(body);
      const salt = message.subarray(0, 16);
      const keyLength = message.readUInt8(20);
      const sender = message.subarray(21, 21 + keyLength);
      const sealed = message.subarray(21 + keyLength, -16);
      const info = Buffer.concat([Buffer.from('WebPush: info\0'), point, sender]);
      const secret = derive(pair.computeSecret(sender), auth, info, 32);
      const key = derive(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
      const nonce = derive(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
      const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(message.subarray(-16));
      const padded = Buffer.concat([decipher.update(sealed), decipher.final()]);
      const end = padded.lastIndexOf(0x02);
      return new Uint8Array(padded.subarray(0, end));
    },
  };
}

export interface TestPushMessage {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** A push service on the loopback interface, and the way to it that the product's own transport would refuse. */
export interface TestPushService {
  readonly url: string;
  readonly transport: PushTransport;
  /** What came, oldest first. */
  readonly messages: TestPushMessage[];
  /** The next message from now on, or the one that came unread. Rejects after 10 s. */
  next(): Promise<TestPushMessage>;
  /** What it answers from now on, to a path of its own where one is given. Default: 201. */
  answer(status: number, options?: { path?: string; retryAfter?: string }): void;
  close(): Promise<void>;
}

/** Starts it on a free port. */
export async function startTestPushService(): Promise<TestPushService> {
  const messages: TestPushMessage[] = [];
  const answers = new Map<string, { status: number; retryAfter?: string | undefined }>();
  let taken = 0;
  let notify: () => void = () => undefined;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = new Uint8Array(Buffer.concat(chunks));
      messages.push({ path: request.url ?? '', headers: request.headers, body });
      const { status, retryAfter } = answers.get(request.url ?? '') ?? answers.get('') ?? { status: 201 };
      response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end();
      notify();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `http://127.0.0.1:${String(address.port)}`;
  return {
    url,
    messages,
    transport: {
      accepts: (endpoint) => endpoint.startsWith(`${url}/`),
      post: async (endpoint, { headers, body }) => {
        const answer = await fetch(endpoint, { method: 'POST', headers, body: Buffer.from(body) });
        await answer.arrayBuffer();
        return { status: answer.status, retryAfter: answer.headers.get('retry-after') };
      },
    },
    async next() {
      const deadline = AbortSignal.timeout(10_000);
      while (messages.length <= taken) {
        await new Promise<void>((resolve, reject) => {
          notify = resolve;
          deadline.addEventListener('abort', () => reject(new Error('no push message came')), { once: true });
        });
      }
      return messages[taken++]!;
    },
    answer(status, { path = '', retryAfter } = {}) {
      if (path === '') answers.clear();
      answers.set(path, { status, retryAfter });
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
