import { fromBase64url, toBase64url } from '#shared/pass/base64url';
import type { LockKey, PublicJwk } from './app-lock-rules';

/** What an authenticator answered (WebAuthn §5.2.2), base64url. */
export interface LocalAnswer {
  readonly clientDataJSON: string;
  readonly authenticatorData: string;
  readonly signature: string;
}

export interface LocalExpectation {
  /** base64url */
  readonly challenge: string;
  readonly origin: string;
  readonly rpId: string;
}

type Bytes = Uint8Array<ArrayBuffer>;

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const RP_ID_HASH_BYTES = 32;

/**
 * Whether the answer is the key's, to this challenge, for this origin, with the person verified (WebAuthn §7.2, steps 11 to
 * 21). The signature counter is left out: this device is the only one that asks, and the server looks at the counter.
 */
export async function verifyLocalAnswer(
  { response, key, expected }: { response: LocalAnswer; key: LockKey; expected: LocalExpectation },
  subtle: SubtleCrypto = crypto.subtle,
): Promise<boolean> {
  const clientData = fromBase64url(response.clientDataJSON);
  const authenticatorData = fromBase64url(response.authenticatorData);
  const signature = fromBase64url(response.signature);
  if (!clientData || !authenticatorData || !signature) return false;
  if (!isExpected(clientData, expected)) return false;
  const rpIdHash = await sha256(subtle, new TextEncoder().encode(expected.rpId));
  if (toBase64url(authenticatorData.slice(0, RP_ID_HASH_BYTES)) !== toBase64url(rpIdHash)) return false;
  const flags = authenticatorData[RP_ID_HASH_BYTES] ?? 0;
  if (!(flags & USER_PRESENT) || !(flags & USER_VERIFIED)) return false;
  const signed = new Uint8Array([...authenticatorData, ...(await sha256(subtle, clientData))]);
  try {
    return await verifySignature(subtle, { key: key.publicKey, signature, signed });
  } catch {
    // A kind of key that this browser's WebCrypto does not know, such as Ed25519 in an older one.
    return false;
  }
}

function isExpected(clientData: Bytes, expected: LocalExpectation): boolean {
  try {
    const { type, challenge, origin, crossOrigin } = JSON.parse(
      new TextDecoder().decode(clientData),
    ) as Record<string, unknown>;
    return (
      type === 'webauthn.get' &&
      challenge === expected.challenge &&
      origin === expected.origin &&
      crossOrigin !== true
    );
  } catch {
    return false;
  }
}

async function verifySignature(
  subtle: SubtleCrypto,
  { key, signature, signed }: { key: PublicJwk; signature: Bytes; signed: Bytes },
): Promise<boolean> {
  const [importing, verifying] = algorithmsOf(key);
  const imported = await subtle.importKey('jwk', { ...key }, importing, false, ['verify']);
  const raw = key.kty === 'EC' ? fromDer(signature) : signature;
  return raw !== null && (await subtle.verify(verifying, imported, raw, signed));
}

function algorithmsOf({
  kty,
}: PublicJwk): [EcKeyImportParams | RsaHashedImportParams | Algorithm, EcdsaParams | Algorithm] {
  if (kty === 'EC')
    return [
      { name: 'ECDSA', namedCurve: 'P-256' },
      { name: 'ECDSA', hash: 'SHA-256' },
    ];
  if (kty === 'OKP') return [{ name: 'Ed25519' }, { name: 'Ed25519' }];
  return [{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, { name: 'RSASSA-PKCS1-v1_5' }];
}

const NUMBER_BYTES = 32;

/** WebAuthn signs ECDSA in DER (SEQUENCE of two INTEGERs); WebCrypto takes the two numbers side by side. Null for other bytes. */
function fromDer(signature: Bytes): Bytes | null {
  // With numbers of at most 33 bytes all lengths are of one byte.
  if (signature[0] !== 0x30 || signature[1] !== signature.length - 2) return null;
  const raw = new Uint8Array(2 * NUMBER_BYTES);
  let at = 2;
  for (let index = 0; index < 2; index++) {
    const length = signature[at + 1];
    if (signature[at] !== 0x02 || length === undefined) return null;
    const number = signature.slice(at + 2, at + 2 + length);
    const digits = number[0] === 0 ? number.slice(1) : number;
    if (number.length !== length || digits.length > NUMBER_BYTES) return null;
    raw.set(digits, (index + 1) * NUMBER_BYTES - digits.length);
    at += 2 + length;
  }
  return at === signature.length ? raw : null;
}

async function sha256(subtle: SubtleCrypto, bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await subtle.digest('SHA-256', bytes));
}
