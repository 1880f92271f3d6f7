import { fromBase64url } from './base64url';
import type { Bytes } from './bytes';
import { parsePoint } from './p256';

/** The 33 bytes of a holder key as ops and rows carry it: base64url without padding (RFC 4648 §5); null for anything else. */
export function holderKeyBytes(text: string): Bytes | null {
  // 33 bytes are 44 whole characters: no bits are left over, so that every key has one spelling.
  return text.length === 44 ? fromBase64url(text) : null;
}

/** Whether the text is a holder key: a compressed P-256 point (SEC 1 §2.3.3) that lies on the curve. */
export function isHolderKey(text: string): boolean {
  const bytes = holderKeyBytes(text);
  return bytes !== null && parsePoint(bytes) !== null;
}
