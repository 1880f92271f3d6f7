import type { Row } from '#shared/protocol/rows';
import { queries, rowsOf } from '../../db/queries';
import { among, timeOrNull, type Hydration } from './hydration';

/** Purchases stay in the desk's scope for this long (ms): a year's books. The digest counts them a day shorter. */
export const DESK_TOPUPS_KEPT_FOR = 365 * 24 * 3_600_000;

/** B8: for `member:`, what the member has bought. */
export async function hydrateTopups(hydration: Hydration): Promise<Row<'topup'>[]> {
  const { client, memberId } = hydration;
  return (await rowsOf(client, topups(hydration).where('member_id', '=', memberId))).map(topupOf);
}

/** B8: for `desk:`, all that was bought in the site in the last year. */
export async function hydrateDeskTopups(hydration: Hydration): Promise<Row<'topup'>[]> {
  const since = new Date(hydration.now - DESK_TOPUPS_KEPT_FOR);
  return (await rowsOf(hydration.client, topups(hydration).where('created_at', '>', since))).map(topupOf);
}

/** Those that were kept for long enough since the pull at `at` (ms); no transaction touched them. */
export async function selectEndedTopups(
  { client, siteId, now }: Pick<Hydration, 'client' | 'siteId' | 'now'>,
  at: number,
): Promise<string[]> {
  const rows = await rowsOf(
    client,
    queries
      .selectFrom('topups')
      .select('topup_id')
      .where('site_id', '=', siteId)
      .where('created_at', '>', new Date(at - DESK_TOPUPS_KEPT_FOR))
      .where('created_at', '<=', new Date(now - DESK_TOPUPS_KEPT_FOR)),
  );
  return rows.map((row) => row.topup_id);
}

function topups({ siteId, ids }: Hydration) {
  return queries
    .selectFrom('topups')
    .select([
      'topup_id',
      'member_id',
      'credits',
      'amount',
      'currency',
      'method',
      'provider',
      'reference',
      'state',
    ])
    .select(['receipt_number', 'created_at', 'paid_at', 'ended_at'])
    .where('site_id', '=', siteId)
    .where(among('topup_id', ids));
}

type TopupColumns = Awaited<ReturnType<ReturnType<typeof topups>['execute']>>[number];

function topupOf(row: TopupColumns): Row<'topup'> {
  return {
    id: row.topup_id,
    memberId: row.member_id,
    credits: row.credits,
    amount: row.amount,
    currency: row.currency,
    method: row.method,
    provider: row.provider,
    reference: row.reference,
    state: row.state,
    receiptNumber: row.receipt_number,
    createdAt: row.created_at.getTime(),
    paidAt: timeOrNull(row.paid_at),
    endedAt: timeOrNull(row.ended_at),
  };
}
