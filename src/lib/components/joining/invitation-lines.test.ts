import { describe, expect, it } from 'vitest';
import type { Row } from '#shared/protocol/rows';
import { invitationLines } from './invitation-lines';

const words = { record: (at: number) => `day ${at}` };
const row = (fields: Partial<Row<'invitation'>>): Row<'invitation'> => ({
  id: 'i',
  kind: 'link',
  email: null,
  role: 'resident',
  flat: '',
  sheetId: null,
  usesAllowed: 1,
  uses: 0,
  createdBy: 'm',
  createdAt: 0,
  expiresAt: 10,
  revokedAt: null,
  ...fields,
});

describe('invitationLines', () => {
  it('A1 says what each lets in, and puts those first that still do', () => {
    const rows = [
      row({ id: 'a', uses: 1 }),
      row({ id: 'b', usesAllowed: 5, uses: 2, flat: '3 left' }),
      row({ id: 'c', email: 'ada@example.test', kind: 'email', role: 'guard' }),
      row({ id: 'd', expiresAt: 5 }),
      row({ id: 'e', revokedAt: 4 }),
    ];
    expect(invitationLines(rows, 5, words).map(({ title, detail, state }) => [title, detail, state])).toEqual(
      [
        ['Link, for a resident of 3 left', '2 of 5 used, until day 10', 'open'],
        ['ada@example.test, for a guard', 'Not used yet, until day 10', 'open'],
        ['Link', 'Used', 'used'],
        ['Link', 'Not used yet, over since day 5', 'over'],
        ['Link', 'Not used yet, taken back day 4', 'revoked'],
      ],
    );
  });

  it('A1 shows a printed sheet as one, open as long as one of its codes is', () => {
    const code = { kind: 'code', sheetId: 's', usesAllowed: 2 };
    const rows = [row({ id: 'a', ...code, uses: 2 }), row({ id: 'b', ...code, uses: 1 })];
    expect(invitationLines(rows, 5, words)).toEqual([
      {
        key: 's',
        which: { sheetId: 's' },
        title: 'Sheet with 2 codes',
        detail: '3 of 4 used, until day 10',
        state: 'open',
      },
    ]);
  });
});
