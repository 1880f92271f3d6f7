import type { Rule } from './rule';

/** E8: at every moment. */
const line: readonly Rule[] = [
  {
    invariant: 'I14',
    what: 'a slot is kept for nobody’s place in line',
    find: `select r.reservation_id, r.hold_expires_at from reservations r
            where r.offered and r.state = 'held' and $1::timestamptz is not null and not exists (
              select from waitlist_entries e
               where e.site_id = r.site_id and e.reservation_id = r.reservation_id and e.state = 'offered'
                 and e.member_id = r.member_id and e.during = r.during and e.offer_expires_at = r.hold_expires_at)`,
  },
  {
    invariant: 'I14',
    what: 'two slots are kept for one member, or one for two places in line',
    find: `select member_id::text as what, count(*) from reservations
            where offered and state = 'held' and hold_expires_at > $1 group by site_id, member_id having count(*) > 1
           union all
           select reservation_id::text, count(*) from waitlist_entries
            where reservation_id is not null and state <> 'served' group by site_id, reservation_id having count(*) > 1`,
  },
  {
    invariant: 'I14',
    what: 'what was taken is no reservation of who waited, or who waits has one already',
    find: `select e.entry_id, e.state, r.state as reservation from waitlist_entries e
             left join reservations r using (site_id, reservation_id)
            where $1::timestamptz is not null and case e.state
              when 'taken' then r.member_id is distinct from e.member_id or r.offered or r.state = 'held'
              when 'waiting' then e.reservation_id is not null
              else false end`,
  },
];

/** B8: at every moment. */
const credits: readonly Rule[] = [
  {
    invariant: 'I16',
    what: 'a payment was not credited exactly once, or given back otherwise',
    find: `select t.topup_id, t.method, t.state, t.credits, m.* from topups t cross join lateral (
             select count(*) filter (where m.kind = 'topup') as gifts, count(*) filter (where m.kind = 'topup_refund') as takings,
                    coalesce(sum(e.amount) filter (where m.kind = 'topup'), 0) as given,
                    coalesce(-sum(e.amount) filter (where m.kind = 'topup_refund'), 0) as taken
               from movements m join entries e on e.site_id = m.site_id and e.movement_id = m.movement_id and e.account_id = t.member_id
              where m.site_id = t.site_id and m.topup_id = t.topup_id) m
            where $1::timestamptz is not null and not case t.state
              when 'paid' then m.gifts = 1 and m.given = t.credits and m.takings = 0
              when 'refunding' then m.gifts = 1 and m.given = t.credits and m.takings = 1 and m.taken = t.credits
              -- At the provider's own wish no more is taken than is left.
              when 'refunded' then m.gifts <= 1 and m.takings <= m.gifts and m.taken <= m.given and m.given in (0, t.credits)
                                   and (t.method = 'online' or m.taken = t.credits)
              else m.gifts = 0 and m.takings = 0 end`,
  },
  {
    invariant: 'I16',
    what: 'the sum of a site’s accounts is not zero, or credits come from nothing by other than grants and purchases',
    find: `select site_id::text as what, sum(balance) as amount from accounts
            where $1::timestamptz is not null group by site_id having sum(balance) <> 0
           union all
           select m.kind, e.amount from entries e join movements m using (site_id, movement_id)
             join accounts a using (site_id, account_id)
            where a.kind = 'issuance' and m.kind not in ('grant', 'topup', 'topup_refund')`,
  },
  {
    invariant: 'I16',
    what: 'the numbers of receipts have a gap',
    find: `select site_id, count(receipt_number) as receipts, max(receipt_number) as last from topups
            where $1::timestamptz is not null group by site_id having count(receipt_number) <> coalesce(max(receipt_number), 0)`,
  },
];

/** What a notice is about, beyond its kind; null where the same may be told again. */
const SUBJECT = `case n.kind
    when 'reminder_start' then concat(n.data ->> 'reservationId', n.data ->> 'start')
    when 'reminder_end' then concat(n.data ->> 'reservationId', n.data ->> 'end')
    when 'overstaying' then concat(n.data ->> 'reservationId', n.data ->> 'end')
    when 'waitlist_offer' then n.data ->> 'reservationId'
    when 'waitlist_taken' then n.data ->> 'reservationId'
    when 'waitlist_over' then n.data ->> 'entryId'
    when 'topup_paid' then n.data ->> 'topupId'
    when 'topup_refunded' then n.data ->> 'topupId'
    when 'refused' then n.data ->> 'intentId'
    when 'slot_reserved' then concat(n.data ->> 'reservationId', n.data ->> 'slotId', n.data ->> 'start', n.data ->> 'end')
    when 'slot_freed' then concat(n.data ->> 'reservationId', n.data ->> 'slotId', n.data ->> 'start', n.data ->> 'end')
  end`;

