-- Passes and scans; clients, the intent journal and the change index.
create table signing_keys (
  site_id uuid not null references sites,
  key_id uuid not null,
  -- the public point, 32 bytes each
  x bytea not null check (length(x) = 32),
  y bytea not null check (length(y) = 32),
  -- PKCS#8, sealed with SECRET_KEY (AES-256-GCM)
  sealed_private_key bytea not null,
  valid_from timestamptz not null,
  valid_until timestamptz not null check (valid_until > valid_from),
  primary key (site_id, key_id)
);

create table holder_keys (
  site_id uuid not null,
  client_id uuid not null,
  member_id uuid not null,
  -- the P-256 point compressed, 33 bytes
  holder_key bytea not null check (length(holder_key) = 33),
  bound_at timestamptz not null,
  primary key (site_id, client_id),
  foreign key (site_id, member_id) references members (site_id, member_id)
);

create table passes (
  site_id uuid not null,
  -- the cti of the pass
  pass_id uuid not null,
  member_id uuid not null,
  reservation_id uuid not null,
  -- the device whose key the pass is bound to; null on a static pass
  client_id uuid,
  holder_key bytea check (length(holder_key) = 33),
  slot_label text not null,
  plate text not null default '',
  kind smallint not null check (kind between 0 and 3),
  gates integer not null default 0,
  not_before timestamptz not null,
  expires_at timestamptz not null check (expires_at > not_before),
  -- the typed code: 8 letters and digits without 0/O/1/I, unique among a site's passes
  code text not null check (length(code) = 8),
  status text not null default 'valid' check (status in ('valid', 'revoked', 'suspended')),
  status_index integer not null check (status_index >= 0),
  -- the COSE_Sign1 as signed, the bytes inside the QR
  signed bytea not null,
  created_at timestamptz not null,
  primary key (site_id, pass_id),
  unique (site_id, status_index),
  unique (site_id, code),
  check ((client_id is null) = (holder_key is null)),
  -- its member is the reservation's, and so is known to exist
  foreign key (site_id, reservation_id) references reservations (site_id, reservation_id)
);
create index passes_reservation on passes (site_id, reservation_id);
create unique index passes_one_valid on passes (site_id, reservation_id) where status = 'valid';
create index passes_not_valid on passes (site_id, status_index) where status <> 'valid';

create table status_lists (
  site_id uuid primary key references sites,
  issued_at timestamptz not null,
  ttl_seconds integer not null,
  -- how many status indexes it tells of
  length integer not null,
  signed bytea not null
);

create table scans (
  site_id uuid not null,
  scan_id uuid not null,
  -- null when what was read holds no readable pass
  pass_id uuid,
  guard_id uuid not null,
  client_id uuid not null,
  gate smallint not null,
  -- the guard's device's clock: recorded, never used to order anything
  scanned_at timestamptz not null,
  recorded_at timestamptz not null,
  result text not null,
  -- whether this scan let somebody in and so uses up the pass
  counts boolean not null,
  reason text not null default '',
  -- what the camera read or the guard typed, as read
  code text not null check (length(code) <= 2000),
  primary key (site_id, scan_id),
  foreign key (site_id, guard_id) references members (site_id, member_id)
);
create index scans_pass on scans (site_id, pass_id) where counts;

create table clients (
  site_id uuid not null references sites,
  client_id uuid not null,
  member_id uuid not null,
  last_seq bigint not null default 0,
  created_at timestamptz not null default now(),
  primary key (site_id, client_id),
  foreign key (site_id, member_id) references members (site_id, member_id)
);

-- The journal: idempotency table, audit log and what a client can ask to be told again.
create table intents (
  site_id uuid not null,
  client_id uuid not null,
  seq bigint not null check (seq > 0),
  intent_id uuid not null,
  member_id uuid not null,
  op text not null,
  args jsonb not null,
  -- SHA-256 over id, op and canonical args: the same seq with another hash is a fork
  fingerprint bytea not null check (length(fingerprint) = 32),
  device_time timestamptz,
  decided_at timestamptz not null,
  status text not null check (status in ('applied', 'refused', 'expired', 'quarantined')),
  code text,
  -- json, not jsonb: the reply is replayed word for word
  outcome json not null,
  xid xid8 not null default pg_current_xact_id(),
  primary key (site_id, client_id, seq),
  unique (site_id, intent_id)
);
create index intents_xid on intents (site_id, client_id, xid);

-- One row a (scope, entity, row): which transaction changed it last. A device asks for what was not visible in the
-- snapshot of its last pull; a sequence or a timestamp would lose rows that commit out of order.
create table sync_row (
  site_id uuid not null,
  scope text not null,
  entity text not null,
  pk uuid not null,
  xid xid8 not null,
  deleted boolean not null,
  primary key (site_id, scope, entity, pk)
);
create index sync_row_xid on sync_row (site_id, scope, xid);

-- A new epoch makes every device load its scopes anew (after a restore from a backup).
create table epoch (
  only_row boolean primary key default true check (only_row),
  epoch uuid not null default gen_random_uuid()
);
insert into epoch default values;

create function site_scope(site uuid) returns text language sql immutable as $$ select 'site:' || site $$;
create function gate_scope(site uuid) returns text language sql immutable as $$ select 'gate:' || site $$;
create function member_scope(member uuid) returns text language sql immutable as $$ select 'member:' || member $$;

