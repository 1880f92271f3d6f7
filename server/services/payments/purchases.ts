import type { Pool } from 'pg';
import type { Topup } from '#shared/domain/entities';
import type { SecurityEventKind } from '#shared/domain/security-event';

/** A purchase as it stands, with its site's name. */
export interface StoredPurchase {
  readonly siteId: string;
  readonly siteName: string;
  readonly topupId: string;
  readonly memberId: string;
  readonly credits: number;
  readonly amount: number;
  readonly currency: string;
  readonly method: Topup['method'];
  readonly provider: string | null;
  readonly providerReference: string | null;
  readonly state: Topup['state'];
  /** Whether a provider took another sum for it than was agreed. */
  readonly isDisputed: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

const COLUMNS = `t.site_id as "siteId", s.name as "siteName", t.topup_id as "topupId", t.member_id as "memberId", t.credits, t.amount,
  t.currency, t.method, t.provider, t.provider_reference as "providerReference", t.state,
  t.disputed_at is not null as "isDisputed",
  (extract(epoch from t.created_at) * 1000)::float8 as "createdAt"`;

/** The purchase, or null where there is none in that site. */
export async function findPurchase(
  pool: Pool,
  { siteId, topupId }: { siteId: string; topupId: string },
): Promise<StoredPurchase | null> {
  const { rows } = await pool.query<StoredPurchase>({
    name: 'payments-find-purchase',
    text: `select ${COLUMNS} from topups t join sites s using (site_id) where t.site_id = $1 and t.topup_id = $2`,
    values: [siteId, topupId],
  });
  return rows[0] ?? null;
}

/**
 * Up to `limit` that wait: for their money to go back, or to be paid although they began before `staleBefore` (ms). Not those that
 * could not be ended since `triedBefore` (ms), nor what is disputed; who waits longest, or was tried longest ago, comes first.
 */
export async function findOpenPurchases(
  pool: Pool,
  { staleBefore, triedBefore, limit }: { staleBefore: number; triedBefore: number; limit: number },
): Promise<StoredPurchase[]> {
  const { rows } = await pool.query<StoredPurchase>({
    name: 'payments-find-open',
    text: `select ${COLUMNS} from topups t join sites s using (site_id)
            where t.state in ('pending', 'refunding')
              and (t.state = 'refunding' or t.created_at < $1 and t.disputed_at is null)
              and (t.attempted_at is null or t.attempted_at <= $2)
            order by coalesce(t.attempted_at, t.created_at) limit $3`,
    values: [new Date(staleBefore), new Date(triedBefore), limit],
  });
  return rows;
}

/** Notes that it could not be ended at `at` (ms). */
export async function noteAttempt(
  pool: Pool,
  { siteId, topupId, at }: { siteId: string; topupId: string; at: number },
): Promise<void> {
  await pool.query({
    name: 'payments-note-attempt',
    text: 'update topups set attempted_at = $3 where site_id = $1 and topup_id = $2',
    values: [siteId, topupId, new Date(at)],
  });
}

/**
 * B8: somebody paid another sum (minor units) than was agreed, at `at` (ms). What nobody had paid stays pending from now on, and the
 * site's security log tells its managers, once.
 */
export async function disputePurchase(
  pool: Pool,
  purchase: Pick<StoredPurchase, 'siteId' | 'topupId' | 'amount' | 'currency'>,
  paid: { readonly amount: number; readonly currency: string; readonly at: number },
): Promise<void> {
  const { amount: agreed, currency: agreedCurrency } = purchase;
  const { amount, currency, at } = paid;
  const kind = 'payment_disputed';
  await tellManagers(pool, purchase, { kind, at, detail: { amount, currency, agreed, agreedCurrency } });
}

/**
 * B8: the provider does not give a purchase's money back, although its credits went, at `at` (ms). The site's security log tells its
 * managers, once: they give it back by another way.
 */
export async function noteFailedRefund(
  pool: Pool,
  purchase: Pick<StoredPurchase, 'siteId' | 'topupId' | 'amount' | 'currency'>,
  at: number,
): Promise<void> {
  const { amount, currency } = purchase;
  await tellManagers(pool, purchase, { kind: 'refund_failed', at, detail: { amount, currency } });
}

/** Marks the purchase as one for people to look at, and says so in the security log, unless it is marked. */
async function tellManagers(
  pool: Pool,
  { siteId, topupId }: Pick<StoredPurchase, 'siteId' | 'topupId'>,
  { kind, at, detail }: { kind: SecurityEventKind; at: number; detail: Record<string, unknown> },
): Promise<void> {
  await pool.query({
    name: 'payments-dispute',
    text: `with disputed as (update topups set disputed_at = $3 where site_id = $1 and topup_id = $2 and disputed_at is null
                                returning site_id, member_id)
           insert into security_events (event_id, at, kind, site_id, user_id, detail)
           select gen_random_uuid(), $3, $4, d.site_id, m.user_id, $5::jsonb
             from disputed d left join members m using (site_id, member_id)`,
    values: [siteId, topupId, new Date(at), kind, JSON.stringify({ ...detail, topupId })],
  });
}
