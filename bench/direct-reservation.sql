-- The limit that the arbiter is measured against: one reservation as one server-side function in one transaction, called by
-- as many direct connections as the bench has clients. It writes the rows that an accepted reservation.create writes (client,
-- reservation, movement and its entries, pass, journal; balances and the change index follow by the same triggers), looks at
-- what the rule looks at, and takes the same locks: client, member, slot, accounts. Only the pass's signature and the
-- fingerprint are constants.
create or replace function bench_reserve(
  site uuid, client uuid, number bigint, member uuid, slot uuid, starts timestamptz, ends timestamptz,
  reservation uuid, movement uuid, pass uuid, intent uuid, status_number integer, pass_code text
) returns boolean language plpgsql as $$
declare
  price integer;
  limit_at_a_time integer;
  receiver uuid;
  is_lent boolean;
begin
  perform 1 from clients where site_id = site and client_id = client for no key update;
  if not found then
    insert into clients (site_id, client_id, member_id) values (site, client, member) on conflict do nothing;
  end if;
  select (policy ->> 'price')::integer, (policy ->> 'reservationsAtATime')::integer into price, limit_at_a_time
    from sites where site_id = site;
  perform 1 from members where site_id = site and member_id = member for no key update;
  select coalesce(owner_id, site), lent @> tstzrange(starts, ends, '[)') into receiver, is_lent
    from slots where site_id = site and slot_id = slot for no key update;
  perform 1 from accounts where site_id = site and account_id in (member, receiver) order by account_id for no key update;
  if not is_lent or exists (select 1 from reservations r where r.site_id = site and r.slot_id = slot
               and r.state in ('held', 'confirmed') and r.during && tstzrange(starts, ends, '[)'))
     or (select count(*) from reservations r where r.site_id = site and r.member_id = member
           and r.state in ('held', 'confirmed') and r.ends_at > now()) >= limit_at_a_time
  then
    return false;
  end if;
  insert into reservations (site_id, reservation_id, slot_id, member_id, during, state, cost, receiver_account_id, created_at)
    values (site, reservation, slot, member, tstzrange(starts, ends, '[)'), 'confirmed', price, receiver, now());
  insert into movements (site_id, movement_id, kind, reservation_id, slot_label, created_at)
    values (site, movement, 'reservation', reservation, 'A-01', now());
  insert into entries (site_id, movement_id, account_id, amount)
    values (site, movement, member, -price), (site, movement, receiver, price);
  insert into passes (site_id, pass_id, member_id, reservation_id, slot_label, kind, not_before, expires_at, code, status_index, signed, created_at)
    values (site, pass, member, reservation, 'A-01', 0, starts, ends, pass_code, status_number, decode(repeat('ab', 184), 'hex'), now());
  insert into intents (site_id, client_id, seq, intent_id, member_id, op, args, fingerprint, decided_at, status, outcome)
    values (site, client, number, intent, member, 'reservation.create@1',
            jsonb_build_object('reservationId', reservation, 'slotId', slot, 'start', starts, 'end', ends), decode(repeat('cd', 32), 'hex'), now(), 'applied',
            json_build_object('seq', number, 'id', intent, 'status', 'applied', 'code', null, 'data',
              json_build_object('reservationId', reservation, 'cost', price), 'alternatives', '[]'::json));
  update clients set last_seq = number where site_id = site and client_id = client;
  return true;
end $$;
