import { concatBytes, copyBytes, toHex, type Bytes } from './bytes';

// The curve y² = x³ − 3x + b over the prime p (SP 800-186 §3.2.1.3). Its order is prime, so every point on it is of the group.
const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** A public key as its two coordinates, 32 bytes each, big-endian. */
export interface Point {
  x: Bytes;
  y: Bytes;
}

/** Whether (x, y) is on P-256: both 32 bytes, below p, and fulfilling the curve's equation. */
export function isOnCurve(point: { x: Uint8Array; y: Uint8Array }): boolean {
  if (point.x.length !== 32 || point.y.length !== 32) return false;
  const x = toInteger(point.x);
  const y = toInteger(point.y);
  return x < P && y < P && (y * y) % P === rightSide(x);
}

/**
 * The point with this `x` whose `y` is odd or even as said, or null when there is none. Done here, not by WebCrypto, because
 * Safari does not import compressed points.
 */
export function decompress(x: Uint8Array, yIsOdd: boolean): Point | null {
  if (x.length !== 32) return null;
  const abscissa = toInteger(x);
  if (abscissa >= P) return null;
  const square = rightSide(abscissa);
  // p ≡ 3 (mod 4), so a square's root is its power of (p + 1) / 4; of a non-square it is not, and the check below finds it.
  const root = power(square, (P + 1n) / 4n);
  if ((root * root) % P !== square) return null;
  const ordinate = (root & 1n) === (yIsOdd ? 1n : 0n) ? root : P - root;
  return { x: copyBytes(x), y: fromInteger(ordinate) };
}

/** SEC 1 uncompressed form, 65 bytes: what WebCrypto imports and exports as `raw`. */
export function uncompressed(point: { x: Uint8Array; y: Uint8Array }): Bytes {
  return concatBytes([Uint8Array.of(4), point.x, point.y]);
}

/** SEC 1 compressed form, 33 bytes. */
export function compressed(point: { x: Uint8Array; y: Uint8Array }): Bytes {
  return concatBytes([Uint8Array.of(2 + (point.y[31]! & 1)), point.x]);
}

/** The point of either SEC 1 form (33 or 65 bytes), checked to be on the curve; null for anything else. */
export function parsePoint(bytes: Uint8Array): Point | null {
  if (bytes.length === 33 && (bytes[0] === 2 || bytes[0] === 3)) {
    return decompress(bytes.subarray(1), bytes[0] === 3);
  }
  if (bytes.length !== 65 || bytes[0] !== 4) return null;
  const point = { x: copyBytes(bytes.subarray(1, 33)), y: copyBytes(bytes.subarray(33)) };
  return isOnCurve(point) ? point : null;
}

function rightSide(x: bigint): bigint {
  return ((((x * x - 3n) * x + B) % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let factor = base, rest = exponent; rest > 0n; rest >>= 1n, factor = (factor * factor) % P) {
    if (rest & 1n) result = (result * factor) % P;
  }
  return result;
}

function toInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

function fromInteger(value: bigint): Bytes {
  const bytes = new Uint8Array(32);
  for (let index = 31, rest = value; index >= 0; index--, rest >>= 8n) bytes[index] = Number(rest & 0xffn);
  return bytes;
}
