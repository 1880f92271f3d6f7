import { createCipheriv, createECDH, ECDH, hkdfSync, randomBytes } from 'node:crypto';

/** The keys of a browser's subscription, base64url as `PushSubscription.toJSON()` gives them. */
export interface PushKeys {
  /** P-256 point, uncompressed: 65 bytes. */
  readonly p256dh: string;
  /** 16 bytes. */
  readonly auth: string;
}

/** Bytes of a payload that every push service takes: 4,096 less header, tag and delimiter (RFC 8291 §4). */
export const PUSH_PAYLOAD_MAX = 3993;

const RECORD_SIZE = 4096;
const LAST_RECORD = 0x02;
const CURVE = 'prime256v1';

/** What is drawn anew for each message. */
export interface PushRandomness {
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  /** 16 bytes. */
  readonly salt: Uint8Array;
}

/**
 * The body of a push message in `aes128gcm` (RFC 8188) under the keys of the subscription (RFC 8291): the push service
 * that carries it cannot read it. RangeError for a longer payload than PUSH_PAYLOAD_MAX; throws for keys that
 * `arePushKeys` refuses.
 */
export function encryptPush(payload: Uint8Array, keys: PushKeys, random?: PushRandomness): Uint8Array {
  if (payload.length > PUSH_PAYLOAD_MAX) throw new RangeError('a push message is too long');
  const receiver = Buffer.from(keys.p256dh, 'base64url');
  const sender = createECDH(CURVE);
  if (random) sender.setPrivateKey(random.privateKey);
  else sender.generateKeys();
  const senderPoint = sender.getPublicKey();
  const salt = random?.salt ?? randomBytes(16);

  const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), receiver, senderPoint]);
  const shared = sender.computeSecret(receiver);
  const secret = hkdf(shared, { salt: Buffer.from(keys.auth, 'base64url'), info: keyInfo, length: 32 });
  const key = hkdf(secret, { salt, info: Buffer.from('Content-Encoding: aes128gcm\0'), length: 16 });
  const nonce = hkdf(secret, { salt, info: Buffer.from('Content-Encoding: nonce\0'), length: 12 });

  const header = Buffer.alloc(5);
  header.writeUInt32BE(RECORD_SIZE);
  header.writeUInt8(senderPoint.length, 4);
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  const sealed = [cipher.update(payload), cipher.update(Buffer.of(LAST_RECORD)), cipher.final()];
  return new Uint8Array(Buffer.concat([salt, header, senderPoint, ...sealed, cipher.getAuthTag()]));
}

/** Whether these are keys that something can be encrypted for: a point of the curve, and 16 bytes. */
export function arePushKeys({ p256dh, auth }: PushKeys): boolean {
  if (!/^[\w-]{87}=?$/.test(p256dh) || !/^[\w-]{22}(==)?$/.test(auth)) return false;
  const point = Buffer.from(p256dh, 'base64url');
  if (point.length !== 65 || point[0] !== 0x04) return false;
  try {
    // Refuses what does not lie on the curve.
    ECDH.convertKey(point, CURVE);
    return true;
  } catch {
    return false;
  }
}

function hkdf(
  secret: Uint8Array,
  { salt, info, length }: { salt: Uint8Array; info: Uint8Array; length: number },
): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, length));
}
