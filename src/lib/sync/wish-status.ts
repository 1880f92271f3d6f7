import type { Intent } from '#shared/domain/intent';
import type { OutboxRow } from '$lib/client-db/database';

/** Whether the server's answer to it is not known yet. */
export function isUndecided(row: Pick<OutboxRow, 'status'>): boolean {
  return row.status === 'waiting' || row.status === 'sent';
}

/** Whether the row still has to be replayed: its effects are not among the pulled rows and may come to be. */
export function isReplayed(row: Pick<OutboxRow, 'status'>): boolean {
  return isUndecided(row) || row.status === 'applied';
}

/** Housekeeping that the app asks for by itself: no person waits for it or misses it. */
export function isHousekeeping(row: Intent): boolean {
  return row.op === 'journal.open@1' || row.op === 'notice.read@1' || isUnnamedBind(row);
}

/** X1: takes whatever no device holds. */
export function isUnnamedBind(row: Intent): boolean {
  return row.op === 'pass.bind@1' && row.args.reservationId === null;
}
