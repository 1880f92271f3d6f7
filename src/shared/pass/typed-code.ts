/**
 * The typed code of a pass: seven random characters and a check character, for somebody who reads it out to a guard.
 * Without 0/O and 1/I/L, which look alike: 31 characters, a prime, so that a weighted sum finds mistakes for certain.
 */
export const TYPED_CODE_ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';

/** How many letters and digits a typed code has, the check character included. */
export const TYPED_CODE_LENGTH = 8;

const MODULUS = TYPED_CODE_ALPHABET.length;

/**
 * All different and none divisible by 31: one wrong character changes the sum, and so do two that have changed places,
 * neighbours or not.
 */
const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 1] as const;

/** The code with `random` (7 characters of the alphabet) before its check character. RangeError for anything else. */
export function typedCode(random: string): string {
  const values = valuesOf(random);
  if (values?.length !== TYPED_CODE_LENGTH - 1) throw new RangeError('a typed code is made of 7 characters');
  return random + TYPED_CODE_ALPHABET[(MODULUS - weightedSum(values)) % MODULUS]!;
}

/**
 * Whether the check character fits. Codes from before there was one are as good: 30 of 31 of them do not fit, so ask the
 * list of codes first.
 */
export function isTypedCode(code: string): boolean {
  const values = valuesOf(code);
  return values?.length === TYPED_CODE_LENGTH && weightedSum(values) === 0;
}

function weightedSum(values: readonly number[]): number {
  return values.reduce((sum, value, index) => sum + value * WEIGHTS[index]!, 0) % MODULUS;
}

function valuesOf(code: string): number[] | null {
  const values = [...code].map((character) => TYPED_CODE_ALPHABET.indexOf(character));
  return values.includes(-1) ? null : values;
}

/** `K7QM-4XRT`: a typed code in two groups, as it is shown and read out. */
export function groupTypedCode(code: string): string {
  return code.replace(/^(.{4})(?=.)/, '$1-');
}

/** How letters are said on the radio (ITU); digits are said as they are. */
const SPELLING: Readonly<Record<string, string>> = {
  ...{ A: 'Alfa', B: 'Bravo', C: 'Charlie', D: 'Delta', E: 'Echo', F: 'Foxtrot', G: 'Golf', H: 'Hotel' },
  ...{ I: 'India', J: 'Juliett', K: 'Kilo', L: 'Lima', M: 'Mike', N: 'November', O: 'Oscar', P: 'Papa' },
  ...{ Q: 'Quebec', R: 'Romeo', S: 'Sierra', T: 'Tango', U: 'Uniform', V: 'Victor', W: 'Whiskey' },
  ...{ X: 'X-ray', Y: 'Yankee', Z: 'Zulu' },
};

/** `Kilo 7 Quebec Mike`: what to say for a code; characters without a word of their own stay. */
export function spellCode(code: string): string {
  return [...code].map((character) => SPELLING[character] ?? character).join(' ');
}