/** B4: at every moment. */
const notices: readonly Rule[] = [
  {
    invariant: 'I18',
    what: 'the same was told twice',
    find: `select n.member_id, n.kind, ${SUBJECT} as subject, array_agg(n.told_key) as keys from notices n
            where $1::timestamptz is not null and ${SUBJECT} is not null
            group by n.site_id, n.member_id, n.kind, ${SUBJECT} having count(*) > 1`,
  },
  {
    invariant: 'I18',
    what: 'somebody was told of a reservation that is not there, or is neither theirs nor on their slot',
    find: `select n.member_id, n.kind, n.data from notices n
            where n.kind <> 'refused' and n.data ->> 'reservationId' is not null and $1::timestamptz is not null and not exists (
              select from reservations r left join slots s on s.site_id = r.site_id and s.slot_id = (n.data ->> 'slotId')::uuid
               where r.site_id = n.site_id and r.reservation_id = (n.data ->> 'reservationId')::uuid
                 -- Who leaves owns the slot no more.
                 and (n.member_id = r.member_id
                      or n.kind in ('slot_reserved', 'slot_freed') and coalesce(s.owner_id, n.member_id) = n.member_id))`,
  },
];

/** What the watch has found (watch.ts). */
const watched: readonly Rule[] = (['I13', 'I15'] as const).map((invariant) => ({
  invariant,
  what: 'seen as it happened',
  find: `select what, detail from sim_breach where invariant = '${invariant}' and $1::timestamptz is not null`,
}));

export const dailyLifeAlways: readonly Rule[] = [...watched, ...line, ...credits, ...notices];

