import { describe, expect, it } from 'vitest';
import { groupTypedCode, readTypedCode } from './typed-code';

describe('D4 typed code', () => {
  it.each([
    'ABCD2345',
    'abcd 2345',
    ' AbCd-2345 ',
    'A B C D 2 3 4 5',
    'abcd–2345',
    'ＡＢＣＤ２３４５',
    'ABCD.2345',
    'ABCD_2345',
  ])('reads %j', (text) => expect(readTypedCode(text)).toEqual({ ok: true, code: 'ABCD2345' }));

  it.each([
    ['', 'empty'],
    [' - ', 'empty'],
    ['ABCD234', 'short'],
    ['ABCD23456', 'long'],
  ])('%j is %s', (text, problem) => expect(readTypedCode(text)).toEqual({ ok: false, problem }));

  it.each(['0', 'O', '1', 'I', 'Ž', '?'])('names the character %s, which no code has', (character) => {
    expect(readTypedCode(`abcd234${character.toLowerCase()}`)).toEqual({
      ok: false,
      problem: 'character',
      character,
    });
  });

  it('is read back in two groups', () => expect(groupTypedCode('ABCD2345')).toBe('ABCD 2345'));
});
