import type { PoolClient } from 'pg';
import type { Topup } from '#shared/domain/entities';
import type { State } from '#shared/domain/state';
import { together } from '../db/together';
import { StaleReadError, type Locked } from './locks';
import type { ReadPlan } from './read-plan';

const TOPUPS = {
  name: 'arbiter-load-topups',
  text: `select t.site_id, t.topup_id, t.member_id, t.credits, t.amount, t.currency, t.method, t.provider, t.provider_reference,
                t.reference, t.state, t.receipt_number, t.created_by, (extract(epoch from t.created_at) * 1000)::float8 as created,
                (extract(epoch from t.paid_at) * 1000)::float8 as paid, (extract(epoch from t.ended_at) * 1000)::float8 as ended
           from (select k.site_id, k.topup_id from unnest($1::uuid[], $2::uuid[]) as k(site_id, topup_id)
                 union
                 select p.site_id, p.topup_id from unnest($3::uuid[], $4::uuid[]) as k(site_id, member_id)
                   join topups p on p.site_id = k.site_id and p.member_id = k.member_id and p.state = 'pending') as w
           join topups t using (site_id, topup_id)`,
};

// Behind the advisory lock: nobody else gives one meanwhile.
const LAST_RECEIPTS = {
  name: 'arbiter-load-last-receipts',
  text: `select k.site_id, (select max(t.receipt_number) from topups t where t.site_id = k.site_id) as last
           from unnest($1::uuid[]) as k(site_id)`,
};

interface TopupRow {
  site_id: string;
  topup_id: string;
  member_id: string;
  credits: number;
  amount: number;
  currency: string;
  method: Topup['method'];
  provider: string | null;
  provider_reference: string | null;
  reference: string;
  state: Topup['state'];
  receipt_number: number | null;
  created_by: string;
  created: number;
  paid: number | null;
  ended: number | null;
}

/** B8: credits bought, under the rows of their members, and the next receipt number. */
export async function loadTopups(
  client: PoolClient,
  { plan: { topups: plan }, locked }: { plan: ReadPlan; locked: Locked },
  states: ReadonlyMap<string, State>,
  stored: Set<string>,
): Promise<void> {
  if (plan.named.size + plan.buyers.size === 0) return;
  const { named, buyers } = plan;
  const [topups, receipts] = await together([
    client.query<TopupRow>({ ...TOPUPS, values: [named.siteIds, named.ids, buyers.siteIds, buyers.ids] }),
    plan.sitesOfReceipts.size > 0
      ? client.query<{ site_id: string; last: number | null }>({
          ...LAST_RECEIPTS,
          values: [[...plan.sitesOfReceipts]],
        })
      : { rows: [] },
  ]);
  for (const row of topups.rows) {
    if (!locked.memberKeys.has(row.site_id, row.member_id))
      throw new StaleReadError('a purchase appeared while the locks were being taken');
    states.get(row.site_id)?.topups.set(row.topup_id, topupOf(row));
    stored.add(`topups/${row.site_id}/${row.topup_id}`);
  }
  for (const { site_id: siteId, last } of receipts.rows) {
    const state = states.get(siteId);
    if (state) state.nextReceipt = (last ?? 0) + 1;
  }
}

function topupOf(row: TopupRow): Topup {
  return {
    id: row.topup_id,
    memberId: row.member_id,
    credits: row.credits,
    amount: row.amount,
    currency: row.currency,
    method: row.method,
    provider: row.provider,
    providerReference: row.provider_reference,
    reference: row.reference,
    state: row.state,
    receiptNumber: row.receipt_number,
    createdBy: row.created_by,
    createdAt: row.created,
    paidAt: row.paid,
    endedAt: row.ended,
  };
}
