import { parseOptions } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { createPasswordHasher, findPasswordProblem } from './passwords';

describe('findPasswordProblem', () => {
  it.each([
    ['', 'password_short'],
    ['1234567', 'password_short'],
    ['kx7-q2vb', undefined],
    ['🔑'.repeat(7), 'password_short'],
    ['🔑🚗'.repeat(4), undefined],
    ['ab'.repeat(64), undefined],
    ['🔑🚗'.repeat(64), undefined],
    ['ab'.repeat(64) + 'a', 'password_long'],
    ['a'.repeat(1_000_000), 'password_long'],
  ])('A1 counts characters (case %#)', (password, problem) => {
    expect(findPasswordProblem(password)).toBe(problem);
  });

  it.each(['12345678', 'Password1', 'ILOVEYOU', 'ｐａｓｓｗｏｒｄ１', 'zzzzzzzzzzzz'])(
    'A1 refuses what guessing begins with: %s',
    (password) => {
      expect(findPasswordProblem(password)).toBe('password_common');
    },
  );
});

describe('createPasswordHasher', () => {
  const hasher = createPasswordHasher();

  it('A1 makes Argon2id hashes with the parameters of OWASP, salted', async () => {
    const [one, two] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(parseOptions(one)).toMatchObject({ outputLen: 32, saltLen: 16 });
    expect(one).not.toBe(two);
  });

  it('A2 knows the password again, also typed on another keyboard, and no other', async () => {
    const stored = await hasher.hash('Pa\u0308ssword');
    await expect(hasher.verify(stored, 'P\u00e4ssword')).resolves.toBe(true);
    await expect(hasher.verify(stored, 'Password')).resolves.toBe(false);
  });

  it('A2 says no without a hash, whatever the password', async () => {
    await expect(hasher.verify(undefined, 'correct horse')).resolves.toBe(false);
  });
});
