import type { Bytes } from './bytes';

// Neither btoa nor Buffer belongs to the language, and this folder runs in both surroundings.
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const values = new Map([...ALPHABET].map((character, value) => [character, value]));

/** Base64url without padding (RFC 4648 §5). */
export function toBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let offset = 0; offset < bytes.length; offset += 3) {
    const group = bytes.subarray(offset, offset + 3);
    const bits = (group[0]! << 16) | ((group[1] ?? 0) << 8) | (group[2] ?? 0);
    for (let index = 0; index <= group.length; index++) text += ALPHABET[(bits >> (18 - 6 * index)) & 63]!;
  }
  return text;
}

/**
 * The bytes of a base64url text without padding; null for other characters and for a length that no bytes have. What the last
 * character has beyond whole bytes is left out of account: write it anew with `toBase64url` to compare texts.
 */
export function fromBase64url(text: string): Bytes | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let offset = 0;
  for (const character of text) {
    const value = values.get(character);
    if (value === undefined) return null;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[offset++] = (bits >> held) & 0xff;
  }
  return bytes;
}
