import type { Pool } from 'pg';
import { dailyLifeAlways, dailyLifeAtTheEnd } from './daily-life-invariants';
import type { Findings } from './findings';
import type { Rule } from './rule';

/** Those that hold at every moment, between any two commits. */
const always: readonly Rule[] = [
  {
    invariant: 'I1',
    what: 'active reservations of one slot overlap',
    find: `select r.slot_id, r.reservation_id as one, o.reservation_id as other, r.during::text, o.during::text as with
             from reservations r join reservations o
               on o.site_id = r.site_id and o.slot_id = r.slot_id and o.reservation_id > r.reservation_id
              and o.during && r.during and o.state in ('held', 'confirmed')
            where r.state in ('held', 'confirmed') and $1::timestamptz is not null`,
  },
  {
    invariant: 'I2',
    what: 'an active reservation lies outside what its slot is lent for',
    find: `select r.reservation_id, r.slot_id, r.during::text, s.lent::text
             from reservations r join slots s using (site_id, slot_id)
            where r.state in ('held', 'confirmed') and r.ends_at > $1 and s.owner_id is not null
              and not s.lent @> r.during`,
  },
  {
    invariant: 'I3',
    what: 'the entries of a movement do not sum to zero',
    find: `select site_id, movement_id, sum(amount) from entries where $1::timestamptz is not null
            group by site_id, movement_id having sum(amount) <> 0`,
  },
  {
    invariant: 'I4',
    what: 'a balance is negative, or is not the sum of its entries',
    find: `select a.account_id, a.kind, a.balance, coalesce(sum(e.amount), 0) as entries
             from accounts a left join entries e using (site_id, account_id) where $1::timestamptz is not null
            group by a.site_id, a.account_id, a.kind, a.balance
           having a.balance <> coalesce(sum(e.amount), 0) or (a.kind <> 'issuance' and a.balance < 0)`,
  },
  {
    invariant: 'I5',
    what: 'the journal of a client has a gap, or goes on after its last seq',
    find: `select c.client_id, c.last_seq, count(i.seq) as outcomes, max(i.seq) as highest
             from clients c left join intents i using (site_id, client_id) where $1::timestamptz is not null
            group by c.site_id, c.client_id, c.last_seq
           having c.last_seq <> count(i.seq) or c.last_seq <> coalesce(max(i.seq), 0)`,
  },
  {
    invariant: 'I10',
    what: 'a reservation has two valid passes, or a valid pass has no reservation that stands',
    find: `select p.reservation_id, r.state, count(*) as passes
             from passes p join reservations r using (site_id, reservation_id)
            where p.status = 'valid' and $1::timestamptz is not null
            group by p.site_id, p.reservation_id, r.state
           having count(*) > 1 or r.state = 'cancelled'`,
  },
];

