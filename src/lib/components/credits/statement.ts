import type { Row } from '#shared/protocol/rows';

/** One line of the statement, as it is shown. */
export interface StatementLine {
  readonly id: string;
  readonly title: string;
  readonly amount: number;
  /** The balance after it. */
  readonly balance: number;
  readonly at: number;
  readonly reservationId: string | null;
}

/** C5: a readable statement with a running balance, newest first. `movements` are all of the member's, newest first. */
export function statementOf(movements: readonly Row<'movement'>[]): StatementLine[] {
  let balance = movements.reduce((sum, movement) => sum + movement.amount, 0);
  return movements.map((movement) => {
    const line: StatementLine = {
      id: movement.id,
      title: titleOf(movement),
      amount: movement.amount,
      balance,
      at: movement.createdAt,
      reservationId: movement.reservationId,
    };
    balance -= movement.amount;
    return line;
  });
}

function titleOf(movement: Row<'movement'>): string {
  const slot = movement.slotLabel ?? 'a slot';
  switch (movement.kind) {
    case 'grant':
      return 'Starting credits';
    case 'reservation':
      return movement.amount < 0 ? `Reserved ${slot}` : `Earned from ${slot}`;
    case 'refund':
      return movement.amount < 0 ? `Given back for ${slot}` : `Refund for ${slot}`;
    case 'charge':
      return movement.amount < 0 ? `${slot} was not used` : `From ${slot}, reserved and not used`;
    default:
      return movement.amount < 0 ? 'Credits paid' : 'Credits received';
  }
}

/** What is waiting moves this much: the predicted balance less what the confirmed movements come to. */
export function pendingOf(movements: readonly Row<'movement'>[], predictedBalance: number): number {
  return predictedBalance - movements.reduce((sum, movement) => sum + movement.amount, 0);
}
