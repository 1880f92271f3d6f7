import type { Bytes } from './bytes';
import { demand } from './malformed';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));

/** Base45 (RFC 9285): two bytes become three characters of the QR alphanumeric alphabet, a last single byte two. */
export function encodeBase45(bytes: Uint8Array): string {
  let text = '';
  for (let offset = 0; offset + 1 < bytes.length; offset += 2) {
    text += digits(bytes[offset]! * 256 + bytes[offset + 1]!, 3);
  }
  return bytes.length % 2 === 1 ? text + digits(bytes[bytes.length - 1]!, 2) : text;
}

function digits(value: number, count: number): string {
  let text = '';
  for (let rest = value, index = 0; index < count; index++, rest = Math.floor(rest / 45)) {
    text += ALPHABET[rest % 45]!;
  }
  return text;
}

/**
 * The bytes of a Base45 text. Malformed: a character outside the alphabet (lower case included), a length that leaves one
 * character over, a triple above 65535, a pair above 255. So exactly one text decodes to any bytes.
 */
export function decodeBase45(text: string): Bytes {
  demand(text.length % 3 !== 1, 'Base45 text has one character over');
  const bytes = new Uint8Array(Math.floor(text.length / 3) * 2 + (text.length % 3 === 2 ? 1 : 0));
  let filled = 0;
  for (let offset = 0; offset < text.length; offset += 3) {
    const group = groupValue(text.slice(offset, offset + 3));
    const pair = text.length - offset === 2;
    demand(group <= (pair ? 0xff : 0xffff), 'Base45 group is out of range');
    if (!pair) bytes[filled++] = group >> 8;
    bytes[filled++] = group & 0xff;
  }
  return bytes;
}

function groupValue(group: string): number {
  let value = 0;
  for (let index = group.length - 1; index >= 0; index--) {
    const digit = VALUES.get(group[index]!);
    demand(digit !== undefined, 'character is not of the Base45 alphabet');
    value = value * 45 + digit;
  }
  return value;
}