/** When everything is quiet and the site's jobs have nothing left to do. */
export const dailyLifeAtTheEnd: readonly Rule[] = [
  {
    invariant: 'I13',
    what: 'somebody waits for a slot that is free',
    // By the dearest price that there is, so that nothing is said of whom a price may have kept away; nor of whom a rule has refused.
    find: `select e.entry_id, e.member_id, e.during::text, s.label
             from waitlist_entries e
             join sites i using (site_id)
             join members m on m.site_id = e.site_id and m.member_id = e.member_id and m.left_at is null
             join accounts a on a.site_id = e.site_id and a.account_id = e.member_id
             join slots s on s.site_id = e.site_id and s.removed_at is null and s.owner_id is distinct from e.member_id
             cross join lateral (
               select greatest((i.policy ->> 'price')::int, max((p ->> 'price')::int)) as dearest
                 from jsonb_array_elements(i.policy -> 'peakPrices') p) p
            where e.state = 'waiting' and e.rests_until is null and lower(e.during) > $1
              and (cardinality(e.kinds) = 0 or s.kind = any(e.kinds)) and (cardinality(e.levels) = 0 or s.level = any(e.levels))
              and a.balance >= p.dearest and (e.max_price is null or e.max_price >= p.dearest)
              and (s.owner_id is null or s.lent @> e.during)
              and not exists (select from reservations r where r.site_id = s.site_id and r.slot_id = s.slot_id
                                 and r.state in ('held', 'confirmed') and r.during && e.during)
              and not exists (select from reservations r where r.site_id = e.site_id and r.member_id = e.member_id
                                 and r.state in ('held', 'confirmed') and (r.offered or r.during && e.during))
              and (select count(*) from reservations r where r.site_id = e.site_id and r.member_id = e.member_id
                      and r.state in ('held', 'confirmed') and not r.offered and r.ends_at > $1)
                  < (i.policy ->> 'reservationsAtATime')::int
              and not exists (select from intents x join waitlist_entries o on o.entry_id = (x.args ->> 'entryId')::uuid
                               where x.op = 'waitlist.offer@1' and x.status = 'refused' and o.member_id = e.member_id)`,
  },
  {
    invariant: 'I14',
    what: 'an offer, or waiting, goes on after its end',
    find: `select entry_id, state, during::text, offer_expires_at from waitlist_entries
            where state = 'offered' and offer_expires_at <= $1
               or state = 'waiting' and greatest(lower(during), upper(during) - interval '15 minutes') <= $1`,
  },
  {
    invariant: 'I17',
    what: 'a slot does not lend what was opened and its rules give, less what was taken back',
    // From tomorrow on, where nobody has reserved yet and no clock changes: there nothing else is lent. An oracle of its own.
    find: `select s.slot_id, s.rules_revision, s.followed_revision, (s.lent * l.look)::text as lent, (x.wanted * l.look)::text as wanted
             from slots s join sites i using (site_id)
             cross join lateral (select tstzmultirange(tstzrange($1::timestamptz + interval '1 day', $1::timestamptz + interval '20 days')) as look) l
             cross join lateral (
               select coalesce(range_agg(tstzrange(
                        (d + make_interval(mins => r.from_minute)) at time zone i.time_zone,
                        (d + make_interval(days => (r.until_minute <= r.from_minute)::int, mins => r.until_minute)) at time zone i.time_zone)),
                      '{}') as windows
                 from lending_rules r
                cross join generate_series(($1::timestamptz)::date - 1, ($1::timestamptz)::date + 22, interval '1 day') as g(day)
                cross join lateral (select g.day::timestamp as d) as t
                where r.site_id = s.site_id and r.slot_id = s.slot_id and r.removed_at is null and not r.paused
                  and r.weekdays & (1 << (extract(isodow from d)::int - 1)) <> 0
                  and d >= r.starts_on and (r.ends_on is null or d <= r.ends_on)
                  and not exists (select from jsonb_array_elements(r.days_off) o
                                   where d >= (o ->> 'from')::date and d < (o ->> 'until')::date)) w
             cross join lateral (select (s.opened + w.windows) - s.closed as wanted) x
            where s.owner_id is not null and s.removed_at is null and (s.followed_until is not null or s.rules_revision > 0)
              and (s.rules_revision <> s.followed_revision or s.lent * l.look <> x.wanted * l.look)`,
  },
  {
    invariant: 'I18',
    what: 'somebody was not told of an offer, of its end, or of credits bought',
    find: `select told.kind, told.about from (
             select i.site_id, case when i.outcome -> 'data' ->> 'taken' = 'true' then 'waitlist_taken' else 'waitlist_offer' end as kind,
                    'reservationId' as key, i.args ->> 'reservationId' as about
               from intents i where i.op = 'waitlist.offer@1' and i.status = 'applied'
             union all
             select site_id, 'waitlist_over', 'entryId', entry_id::text from waitlist_entries where state in ('lapsed', 'over')
             union all
             select site_id, 'topup_paid', 'topupId', topup_id::text from topups
              where paid_at is not null and (method = 'online' or created_by <> member_id)) told
            where $1::timestamptz is not null and not exists (
              select from notices n where n.site_id = told.site_id and n.kind = told.kind and n.data ->> told.key = told.about)`,
  },
  {
    invariant: 'I8',
    what: 'what was applied of waiting, lending, buying or being told is not in the database',
    find: `select i.op, i.args, i.client_id, i.seq from intents i
            where i.status = 'applied' and $1::timestamptz is not null and not case
              when i.op in ('waitlist.join@1', 'waitlist.accept@1', 'waitlist.decline@1', 'waitlist.leave@1', 'waitlist.offer@1',
                            'waitlist.lapse@1') then exists (
                select from waitlist_entries e where e.site_id = i.site_id and e.entry_id = (i.args ->> 'entryId')::uuid
                   and (i.op = 'waitlist.join@1' and e.member_id = i.member_id
                        or i.op = 'waitlist.accept@1' and e.state = 'taken'
                        or i.op in ('waitlist.decline@1', 'waitlist.leave@1') and e.state not in ('waiting', 'offered')
                        or i.op = 'waitlist.lapse@1' and e.state not in ('offered')
                        or i.op = 'waitlist.offer@1'))
              when i.op in ('rule.set@1', 'rule.remove@1') then exists (
                select from lending_rules r where r.site_id = i.site_id and r.rule_id = (i.args ->> 'ruleId')::uuid
                   and (i.op = 'rule.set@1' or r.removed_at is not null))
              when i.op like 'topup.%' then exists (
                select from topups t where t.site_id = i.site_id and t.topup_id = (i.args ->> 'topupId')::uuid
                   and (i.op in ('topup.begin@1', 'topup.fail@1') or t.state in ('refunding', 'refunded')
                        or i.op in ('topup.sell@1', 'topup.settle@1') and t.state = 'paid'))
              when i.op = 'notice.read@1' then not exists (
                select from notices n join jsonb_array_elements_text(i.args -> 'noticeIds') x(id) on n.notice_id = x.id::uuid
                 where n.site_id = i.site_id and n.member_id = i.member_id and n.read_at is null)
              else true end`,
  },
];