-- The triggers are per statement with transition tables: a set-based write of 64 reservations runs each once.
create function sync_sites() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    -- A block of status indexes is taken every few hundred passes and shows in no row: no device need hear of it.
    insert into sync_row
    select n.site_id, site_scope(n.site_id), 'site', n.site_id, pg_current_xact_id(), false
      from new_rows n join old_rows o on o.site_id = n.site_id
     where (n.name, n.time_zone, n.policy) is distinct from (o.name, o.time_zone, o.policy)
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  else
    insert into sync_row select site_id, site_scope(site_id), 'site', site_id, pg_current_xact_id(), false from new_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  end if;
  return null;
end $$;
create trigger sync_sites_insert after insert on sites referencing new table as new_rows for each statement execute function sync_sites();
create trigger sync_sites_update after update on sites referencing old table as old_rows new table as new_rows for each statement execute function sync_sites();

create function sync_members() returns trigger language plpgsql as $$
begin
  insert into sync_row
  select site_id, member_scope(member_id), 'member', member_id, pg_current_xact_id(), false from new_rows
  union all
  -- a slot's row carries its owner's name
  select s.site_id, site_scope(s.site_id), 'slot', s.slot_id, pg_current_xact_id(), false
    from new_rows n join slots s on s.site_id = n.site_id and s.owner_id = n.member_id
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_members_insert after insert on members referencing new table as new_rows for each statement execute function sync_members();
create trigger sync_members_update after update on members referencing new table as new_rows for each statement execute function sync_members();

create function sync_slots() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into sync_row select site_id, site_scope(site_id), 'slot', slot_id, pg_current_xact_id(), true from old_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  else
    insert into sync_row select site_id, site_scope(site_id), 'slot', slot_id, pg_current_xact_id(), false from new_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  end if;
  return null;
end $$;
create trigger sync_slots_insert after insert on slots referencing new table as new_rows for each statement execute function sync_slots();
create trigger sync_slots_update after update on slots referencing new table as new_rows for each statement execute function sync_slots();
create trigger sync_slots_delete after delete on slots referencing old table as old_rows for each statement execute function sync_slots();

create function sync_reservations() returns trigger language plpgsql as $$
begin
  insert into sync_row
  -- occupancy: what everybody at the site may know of a reservation, its slot and window
  select site_id, site_scope(site_id), 'occupancy', reservation_id, pg_current_xact_id(), state not in ('held', 'confirmed') from new_rows
  union all
  select site_id, member_scope(member_id), 'reservation', reservation_id, pg_current_xact_id(), false from new_rows
  union all
  -- visit: what the owner of the slot knows of it
  select n.site_id, member_scope(s.owner_id), 'visit', n.reservation_id, pg_current_xact_id(), false
    from new_rows n join slots s on s.site_id = n.site_id and s.slot_id = n.slot_id where s.owner_id is not null
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_reservations_insert after insert on reservations referencing new table as new_rows for each statement execute function sync_reservations();
create trigger sync_reservations_update after update on reservations referencing new table as new_rows for each statement execute function sync_reservations();

create function sync_accounts() returns trigger language plpgsql as $$
begin
  insert into sync_row select site_id, member_scope(account_id), 'account', account_id, pg_current_xact_id(), false from new_rows where kind = 'member'
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_accounts_insert after insert on accounts referencing new table as new_rows for each statement execute function sync_accounts();

-- Balances change by entries alone, so the accounts' changes are noted here too.
create function sync_entries() returns trigger language plpgsql as $$
begin
  insert into sync_row
  with posted as (
    select n.site_id, n.account_id, n.movement_id
      from new_rows n join accounts a on a.site_id = n.site_id and a.account_id = n.account_id where a.kind = 'member'
  )
  select distinct site_id, member_scope(account_id), 'account', account_id, pg_current_xact_id(), false from posted
  union all
  select site_id, member_scope(account_id), 'movement', movement_id, pg_current_xact_id(), false from posted
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_entries_insert after insert on entries referencing new table as new_rows for each statement execute function sync_entries();

create function sync_passes() returns trigger language plpgsql as $$
begin
  insert into sync_row
  select site_id, member_scope(member_id), 'pass', pass_id, pg_current_xact_id(), false from new_rows
  union all
  select site_id, gate_scope(site_id), 'gate_pass', pass_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_passes_insert after insert on passes referencing new table as new_rows for each statement execute function sync_passes();
create trigger sync_passes_update after update on passes referencing new table as new_rows for each statement execute function sync_passes();

create function sync_holder_keys() returns trigger language plpgsql as $$
begin
  insert into sync_row select site_id, member_scope(member_id), 'holder_key', client_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_holder_keys_insert after insert on holder_keys referencing new table as new_rows for each statement execute function sync_holder_keys();
create trigger sync_holder_keys_update after update on holder_keys referencing new table as new_rows for each statement execute function sync_holder_keys();

create function sync_signing_keys() returns trigger language plpgsql as $$
begin
  insert into sync_row select site_id, gate_scope(site_id), 'signing_key', key_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_signing_keys_insert after insert on signing_keys referencing new table as new_rows for each statement execute function sync_signing_keys();
create trigger sync_signing_keys_update after update on signing_keys referencing new table as new_rows for each statement execute function sync_signing_keys();

create function sync_status_lists() returns trigger language plpgsql as $$
begin
  insert into sync_row select site_id, gate_scope(site_id), 'status_list', site_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_status_lists_insert after insert on status_lists referencing new table as new_rows for each statement execute function sync_status_lists();
create trigger sync_status_lists_update after update on status_lists referencing new table as new_rows for each statement execute function sync_status_lists();

create function sync_scans() returns trigger language plpgsql as $$
begin
  insert into sync_row select site_id, gate_scope(site_id), 'scan', scan_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_scans_insert after insert on scans referencing new table as new_rows for each statement execute function sync_scans();
