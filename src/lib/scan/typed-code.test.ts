import { describe, expect, it } from 'vitest';
import { typedCode } from '#shared/pass/typed-code';
import { readTypedCode } from './typed-code';

const CODE = typedCode('ABCD234');
const LAST = CODE.at(-1)!;
const nothing = () => false;

describe('D4 typed code', () => {
  it.each([
    'ABCD234',
    'abcd 234',
    ' AbCd-234 ',
    'A B C D 2 3 4 ',
    'abcd–234',
    'ＡＢＣＤ２３４',
    'ABCD.234',
    'ABCD_234',
  ])('reads %j and its check character', (text) => {
    expect(readTypedCode(text + LAST, nothing)).toEqual({ ok: true, code: CODE });
  });

  it.each([
    ['', 'empty'],
    [' - ', 'empty'],
    ['ABCD234', 'short'],
    ['ABCD23456', 'long'],
  ])('%j is %s', (text, problem) => expect(readTypedCode(text, nothing)).toEqual({ ok: false, problem }));

  it.each(['0', 'O', '1', 'I', 'L', 'Ž', '?'])('names the character %s, which no code has', (character) => {
    expect(readTypedCode(`abcd234${character.toLowerCase()}`, nothing)).toEqual({
      ok: false,
      problem: 'character',
      character,
    });
  });

  it('with a wrong character is not taken, unless a pass has it: older codes have no check character', () => {
    const wrong = `${CODE.slice(0, 3)}X${CODE.slice(4)}`;
    expect(readTypedCode(wrong, nothing)).toEqual({ ok: false, problem: 'check' });
    expect(readTypedCode(wrong, (code) => code === wrong)).toEqual({ ok: true, code: wrong });
  });
});
