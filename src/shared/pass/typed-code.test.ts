import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  groupTypedCode,
  isTypedCode,
  spellCode,
  typedCode,
  TYPED_CODE_ALPHABET,
  TYPED_CODE_LENGTH,
} from './typed-code';

const character = fc.constantFrom(...TYPED_CODE_ALPHABET);
const random = fc.array(character, { minLength: 7, maxLength: 7 }).map((parts) => parts.join(''));

describe('D4 the check character of a typed code', () => {
  it('fits its own code', () => {
    fc.assert(fc.property(random, (seven) => isTypedCode(typedCode(seven))));
  });

  it('catches every wrong character at every place', () => {
    fc.assert(
      fc.property(random, (seven) => {
        const code = typedCode(seven);
        for (let place = 0; place < TYPED_CODE_LENGTH; place++) {
          for (const other of TYPED_CODE_ALPHABET) {
            const wrong = code.slice(0, place) + other + code.slice(place + 1);
            expect(isTypedCode(wrong)).toBe(wrong === code);
          }
        }
      }),
    );
  });

  it('catches any two characters that changed places', () => {
    fc.assert(
      fc.property(random, (seven) => {
        const code = [...typedCode(seven)];
        for (let first = 0; first < code.length; first++) {
          for (let second = first + 1; second < code.length; second++) {
            const swapped = code.with(first, code[second]!).with(second, code[first]!);
            expect(isTypedCode(swapped.join(''))).toBe(code[first] === code[second]);
          }
        }
      }),
    );
  });

  it.each(['', 'ABCDEFG', 'ABCDEFGHJ', 'abcdefgh', 'ABCD0FGH', 'ABCD FGH'])('%j has none', (text) => {
    expect(isTypedCode(text)).toBe(false);
  });

  it.each(['ABCDEF', 'ABCDEFGH', 'ABCDEF0', 'abcdefg'])('none is made for %j', (text) => {
    expect(() => typedCode(text)).toThrow(RangeError);
  });
});

it('D4 a code is shown in two groups', () => expect(groupTypedCode('K7QM4XRT')).toBe('K7QM-4XRT'));

describe('D4 spelling a code', () => {
  it('says letters as words and digits as they are', () => {
    expect(spellCode('K7QM')).toBe('Kilo 7 Quebec Mike');
  });

  it('has a word of its own for every letter of a code', () => {
    const letters = [...TYPED_CODE_ALPHABET].filter((letter) => /[A-Z]/.test(letter));
    const words = letters.map(spellCode);
    expect(new Set(words).size).toBe(letters.length);
    for (const [index, word] of words.entries()) expect(word).toMatch(new RegExp(`^${letters[index]}.+`));
  });
});
