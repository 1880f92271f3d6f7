-- The pass and the gate in full: rotated keys and their signed bundle, visitor passes, exits, signed scan journals, incidents.

-- --- keys --------------------------------------------------------------------------------------------------------
-- A key is published before it is used: guards' devices have it by then. Until the next one is used it signs; then it is
-- retired, and stays only as long as what it has signed.
alter table signing_keys
  add column published_at timestamptz,
  add column used_from timestamptz,
  add column retired_at timestamptz,
  -- when it left the bundle; what it had signed is over, and its private part is gone
  add column removed_at timestamptz;
-- A key reached a day back from when it was made, and signed from then on; it never waited.
update signing_keys set used_from = valid_from + interval '1 day', published_at = valid_from + interval '1 day';
alter table signing_keys
  alter column published_at set not null,
  alter column used_from set not null,
  add constraint signing_keys_published check (published_at <= used_from),
  -- Behind the rule of site.rotate_key: of a site one key at a time waits to be used. One that is made in need waits for nothing.
  add constraint signing_keys_one_waiting exclude using gist (site_id with =, tstzrange(published_at, used_from) with &&);

create table key_bundles (
  site_id uuid primary key references sites,
  issued_at timestamptz not null,
  -- a hash of what the keys were when it was made: with other keys it is made anew
  covers text not null,
  -- a COSE_Sign1 over the public keys, by the oldest of them: whoever trusts any bundle of its time can trust this one
  signed bytea not null
);

create function sync_key_bundles() returns trigger language plpgsql as $$
begin
  insert into sync_row select site_id, gate_scope(site_id), 'key_bundle', site_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_key_bundles_insert after insert on key_bundles referencing new table as new_rows for each statement execute function sync_key_bundles();
create trigger sync_key_bundles_update after update on key_bundles referencing new table as new_rows for each statement execute function sync_key_bundles();

-- --- holders' keys ------------------------------------------------------------------------------------------------
-- A device that its member has given up: its key never holds a pass again.
alter table holder_keys add column revoked_at timestamptz;
create index holder_keys_member on holder_keys (site_id, member_id);
-- When who sits there last proved to be the account's owner (a passkey or the password once more).
alter table sessions add column verified_at timestamptz;
-- A challenge may also be for proving once more who one is.
alter table passkey_challenges drop constraint passkey_challenges_purpose_check;
alter table passkey_challenges add constraint passkey_challenges_purpose_check
  check (purpose in ('register', 'authenticate', 'verify'));

-- The plate of the member's car, for passes to carry.
alter table members add column plate text not null default '' check (length(plate) <= 16);

-- --- visitor passes -----------------------------------------------------------------------------------------------
create table visitor_passes (
  site_id uuid not null references sites,
  visitor_pass_id uuid not null,
  -- who answers for the visit; visits of a guard's making too
  issued_by uuid not null,
  -- 1 single, 2 double: how often it lets somebody in
  uses smallint not null check (uses in (1, 2)),
  during tstzrange not null check (not isempty(during) and lower_inc(during) and not upper_inc(during)),
  plate text not null default '' check (length(plate) <= 16),
  -- minor units (cents) of the site's currency
  amount integer not null default 0 check (amount >= 0),
  payment text not null check (payment in ('none', 'cash', 'online')),
  reference text not null default '' check (length(reference) <= 64),
  -- whether the code is made only on the phone that opens the link first, and bound to it
  binds boolean not null,
  -- SHA-256 of the link's secret, which is with the issuer's device and whoever has the link; null without a link
  link_sha256 bytea check (length(link_sha256) = 32),
  opened_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null,
  primary key (site_id, visitor_pass_id),
  foreign key (site_id, issued_by) references members (site_id, member_id)
);
create unique index visitor_passes_link on visitor_passes (link_sha256);
create index visitor_passes_issuer on visitor_passes (site_id, issued_by, created_at);

create table visitors (
  site_id uuid not null,
  visitor_pass_id uuid not null,
  position smallint not null check (position between 0 and 1),
  name text not null check (length(name) between 1 and 80),
  phone text not null check (length(phone) between 3 and 32),
  -- name and phone as they are compared: the same person is not expected twice at the same time
  person_key text not null,
  during tstzrange not null,
  is_active boolean not null default true,
  primary key (site_id, visitor_pass_id, position),
  foreign key (site_id, visitor_pass_id) references visitor_passes (site_id, visitor_pass_id),
  constraint visitors_not_twice exclude using gist (site_id with =, person_key with =, during with &&) where (is_active)
);

