import type { Pool } from 'pg';
import type { CreditsOverview, MutualUses } from '#shared/protocol/credits';

const DAY = 24 * 3_600_000;
/** Milliseconds that the manager's view of mutual uses looks back. */
const MUTUAL_SINCE = 90 * DAY;
/** Pairs it names at most: the busiest. */
const MUTUAL_PAIRS = 100;

/** C5: where all credits of a site are, and what they were made by. The sum of everything is 0, or the books are wrong. */
export async function readOverview(pool: Pool, siteId: string): Promise<CreditsOverview> {
  const [balances, issued, sold] = await Promise.all([
    pool.query<{ issuance: number; members: number; building: number }>({
      name: 'credits-balances',
      text: `select coalesce(sum(a.balance) filter (where a.account_id = s.issuance_account_id), 0)::float8 as issuance,
                    coalesce(sum(a.balance) filter (where a.account_id = s.site_id), 0)::float8 as building,
                    coalesce(sum(a.balance) filter (where a.account_id not in (s.issuance_account_id, s.site_id)), 0)::float8 as members
               from sites s join accounts a using (site_id) where s.site_id = $1`,
      values: [siteId],
    }),
    pool.query<{ kind: string; credits: number }>({
      name: 'credits-issued',
      text: `select m.kind, (-sum(e.amount))::float8 as credits
               from sites s
               join entries e on e.site_id = s.site_id and e.account_id = s.issuance_account_id
               join movements m on m.site_id = e.site_id and m.movement_id = e.movement_id
              where s.site_id = $1 group by m.kind`,
      values: [siteId],
    }),
    pool.query<{ currency: string; amount: number; credits: number; count: number }>({
      name: 'credits-sold',
      text: `select currency, sum(amount)::float8 as amount, sum(credits)::float8 as credits, count(*)::float8 as count
               from topups where site_id = $1 and state = 'paid' group by currency order by currency`,
      values: [siteId],
    }),
  ]);
  const { issuance, members, building } = balances.rows[0] ?? { issuance: 0, members: 0, building: 0 };
  const byKind = new Map(issued.rows.map(({ kind, credits }) => [kind, credits]));
  const made = {
    granted: byKind.get('grant') ?? 0,
    sold: byKind.get('topup') ?? 0,
    takenBack: -(byKind.get('topup_refund') ?? 0),
    stoodIn: byKind.get('refund') ?? 0,
  };
  return {
    issued: -issuance,
    members,
    building,
    sum: issuance + members + building,
    ...made,
    sales: sold.rows,
  };
}

/**
 * C6: pairs of members who have used each other's slots in the last 90 days, both ways, the busiest first. Credits that go to and
 * fro between two are worth nothing to the others; how long one must wait before one may use a slot back is a rule of the site.
 */
export async function readMutualUses(pool: Pool, siteId: string, now: number): Promise<MutualUses> {
  const { rows } = await pool.query<MutualUses['pairs'][number]>({
    name: 'credits-mutual-uses',
    text: `with uses as (
             select r.member_id as user_id, s.owner_id, count(*)::float8 as uses, sum(r.cost)::float8 as credits,
                    (extract(epoch from max(r.created_at)) * 1000)::float8 as last
               from reservations r join slots s using (site_id, slot_id)
              where r.site_id = $1 and r.created_at > $2 and s.owner_id is not null and s.owner_id <> r.member_id
                and r.state in ('held', 'confirmed', 'completed', 'no_show') and not r.offered
              group by r.member_id, s.owner_id
           )
           select a.user_id as "oneId", one.name as one, b.user_id as "otherId", other.name as other,
                  a.uses as "oneUses", b.uses as "otherUses", a.credits as "onePaid", b.credits as "otherPaid",
                  greatest(a.last, b.last) as "lastAt"
             from uses a
             join uses b on b.user_id = a.owner_id and b.owner_id = a.user_id and a.user_id < b.user_id
             join members one on one.site_id = $1 and one.member_id = a.user_id
             join members other on other.site_id = $1 and other.member_id = b.user_id
            order by least(a.uses, b.uses) desc, a.uses + b.uses desc, one.name limit $3`,
    values: [siteId, new Date(now - MUTUAL_SINCE), MUTUAL_PAIRS],
  });
  return { since: now - MUTUAL_SINCE, pairs: rows };
}
