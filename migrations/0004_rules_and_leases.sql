-- Charges for not coming, changed reservations, leases, and what happens without anyone's tap.
alter table reservations
  add column charge integer not null default 0 check (charge >= 0),
  -- what was agreed; cost is what of it was paid and not given back
  add column price integer not null default 0 check (price >= 0);
update reservations set price = cost;

alter table movements drop constraint movements_kind_check;
alter table movements add constraint movements_kind_check check (kind in ('grant', 'reservation', 'refund', 'charge'));

-- A reservation may move to another slot; what was paid for the one it had keeps that one's name, and no row of a statement
-- changes after it was written.
alter table movements add column slot_label text;
update movements m set slot_label = s.label
  from reservations r join slots s on s.site_id = r.site_id and s.slot_id = r.slot_id
 where r.site_id = m.site_id and r.reservation_id = m.reservation_id;

-- The site itself has clients too, under its own id: they settle what is over. The arbiter lets in nobody else who is no member.
alter table clients drop constraint clients_site_id_member_id_fkey;

-- What is to be settled: found by the end, whatever the site.
create index reservations_due on reservations (ends_at) where state in ('held', 'confirmed');

-- A reservation that moves to another's slot is no visit any more to the owner it leaves.
create function sync_moved_reservations() returns trigger language plpgsql as $$
begin
  insert into sync_row
  select o.site_id, member_scope(s.owner_id), 'visit', o.reservation_id, pg_current_xact_id(), true
    from old_rows o
    join new_rows n on n.site_id = o.site_id and n.reservation_id = o.reservation_id and n.slot_id <> o.slot_id
    join slots s on s.site_id = o.site_id and s.slot_id = o.slot_id
    join slots t on t.site_id = n.site_id and t.slot_id = n.slot_id
   where s.owner_id is not null and s.owner_id is distinct from t.owner_id
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_reservations_moved after update on reservations
  referencing old table as old_rows new table as new_rows for each statement execute function sync_moved_reservations();
