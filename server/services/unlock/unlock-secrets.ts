import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto';
import { TYPED_CODE_ALPHABET, TYPED_CODE_LENGTH, typedCode } from '#shared/pass/typed-code';

/** What a request is made of. Only hashes of the code and of the browser's secret are kept. */
export interface UnlockSecrets {
  /** Seven random characters of 31, some 35 bits, and a check character. */
  readonly code: string;
  /** 10 to 99. */
  readonly matchNumber: number;
  /** 256 bits, base64url, for the asking browser's cookie. */
  readonly browserSecret: string;
}

/** How many numbers the phone chooses among. */
export const NUMBERS_SHOWN = 3;

const FIRST_NUMBER = 10;
const NUMBERS = 90;

export function drawUnlockSecrets(): UnlockSecrets {
  const random = Array.from(
    { length: TYPED_CODE_LENGTH - 1 },
    () => TYPED_CODE_ALPHABET[randomInt(TYPED_CODE_ALPHABET.length)],
  );
  return {
    code: typedCode(random.join('')),
    matchNumber: FIRST_NUMBER + randomInt(NUMBERS),
    browserSecret: randomBytes(32).toString('base64url'),
  };
}

/**
 * The number and two others, in an order of chance. Drawn from `seed`, which the phone does not know, so that each look at a
 * request shows the same three: new ones each time would tell the right one, which is always among them.
 */
export function numbersToChoose(matchNumber: number, seed: Uint8Array): number[] {
  const drawn = createHmac('sha256', seed).update('unlock numbers').digest();
  const numbers = new Set([matchNumber]);
  for (let at = 0; numbers.size < NUMBERS_SHOWN; at += 2) {
    // After ten draws that hit what is there already, the next number will do: it never comes to that.
    const value = at < 20 ? drawn.readUInt16BE(at) : matchNumber - FIRST_NUMBER + at;
    numbers.add(FIRST_NUMBER + (value % NUMBERS));
  }
  const place = drawn.readUInt8(31) % NUMBERS_SHOWN;
  const others = [...numbers].slice(1);
  return [...others.slice(0, place), matchNumber, ...others.slice(place)];
}

/** What the database knows a code or a browser's secret by. */
export function hashUnlockSecret(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}