/** Those that are looked at once, when everything is quiet. */
const atTheEnd: readonly Rule[] = [
  {
    invariant: 'I8',
    what: 'what was applied is not in the database',
    find: `select i.op, i.args, i.client_id, i.seq from intents i
            where i.status = 'applied' and $1::timestamptz is not null and not case i.op
              when 'reservation.create@1' then exists (
                select from reservations r where r.site_id = i.site_id and r.reservation_id = (i.args->>'reservationId')::uuid
                   and r.member_id = i.member_id)
              when 'reservation.lease@1' then exists (
                select from reservations r where r.site_id = i.site_id and r.reservation_id = (i.args->>'reservationId')::uuid
                   and r.member_id = i.member_id)
              when 'reservation.confirm@1' then exists (
                select from reservations r where r.site_id = i.site_id and r.reservation_id = (i.args->>'reservationId')::uuid
                   and r.state not in ('held', 'expired'))
              when 'reservation.cancel@1' then exists (
                select from reservations r where r.site_id = i.site_id and r.reservation_id = (i.args->>'reservationId')::uuid
                   and r.state = 'cancelled')
              when 'journal.open@1' then exists (
                select from scan_journals j where j.site_id = i.site_id and j.journal_id = (i.args->>'journalId')::uuid
                   and j.member_id = i.member_id)
              when 'incident.close@1' then exists (
                select from incidents n where n.site_id = i.site_id and n.incident_id = (i.args->>'incidentId')::uuid
                   and n.closed_by = i.member_id)
              when 'scan.record@2' then exists (
                select from scans s where s.site_id = i.site_id and s.scan_id = (i.args->>'scanId')::uuid
                   and s.is_genuine)
              when 'scan.record@1' then exists (
                select from scans s where s.site_id = i.site_id and s.scan_id = (i.args->>'scanId')::uuid)
              when 'pass.bind@1' then exists (
                select from holder_keys h where h.site_id = i.site_id and h.member_id = i.member_id
                   and translate(encode(h.holder_key, 'base64'), E'+/=\\n', '-_') = i.args->>'holderKey')
              else true end`,
  },
  {
    invariant: 'I8',
    what: 'a reservation is there that no intent asked for',
    find: `select r.reservation_id, r.state from reservations r
            where $1::timestamptz is not null and not exists (
              select from intents i where i.site_id = r.site_id and i.status = 'applied'
                 and i.op in ('reservation.create@1', 'reservation.lease@1', 'waitlist.offer@1') and (i.args->>'reservationId')::uuid = r.reservation_id)`,
  },
  {
    invariant: 'I10',
    what: 'of the entries on one reservation none was told to be the first, or more than exits and what was taken back allow',
    find: `select p.reservation_id, count(*) filter (where s.counts) as uses, count(*) filter (where i.first) as first_uses,
                  count(*) filter (where s.direction = 'exit') as exits, count(s.undoes) as taken_back
             from scans s join passes p using (site_id, pass_id)
             cross join lateral (
               select bool_or(s.counts and json_array_length(i.outcome->'data'->'doubleUse') = 0) as first from intents i
                where i.site_id = s.site_id and i.op in ('scan.record@1', 'scan.record@2') and i.status = 'applied'
                  and i.args->>'scanId' = s.scan_id::text) i
            where $1::timestamptz is not null
            group by p.site_id, p.reservation_id
           having count(*) filter (where s.counts) > 0
              and count(*) filter (where i.first) not between 1
                  and 1 + count(*) filter (where s.direction = 'exit' or s.undoes is not null)`,
  },
  {
    invariant: 'I10',
    what: 'a double use has no incident that names its scans, or two open ones',
    find: `select p.reservation_id, array_agg(s.scan_id) as scans, n.incidents, n.open
             from scans s join passes p using (site_id, pass_id)
             cross join lateral (
               select count(*) as incidents, count(*) filter (where n.closed_at is null) as open
                 from incidents n join passes o using (site_id, pass_id)
                where n.kind = 'double_use' and n.site_id = p.site_id and o.reservation_id = p.reservation_id
                  and (n.closed_at is null or n.closed_by is not null)) n
            where s.counts and $1::timestamptz is not null
            group by p.site_id, p.reservation_id, n.incidents, n.open
           having n.open > 1 or (n.incidents = 0 and count(*) > 1 and not exists (
                  select from scans e join passes o using (site_id, pass_id)
                   where o.site_id = p.site_id and o.reservation_id = p.reservation_id
                     and (e.direction = 'exit' or e.undoes is not null)))`,
  },
  {
    invariant: 'I11',
    what: 'what a member paid for a reservation, less what came back, is not what it costs',
    find: `select r.reservation_id, r.state, r.cost, r.charge, m.paid
             from reservations r cross join lateral (
               select coalesce(-sum(e.amount), 0) as paid
                 from movements m join entries e using (site_id, movement_id)
                where m.site_id = r.site_id and m.reservation_id = r.reservation_id and e.account_id = r.member_id) m
            where $1::timestamptz is not null and m.paid <> r.cost + r.charge`,
  },
];

/** X8: no fault of the surroundings may look as if a guard had tampered with the records. */
const journals: readonly Rule[] = [
  {
    invariant: 'I12',
    what: 'entries of a journal are missing',
    find: `select journal_id, count(distinct journal_seq) as entries, max(journal_seq) as last from scans
            where journal_id is not null and $1::timestamptz is not null
            group by site_id, journal_id having count(*) <> max(journal_seq)`,
  },
  {
    invariant: 'I12',
    what: 'an incident about a journal is open',
    find: `select kind, scan_ids, journal_id, detail from incidents
            where kind in ('journal_gap', 'journal_fork', 'journal_forged') and closed_at is null and $1::timestamptz is not null`,
  },
];

const everyMoment: readonly Rule[] = [...always, ...dailyLifeAlways];
const whenQuiet: readonly Rule[] = [...everyMoment, ...atTheEnd, ...journals, ...dailyLifeAtTheEnd];

/** Checks what holds at every moment, and with `isQuiet` what holds at the end. `now` in milliseconds since 1970. */
export async function checkServer(
  pool: Pick<Pool, 'query'>,
  findings: Findings,
  { now, isQuiet }: { now: number; isQuiet: boolean },
): Promise<void> {
  for (const { invariant, what, find } of isQuiet ? whenQuiet : everyMoment) {
    const { rows } = await pool.query<object>(find, [new Date(now)]);
    findings.check(invariant, rows.length === 0, () => `${what}: ${JSON.stringify(rows.slice(0, 3))}`);
  }
}
