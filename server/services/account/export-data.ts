import type { Pool } from 'pg';
import { inTransaction } from '../../db/transaction';
import type { Clock } from '../../platform/clock';

/** All that is kept of a person, for themselves to read and take along: a section a kind of thing, rows as plain JSON. */
export interface AccountExport {
  readonly format: 'undercroft-account-1';
  /** ISO 8601, as are all times in it. */
  readonly exportedAt: string;
  readonly account: unknown;
  readonly sections: Readonly<Record<string, readonly unknown[]>>;
}

/**
 * What each section selects for the user $1. No secrets: no password, no key, no token, and nobody else's name but those whom
 * the person has entered.
 */
const sections: Readonly<Record<string, string>> = {
  passkeys: `select name, backed_up, created_at, last_used_at from passkeys where user_id = $1 order by created_at`,
  otherProviders: `select issuer, subject, email, created_at, last_used_at from external_identities where user_id = $1 order by created_at`,
  secondFactor: `select created_at, confirmed_at from second_factors where user_id = $1`,
  sessions: `select created_at, last_seen_at, expires_at, user_agent, network, signed_in_by, name from sessions where user_id = $1 order by created_at`,
  memberships: `select s.name as site, m.site_id, m.member_id, m.role, m.name, m.flat, m.plate, m.joined_at, m.left_at
                  from members m join sites s using (site_id) where m.user_id = $1 order by m.joined_at`,
  joinRequests: `select s.name as site, j.flat, j.message, j.created_at, j.decided_at, j.decision
                   from join_requests j join sites s using (site_id) where j.user_id = $1 order by j.created_at`,
  slots: `select m.site_id, s.label, s.level, s.kind, s.lent::text as lent, s.opened::text as opened, s.closed::text as closed
            from slots s join members m on m.site_id = s.site_id and m.member_id = s.owner_id
           where m.user_id = $1 order by s.site_id, s.label`,
  lendingRules: `select r.site_id, s.label as slot, r.weekdays, r.from_minute, r.until_minute, r.starts_on::text as starts_on,
                        r.ends_on::text as ends_on, r.days_off, r.paused, r.created_at
                   from lending_rules r join slots s using (site_id, slot_id)
                   join members m on m.site_id = s.site_id and m.member_id = s.owner_id
                  where m.user_id = $1 and r.removed_at is null order by r.created_at`,
  slotClaims: `select c.site_id, c.label, c.level, c.kind, c.note, translate(encode(c.photo, 'base64'), E'\\n', '') as photo_jpeg_base64,
                      c.state, c.reason, c.created_at, c.decided_at
                 from slot_claims c join members m using (site_id, member_id) where m.user_id = $1 order by c.created_at`,
  reservations: `select r.site_id, r.reservation_id, s.label as slot, r.starts_at, r.ends_at, r.state, r.cost, r.created_at, r.ended_at
                   from reservations r join members m using (site_id, member_id) join slots s using (site_id, slot_id)
                  where m.user_id = $1 order by r.starts_at`,
  credits: `select e.site_id, v.kind, e.amount, v.reservation_id, v.created_at
              from entries e join movements v using (site_id, movement_id)
              join members m on m.site_id = e.site_id and m.member_id = e.account_id
             where m.user_id = $1 order by v.created_at`,
  topups: `select t.site_id, t.topup_id, t.credits, t.amount, t.currency, t.method, t.reference, t.state, t.receipt_number,
                  t.created_at, t.paid_at, t.ended_at
             from topups t join members m using (site_id, member_id) where m.user_id = $1 order by t.created_at`,
  waitlist: `select w.site_id, lower(w.during) as starts_at, upper(w.during) as ends_at, w.kinds, w.levels, w.max_price,
                    w.take_for_me, w.state, w.reservation_id, w.created_at, w.ended_at
               from waitlist_entries w join members m using (site_id, member_id) where m.user_id = $1 order by w.created_at`,
  passes: `select p.site_id, p.pass_id, p.slot_label, p.plate, p.not_before, p.expires_at, p.status, p.created_at
             from passes p join members m using (site_id, member_id) where m.user_id = $1 order by p.created_at`,
  visitorPasses: `select v.site_id, v.visitor_pass_id, lower(v.during) as starts_at, upper(v.during) as ends_at, v.uses, v.plate,
                         v.amount, v.payment, v.reference, v.opened_at, v.revoked_at, v.created_at,
                         (select coalesce(jsonb_agg(jsonb_build_object('name', p.name, 'phone', p.phone) order by p.position), '[]')
                            from visitors p where p.site_id = v.site_id and p.visitor_pass_id = v.visitor_pass_id) as visitors
                    from visitor_passes v join members m on m.site_id = v.site_id and m.member_id = v.issued_by
                   where m.user_id = $1 order by v.created_at`,
  notices: `select n.site_id, n.kind, n.data, n.created_at, n.read_at
              from notices n join members m using (site_id, member_id) where m.user_id = $1 order by n.created_at`,
  noticePreferences: `select p.site_id, p.preferences
                        from notice_preferences p join members m using (site_id, member_id) where m.user_id = $1`,
  calendarFeeds: `select f.site_id, f.created_at, f.last_read_at
                    from calendar_feeds f join members m using (site_id, member_id) where m.user_id = $1 order by f.created_at`,
  wishes: `select i.site_id, i.op, i.args, i.device_time, i.decided_at, i.status, i.code
             from intents i join members m using (site_id, member_id) where m.user_id = $1 order by i.decided_at`,
  securityEvents: `select at, kind, site_id, network, user_agent, detail from security_events where user_id = $1 order by at`,
  notifications: `select created_at, split_part(endpoint, '/', 3) as service from push_subscriptions where user_id = $1 order by created_at`,
};

/** Everything kept of the user, all of one moment. Rejects for an unknown user: a session has one. */
export async function exportAccount(
  { pool, clock }: { pool: Pool; clock: Clock },
  userId: string,
): Promise<AccountExport> {
  return await inTransaction(
    pool,
    async (client) => {
      const { rows } = await client.query<Record<string, unknown>>(
        'select user_id, email, email_verified_at, name, locale, created_at from users where user_id = $1',
        [userId],
      );
      if (!rows[0]) throw new Error('a session has a user who is not there');
      const found: Record<string, readonly unknown[]> = {};
      for (const [section, sql] of Object.entries(sections))
        found[section] = (await client.query<Record<string, unknown>>(sql, [userId])).rows;
      return {
        format: 'undercroft-account-1',
        exportedAt: new Date(clock.now()).toISOString(),
        account: rows[0],
        sections: found,
      };
    },
    { isolation: 'repeatable read', readOnly: true },
  );
}
