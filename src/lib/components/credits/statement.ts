import type { Topup } from '#shared/domain/entities';
import type { TimeRange } from '#shared/domain/time-range';
import type { Row } from '#shared/protocol/rows';
import type { ReservationView, SlotView } from '$lib/state/views';
import type { TimeFormat } from '../time/format';
import { formatMoney } from '../time/money';

/** One line of the statement, as it is shown. */
export interface StatementLine {
  readonly id: string;
  readonly title: string;
  /** Who is on the other side, and what for. */
  readonly explanation: string;
  readonly amount: number;
  /** The balance after it. */
  readonly balance: number;
  readonly at: number;
  /** What it belongs to, on this device; null where that is not here. */
  readonly href: string | null;
}

/** What of this device's copy explains movements. */
export interface StatementContext {
  readonly reservations: readonly Pick<
    ReservationView,
    'id' | 'slotLabel' | 'receiverName' | 'start' | 'end'
  >[];
  /** Of others on the member's own slots. */
  readonly visits: readonly (TimeRange & { readonly id: string })[];
  readonly slots: readonly Pick<SlotView, 'label' | 'ownerName'>[];
  readonly topups: readonly Pick<Topup, 'id' | 'amount' | 'currency' | 'method' | 'receiptNumber'>[];
  readonly format: TimeFormat;
  readonly now: number;
}

/** C5: a readable statement with a running balance, newest first. `movements` are all of the member's, newest first. */
export function statementOf(
  movements: readonly Row<'movement'>[],
  context: StatementContext,
): StatementLine[] {
  const explain = explaining(context);
  let balance = movements.reduce((sum, movement) => sum + movement.amount, 0);
  return movements.map((movement) => {
    const line: StatementLine = {
      id: movement.id,
      title: titleOf(movement),
      ...explain(movement),
      amount: movement.amount,
      balance,
      at: movement.createdAt,
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
    case 'topup':
      return 'Credits bought';
    case 'topup_refund':
      return 'Bought credits given back';
    default:
      return movement.amount < 0 ? 'Credits paid' : 'Credits received';
  }
}

/** Makes the words and the link of a movement; looks things up once for all of them. */
function explaining({ reservations, visits, slots, topups, format, now }: StatementContext) {
  const reservationOf = new Map(reservations.map((row) => [row.id, row]));
  const visitOf = new Map(visits.map((row) => [row.id, row]));
  const ownerOf = new Map(slots.map(({ label, ownerName }) => [label, ownerName]));
  const topupOf = new Map(topups.map((row) => [row.id, row]));

  return (movement: Row<'movement'>): Pick<StatementLine, 'explanation' | 'href'> => {
    const { kind, amount, slotLabel, reservationId, topupId } = movement;
    if (kind === 'grant') return { explanation: 'From the building, as for everybody new', href: null };
    if (kind === 'topup' || kind === 'topup_refund') {
      const topup = topupOf.get(topupId ?? '');
      return {
        explanation: topup ? moneyWords(topup, kind) : 'With the building',
        href: topup ? `/credits/purchase?topup=${topup.id}` : null,
      };
    }
    const own = reservationOf.get(reservationId ?? '');
    // A reservation may have moved to another owner's slot since.
    const receiver = own && own.slotLabel === slotLabel ? own.receiverName : ownerOf.get(slotLabel ?? '');
    const range = own ?? visitOf.get(reservationId ?? '');
    const when = range ? `, for ${format.window(range, now)}` : '';
    const isPayer = kind === 'refund' ? amount > 0 : amount < 0;
    const other = isPayer ? (receiver ?? 'the building') : 'who reserved it';
    return {
      explanation: `${amount < 0 ? 'To' : 'From'} ${other}${when}`,
      href: own ? `/reservations/${own.id}` : null,
    };
  };
}

function moneyWords(
  { amount, currency, method, receiptNumber }: StatementContext['topups'][number],
  kind: 'topup' | 'topup_refund',
): string {
  const money = formatMoney(amount, currency);
  const way = { cash: 'in cash', transfer: 'by transfer', online: 'online' }[method];
  const receipt = receiptNumber === null ? '' : `, receipt ${String(receiptNumber)}`;
  return kind === 'topup'
    ? `From the building, ${money} ${way}${receipt}`
    : `To the building, ${money} back${receipt}`;
}

/** What is waiting moves this much: the predicted balance less what the confirmed movements come to. */
export function pendingOf(movements: readonly Row<'movement'>[], predictedBalance: number): number {
  return predictedBalance - movements.reduce((sum, movement) => sum + movement.amount, 0);
}
