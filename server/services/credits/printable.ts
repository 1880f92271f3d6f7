/** What Windows-1252 has above Latin-1: the standard fonts of PDF draw these, too. */
const BEYOND_LATIN = new Set('€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ');
/** Letters that are no other letter with a mark. */
const OTHERS: Readonly<Record<string, string>> = {
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ı: 'i',
  ħ: 'h',
  Ħ: 'H',
  ŋ: 'n',
};

/**
 * The text as far as a PDF's standard fonts can draw it: marks that they lack fall off (`Ł` becomes `L`), letters of other
 * scripts become `?`. A font with all of them would be megabytes; the e-mail address beside a name says who it is.
 */
export function printable(text: string): string {
  return [...text.normalize('NFC')].map(drawn).join('');
}

function drawn(letter: string): string {
  if (isDrawable(letter)) return letter;
  const bare = OTHERS[letter] ?? letter.normalize('NFD').replace(/\p{M}/gu, '');
  return bare !== '' && [...bare].every(isDrawable) ? bare : '?';
}

function isDrawable(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0;
  return (code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code <= 0xff) || BEYOND_LATIN.has(letter);
}
