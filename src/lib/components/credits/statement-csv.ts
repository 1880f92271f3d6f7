import { csvText } from '../shared/csv-text';
import { toWall } from '../time/site-clock';
import type { StatementLine } from './statement';

/** C5: the statement as CSV for a spreadsheet, newest first; times by the site's clock. */
export function statementCsv(lines: readonly StatementLine[], timeZone: string): string {
  return csvText([
    ['Date', 'What', 'With whom and what for', 'Credits', 'Balance after'],
    ...lines.map(({ at, title, explanation, amount, balance }) => [
      toWall(at, timeZone).replace('T', ' '),
      title,
      explanation,
      amount,
      balance,
    ]),
  ]);
}
