import type { Row } from '#shared/protocol/rows';
import { roleInSentence } from './joining-words';

/** One invitation, or all of one printed sheet, in words for a manager. */
export interface InvitationLine {
  readonly key: string;
  /** What taking it back names. */
  readonly which: { readonly invitationId: string } | { readonly sheetId: string };
  readonly title: string;
  readonly detail: string;
  /** Only an open one can still let somebody in. */
  readonly state: 'open' | 'used' | 'over' | 'revoked';
}

type InvitationRow = Row<'invitation'>;

/** What managers have given out: the open ones first, else in the given order. `now` in ms since 1970. */
export function invitationLines(
  rows: readonly InvitationRow[],
  now: number,
  words: { record(at: number): string },
): InvitationLine[] {
  const groups = new Map<string, InvitationRow[]>();
  for (const row of rows) {
    const key = row.sheetId ?? row.id;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const lines = Array.from(groups, ([key, group]) => lineOf(key, group, now, words));
  return [...lines.filter(({ state }) => state === 'open'), ...lines.filter(({ state }) => state !== 'open')];
}

function lineOf(
  key: string,
  group: readonly InvitationRow[],
  now: number,
  words: { record(at: number): string },
): InvitationLine {
  const first = group[0]!;
  const states = group.map((row) => stateOf(row, now));
  const state = states.includes('open') ? 'open' : states.includes('over') ? 'over' : states[0]!;
  const used = group.reduce((sum, row) => sum + row.uses, 0);
  const allowed = group.reduce((sum, row) => sum + row.usesAllowed, 0);
  return {
    key,
    which: first.sheetId === null ? { invitationId: first.id } : { sheetId: first.sheetId },
    title: titleOf(first, group.length),
    detail: `${usesWords(used, allowed)}${endWords(first, state, words)}`,
    state,
  };
}

function stateOf(row: InvitationRow, now: number): InvitationLine['state'] {
  if (row.revokedAt !== null) return 'revoked';
  if (row.uses >= row.usesAllowed) return 'used';
  return row.expiresAt <= now ? 'over' : 'open';
}

function titleOf(row: InvitationRow, count: number): string {
  if (row.sheetId !== null) return count === 1 ? 'Sheet with one code' : `Sheet with ${count} codes`;
  const role = row.role === 'resident' && !row.flat ? '' : `, for ${roleInSentence[row.role]}`;
  const flat = row.flat ? ` of ${row.flat}` : '';
  return `${row.email ?? 'Link'}${role}${flat}`;
}

function usesWords(used: number, allowed: number): string {
  if (allowed === 1) return used === 0 ? 'Not used yet' : 'Used';
  return `${used} of ${allowed} used`;
}

function endWords(
  row: InvitationRow,
  state: InvitationLine['state'],
  words: { record(at: number): string },
): string {
  if (state === 'used') return '';
  if (state === 'revoked') return row.revokedAt === null ? '' : `, taken back ${words.record(row.revokedAt)}`;
  return state === 'over'
    ? `, over since ${words.record(row.expiresAt)}`
    : `, until ${words.record(row.expiresAt)}`;
}
