/** Bytes on an ordinary buffer, as WebCrypto's types ask for. Everything the codec returns is of this type. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A copy. Not `slice()`: Node's Buffer overrides it to share memory with the original. */
export function copyBytes(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}

/** One array holding `parts` one after the other. */
export function concatBytes(parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Bytewise lexicographic order (RFC 8949 §4.2.1): negative, zero or positive; a prefix comes first. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const difference = left[index]! - right[index]!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Whether both hold the same bytes. Not constant-time: nothing compared here is secret. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return compareBytes(left, right) === 0;
}

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** The bytes of a hex text of either case, or null when it is not one (odd length, other characters). */
export function fromHex(text: string): Bytes | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(text.slice(2 * index, 2 * index + 2), 16);
  }
  return bytes;
}

/** The 16 bytes of an id written as a UUID, with or without hyphens, in either case; null for anything else. */
export function idToBytes(id: string): Bytes | null {
  const bytes = fromHex(id.replaceAll('-', ''));
  return bytes?.length === 16 ? bytes : null;
}

/** The canonical text of a 16-byte id: a lower-case UUID with hyphens. Ids are compared in this form. */
export function idFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError(`an id has 16 bytes, not ${bytes.length}`);
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** `id` in canonical form, or null when it is not an id. */
export function canonicalId(id: string): string | null {
  const bytes = idToBytes(id);
  return bytes && idFromBytes(bytes);
}