alter table passes
  alter column reservation_id drop not null,
  add column visitor_pass_id uuid,
  add constraint passes_for_one check ((reservation_id is null) <> (visitor_pass_id is null)),
  add foreign key (site_id, visitor_pass_id) references visitor_passes (site_id, visitor_pass_id);
-- A visitor's phone is no client of ours: its key comes with the link.
alter table passes drop constraint passes_check1;
alter table passes add constraint passes_holder check (client_id is null or holder_key is not null);
create index passes_visitor_pass on passes (site_id, visitor_pass_id) where visitor_pass_id is not null;
create unique index passes_one_valid_visit on passes (site_id, visitor_pass_id) where status = 'valid';

create function sync_visitor_passes() returns trigger language plpgsql as $$
begin
  insert into sync_row select site_id, member_scope(issued_by), 'visitor_pass', visitor_pass_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_visitor_passes_insert after insert on visitor_passes referencing new table as new_rows for each statement execute function sync_visitor_passes();
create trigger sync_visitor_passes_update after update on visitor_passes referencing new table as new_rows for each statement execute function sync_visitor_passes();

-- A pass of a visitor shows in its issuer's visitor pass, not among the issuer's own passes.
create or replace function sync_passes() returns trigger language plpgsql as $$
begin
  insert into sync_row
  select site_id, member_scope(member_id), 'pass', pass_id, pg_current_xact_id(), false from new_rows where reservation_id is not null
  union all
  select distinct site_id, member_scope(member_id), 'visitor_pass', visitor_pass_id, pg_current_xact_id(), false from new_rows where visitor_pass_id is not null
  union all
  select site_id, gate_scope(site_id), 'gate_pass', pass_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;

-- --- scans --------------------------------------------------------------------------------------------------------
-- Every guard's device keeps a journal: a chain of entries, each with the hash of the one before, signed by a key that
-- cannot leave the device.
create table scan_journals (
  site_id uuid not null references sites,
  journal_id uuid not null,
  member_id uuid not null,
  client_id uuid not null,
  -- the P-256 point compressed, 33 bytes
  public_key bytea not null check (length(public_key) = 33),
  opened_at timestamptz not null,
  primary key (site_id, journal_id),
  foreign key (site_id, member_id) references members (site_id, member_id)
);

alter table scans
  add column direction text not null default 'entry' check (direction in ('entry', 'exit')),
  -- the scan that the guard took back within seconds; that one stays as it is
  add column undoes uuid,
  add column journal_id uuid,
  add column journal_seq bigint check (journal_seq > 0),
  add column journal_previous bytea check (length(journal_previous) = 32),
  add column journal_hash bytea check (length(journal_hash) = 32),
  add column journal_signature bytea check (length(journal_signature) = 64),
  -- the device's own clock, uncorrected
  add column device_time timestamptz,
  -- whether the signature holds by the journal's key; null for a scan of a build without a journal
  add column is_genuine boolean,
  add constraint scans_journaled check ((journal_id is null) = (journal_seq is null) and (journal_id is null) = (journal_hash is null));
create index scans_journal on scans (site_id, journal_id, journal_seq) where journal_id is not null;
-- What tells how often a pass has been used: entries that let in, exits, and what was taken back.
drop index scans_pass;
create index scans_pass on scans (site_id, pass_id) where counts or direction = 'exit' or undoes is not null;
-- What time alone moves in and out of the gate's scope is looked for at each pull.
create index scans_recorded on scans (site_id, recorded_at);
create index passes_expires on passes (site_id, expires_at);

create table incidents (
  site_id uuid not null references sites,
  incident_id uuid not null,
  kind text not null check (kind in ('double_use', 'journal_gap', 'journal_fork', 'journal_forged', 'clock_jump')),
  -- the scans it is about, the one that showed it last
  scan_ids uuid[] not null,
  pass_id uuid,
  journal_id uuid,
  detail jsonb not null default '{}',
  raised_at timestamptz not null,
  closed_at timestamptz,
  closed_by uuid,
  note text not null default '' check (length(note) <= 500),
  primary key (site_id, incident_id)
);
create index incidents_journal on incidents (site_id, journal_id) where closed_at is null;
create index incidents_pass on incidents (site_id, pass_id) where pass_id is not null;

create function sync_incidents() returns trigger language plpgsql as $$
begin
  insert into sync_row select site_id, gate_scope(site_id), 'incident', incident_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_incidents_insert after insert on incidents referencing new table as new_rows for each statement execute function sync_incidents();
create trigger sync_incidents_update after update on incidents referencing new table as new_rows for each statement execute function sync_incidents();
