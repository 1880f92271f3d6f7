import type { Bytes } from './bytes';
import { demand } from './malformed';

// TextEncoder and TextDecoder belong to the DOM and Node, not to the language; the decoder also has to be strict and to
// keep a leading U+FEFF, so it is written out.

/** UTF-8 of `text`. A lone surrogate has no UTF-8 form: RangeError. */
export function encodeUtf8(text: string): Bytes {
  const bytes: number[] = [];
  for (const character of text) appendCodePoint(bytes, character.codePointAt(0)!);
  return Uint8Array.from(bytes);
}

function appendCodePoint(bytes: number[], point: number): void {
  if (point >= 0xd800 && point <= 0xdfff) throw new RangeError('text holds a lone surrogate');
  if (point < 0x80) bytes.push(point);
  else if (point < 0x800) bytes.push(0xc0 | (point >> 6), tail(point, 0));
  else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), tail(point, 6), tail(point, 0));
  else bytes.push(0xf0 | (point >> 18), tail(point, 12), tail(point, 6), tail(point, 0));
}

const tail = (point: number, shift: number): number => 0x80 | ((point >> shift) & 0x3f);

/** The text of strict UTF-8 (RFC 3629): overlong forms, surrogates, values above U+10FFFF and cut-off characters are malformed. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = '';
  for (let offset = 0; offset < bytes.length;) {
    const lead = bytes[offset]!;
    const length = sequenceLength(lead);
    demand(offset + length <= bytes.length, 'UTF-8 character is cut off');
    const point = readCodePoint(bytes.subarray(offset, offset + length));
    text += String.fromCodePoint(point);
    offset += length;
  }
  return text;
}

function sequenceLength(lead: number): 1 | 2 | 3 | 4 {
  if (lead < 0x80) return 1;
  demand(lead >= 0xc2 && lead <= 0xf4, 'byte cannot begin a UTF-8 character');
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

const LEAST_OF_LENGTH = [0, 0, 0x80, 0x800, 0x10000] as const;

function readCodePoint(sequence: Uint8Array): number {
  const lead = sequence[0]!;
  if (sequence.length === 1) return lead;
  let point = lead & (0x7f >> sequence.length);
  for (const byte of sequence.subarray(1)) {
    demand((byte & 0xc0) === 0x80, 'UTF-8 character is cut off');
    point = (point << 6) | (byte & 0x3f);
  }
  demand(point >= LEAST_OF_LENGTH[sequence.length]!, 'UTF-8 character is overlong');
  demand(point <= 0x10ffff && (point < 0xd800 || point > 0xdfff), 'not a Unicode scalar value');
  return point;
}
