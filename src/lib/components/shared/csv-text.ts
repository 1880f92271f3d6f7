/**
 * A table as CSV (RFC 4180) that spreadsheets open as it is: UTF-8 with its mark, CRLF. A text that a spreadsheet would take for a
 * formula gets an apostrophe before it: it may be somebody else's text. What is a number stays one, `-1` too.
 */
export function csvText(rows: readonly (readonly (string | number)[])[]): string {
  return `\uFEFF${rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) && !/^-\d+$/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
