import { expect, test } from 'vitest';
import { csvText } from './csv-text';

test('A5 C5 a table as CSV: quotes where they are needed, numbers as they are', () => {
  const text = csvText([
    ['Slot', 'Cost'],
    ['-1', 0],
    ['A-01, the "wide" one', 3],
    ['two\nlines', -3],
  ]);
  expect(text).toBe('\uFEFFSlot,Cost\r\n-1,0\r\n"A-01, the ""wide"" one",3\r\n"two\nlines",-3\r\n');
});

test.each(['=1+1', '+1', '-1+1', '@SUM(A1)', '\t=1'])('A5 no spreadsheet takes %j for a formula', (text) => {
  expect(csvText([[text]])).toBe(`\uFEFF'${text}\r\n`);
});
