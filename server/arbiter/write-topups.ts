import type { PoolClient } from 'pg';
import { together } from '../db/together';
import { timestamp } from './json-rows';
import { rowsOf, type NetChanges } from './net-changes';
import { writeRows } from './write-rows';

const INSERT_TOPUPS = {
  name: 'arbiter-insert-topups',
  text: `insert into topups (site_id, topup_id, member_id, credits, amount, currency, method, provider, provider_reference,
                             reference, state, receipt_number, created_by, created_at, paid_at, ended_at)
         select site_id, topup_id, member_id, credits, amount, currency, method, provider, provider_reference, reference, state,
                receipt_number, created_by, created_at, paid_at, ended_at
           from json_to_recordset($1::json) as x(site_id uuid, topup_id uuid, member_id uuid, credits integer, amount integer,
                currency text, method text, provider text, provider_reference text, reference text, state text,
                receipt_number integer, created_by uuid, created_at timestamptz, paid_at timestamptz, ended_at timestamptz)`,
};

// What was agreed never changes.
const UPDATE_TOPUPS = {
  name: 'arbiter-update-topups',
  text: `update topups t
            set provider = x.provider, provider_reference = x.provider_reference, state = x.state,
                receipt_number = x.receipt_number, paid_at = x.paid_at, ended_at = x.ended_at
           from json_to_recordset($1::json) as x(site_id uuid, topup_id uuid, provider text, provider_reference text,
                state text, receipt_number integer, paid_at timestamptz, ended_at timestamptz)
          where t.site_id = x.site_id and t.topup_id = x.topup_id`,
};

/** B8: credits bought. */
export async function writeTopups(
  client: PoolClient,
  nets: ReadonlyMap<string, NetChanges>,
  isStored: (table: string, siteId: string, id: string) => boolean,
): Promise<void> {
  const topups = rowsOf(nets, (net) => net.topups.values()).map(({ siteId, row }) => ({
    isNew: !isStored('topups', siteId, row.id),
    columns: {
      site_id: siteId,
      topup_id: row.id,
      member_id: row.memberId,
      credits: row.credits,
      amount: row.amount,
      currency: row.currency,
      method: row.method,
      provider: row.provider,
      provider_reference: row.providerReference,
      reference: row.reference,
      state: row.state,
      receipt_number: row.receiptNumber,
      created_by: row.createdBy,
      created_at: timestamp(row.createdAt),
      paid_at: timestamp(row.paidAt),
      ended_at: timestamp(row.endedAt),
    },
  }));
  if (topups.length === 0) return;
  const of = (isNew: boolean) =>
    topups.filter((topup) => topup.isNew === isNew).map(({ columns }) => columns);
  await together([writeRows(client, UPDATE_TOPUPS, of(false)), writeRows(client, INSERT_TOPUPS, of(true))]);
}
