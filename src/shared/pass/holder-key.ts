import { parsePoint } from './p256';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The 33 bytes of a holder key as ops and rows carry it: base64url without padding (RFC 4648 §5); null for anything else. */
export function holderKeyBytes(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length !== 44) return null;
  const bytes = new Uint8Array(33);
  for (let group = 0; group < 11; group++) {
    let bits = 0;
    for (let index = 0; index < 4; index++) {
      const value = ALPHABET.indexOf(text.charAt(group * 4 + index));
      if (value < 0) return null;
      bits = (bits << 6) | value;
    }
    bytes.set([bits >> 16, (bits >> 8) & 0xff, bits & 0xff], group * 3);
  }
  return bytes;
}

/** Whether the text is a holder key: a compressed P-256 point (SEC 1 §2.3.3) that lies on the curve. */
export function isHolderKey(text: string): boolean {
  const bytes = holderKeyBytes(text);
  return bytes !== null && parsePoint(bytes) !== null;
}
