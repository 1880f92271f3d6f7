import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isTypedCode } from '#shared/pass/typed-code';
import { drawUnlockSecrets, numbersToChoose } from './unlock-secrets';

describe('drawUnlockSecrets', () => {
  it('B2 draws another code, number and secret each time', () => {
    const drawn = Array.from({ length: 500 }, () => drawUnlockSecrets());
    expect(drawn.every(({ code }) => isTypedCode(code))).toBe(true);
    expect(new Set(drawn.map(({ code }) => code)).size).toBe(500);
    expect(new Set(drawn.map(({ browserSecret }) => browserSecret)).size).toBe(500);
    const numbers = new Set(drawn.map(({ matchNumber }) => matchNumber));
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(99);
    expect(numbers.size).toBeGreaterThan(60);
  });
});

describe('numbersToChoose', () => {
  it('B2 shows three different numbers, the right one among them at any place', () => {
    const places = [0, 0, 0];
    for (let round = 0; round < 600; round++) {
      const matchNumber = 10 + (round % 90);
      const numbers = numbersToChoose(matchNumber, randomBytes(32));
      expect(new Set(numbers).size).toBe(3);
      expect(numbers.every((number) => number >= 10 && number <= 99)).toBe(true);
      places[numbers.indexOf(matchNumber)]!++;
    }
    for (const count of places) expect(count).toBeGreaterThan(100);
  });

  it('B2 attack guessing: looking twice shows the same three, so that nothing tells the right one', () => {
    const seed = randomBytes(32);
    expect(numbersToChoose(42, seed)).toEqual(numbersToChoose(42, seed));
    expect(numbersToChoose(42, seed)).not.toEqual(numbersToChoose(42, randomBytes(32)));
  });
});
