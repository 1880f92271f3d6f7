import { describe, expect, it } from 'vitest';
import { passwordHint } from './password-hint';

describe('passwordHint', () => {
  it.each([
    ['', 'At least 8 characters. A few words together are easy to keep and hard to guess.'],
    ['short', '3 more characters.'],
    ['sevenes', 'One more character.'],
    ['🔑🔑🔑🔑🔑🔑🔑', 'One more character.'],
    ['kx7-q2vb', 'Long enough. Stronger with another word or two.'],
    ['abababababababab', 'Long enough. Stronger with another word or two.'],
    ['three wet stones', 'Strong.'],
  ])('A1 says of “%s”: %s', (password, hint) => {
    expect(passwordHint(password)).toBe(hint);
  });
});
