/** Octets of a content line at most, without its end (RFC 5545 §3.1). */
const LINE = 75;

/** A TEXT value (§3.3.11): whatever it holds, it stays one value of one property. */
export function textValue(text: string): string {
  return text
    .replaceAll(/\r\n|\r/g, '\n')
    .replaceAll(/[\\;,]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll(/\p{Cc}/gu, ' ');
}

/** Lines put together, each ended by CRLF and folded where it is too long, never within a character. */
export function foldLines(lines: readonly string[]): string {
  return lines.map((line) => `${fold(line)}\r\n`).join('');
}

function fold(line: string): string {
  let folded = '';
  let octets = 0;
  for (const character of line) {
    const length = octetsOf(character.codePointAt(0) ?? 0);
    if (octets + length > LINE) {
      folded += '\r\n ';
      // The space counts.
      octets = 1;
    }
    folded += character;
    octets += length;
  }
  return folded;
}

/** Of a code point in UTF-8. */
function octetsOf(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
