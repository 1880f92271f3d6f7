/*
 * I13, I15: what only the moment of a change can tell is looked at by triggers in the simulation's own database, in the transaction
 * that makes the change; what they find stands in `sim_breach`, which is read with the other rules.
 */

/** Real milliseconds that the search for who is next may take from its first statement to the id of what it offers. */
const SEARCHING = 1000;

/** Statements that set the watch, for the owner of a migrated database. */
export const SET_WATCH = `
create table sim_breach (invariant text not null, what text not null, detail text not null);

-- When, by the real clock, anything changed that decides whether a member can be offered something; under a site's id, for all of it.
create table sim_touched (who uuid not null, at timestamptz not null default clock_timestamp());
create index on sim_touched (who, at);
create function sim_touch() returns trigger language plpgsql as $$
begin
  insert into sim_touched (who) select (to_jsonb(new) ->> tg_argv[0])::uuid where to_jsonb(new) ->> tg_argv[0] is not null;
  return null;
end $$;
create trigger sim_touch after insert or update on waitlist_entries for each row execute function sim_touch('member_id');
create trigger sim_touch after insert or update on reservations for each row execute function sim_touch('member_id');
create trigger sim_touch after update on accounts for each row when (new.kind = 'member') execute function sim_touch('account_id');
create trigger sim_touch after update on members for each row execute function sim_touch('member_id');
create trigger sim_touch after update on sites for each row execute function sim_touch('site_id');

-- At the end of the transaction that offers: did anybody else wait longer for the same window who could have had this slot, and had
-- been able to since before the search began? The id of what is offered is made right after the search, by the real clock. Whom a
-- rule has refused anything is left alone for a while (offer-pauses), so those are not judged.
create function sim_fair() returns trigger language plpgsql as $$
declare
  seen constant timestamptz := to_timestamp(('x' || substr(replace(new.reservation_id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0)
                               - interval '${SEARCHING} milliseconds';
begin
  insert into sim_breach
  select 'I13', 'a slot went past somebody who had waited longer for the same',
         json_build_object('slot', s.label, 'to', new.entry_id, 'since', new.created_at, 'past', e.entry_id, 'who waits since', e.created_at)
    from reservations r
    join slots s using (site_id, slot_id)
    join sites i using (site_id)
    join waitlist_entries e on e.site_id = r.site_id and e.state = 'waiting' and e.during = new.during and e.created_at < new.created_at
    join members m on m.site_id = e.site_id and m.member_id = e.member_id and m.left_at is null
    join accounts a on a.site_id = e.site_id and a.account_id = e.member_id and a.balance >= r.price
   where r.site_id = new.site_id and r.reservation_id = new.reservation_id
     and s.owner_id is distinct from e.member_id
     and (cardinality(e.kinds) = 0 or s.kind = any(e.kinds)) and (cardinality(e.levels) = 0 or s.level = any(e.levels))
     and (e.max_price is null or e.max_price >= r.price) and (e.rests_until is null or e.rests_until <= r.created_at)
     and not exists (select from reservations o where o.site_id = e.site_id and o.member_id = e.member_id
                        and o.state in ('held', 'confirmed') and (o.offered or o.during && e.during))
     and (select count(*) from reservations o where o.site_id = e.site_id and o.member_id = e.member_id
             and o.state in ('held', 'confirmed') and not o.offered and o.ends_at > r.created_at)
         < (i.policy ->> 'reservationsAtATime')::int
     and not exists (select from sim_touched t where t.who in (e.member_id, e.site_id) and t.at > seen)
     and not exists (select from intents x join waitlist_entries o on o.entry_id = (x.args ->> 'entryId')::uuid
                      where x.op = 'waitlist.offer@1' and x.status = 'refused' and o.member_id = e.member_id);
  return null;
end $$;
create constraint trigger sim_fair after update on waitlist_entries deferrable initially deferred for each row
  when (old.state = 'waiting' and new.state in ('offered', 'taken')) execute function sim_fair();

create function sim_price() returns trigger language plpgsql as $$
begin
  insert into sim_breach values ('I15', 'what was agreed became another price',
    json_build_object('reservation', new.reservation_id, 'agreed', old.price, 'price', new.price, 'cost', new.cost));
  return null;
end $$;
create trigger sim_price after update on reservations for each row
  when (old.slot_id = new.slot_id and old.during = new.during
        and (old.price <> new.price or old.offered and not new.offered and new.cost <> old.price))
  execute function sim_price();
`;
