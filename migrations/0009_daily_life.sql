-- The daily life of a building: own slots and weekly rules, the floor's map, waiting in line, credits bought, notices, calendars.

-- --- slots: what is lent, and why -----------------------------------------------------------------------------------
-- `lent` stays what rules read. It is made of what was opened by hand and by weekly rules, less what was taken back by hand;
-- an active reservation is never cut out of it (src/shared/domain/share-rules.ts).
alter table slots
  add column opened tstzmultirange not null default '{}',
  add column closed tstzmultirange not null default '{}',
  -- counts up with every change of the slot's rules; `followed_revision` is the one that `lent` follows, up to `followed_until`
  add column rules_revision integer not null default 0,
  add column followed_revision integer not null default 0,
  add column followed_until timestamptz,
  -- on its level's map, thousandths of the map's width and height; both or none
  add column position_x smallint check (position_x between 0 and 1000),
  add column position_y smallint check (position_y between 0 and 1000),
  -- no slot any more: the row stays for what was booked on it
  add column removed_at timestamptz,
  add constraint slots_position check ((position_x is null) = (position_y is null));
update slots set opened = lent;
alter table slots drop constraint slots_site_id_label_key;
create unique index slots_label on slots (site_id, label) where removed_at is null;

-- What is to follow its rules (server/services/lending/follow-rules.ts): as they changed, and as the windows made of them come to an end.
create index slots_unfollowed on slots (site_id, slot_id) where rules_revision <> followed_revision;
create index slots_followed on slots (site_id, followed_until) where followed_until is not null;

-- C1: weekly, in the site's local wall-clock time.
create table lending_rules (
  site_id uuid not null,
  rule_id uuid not null,
  slot_id uuid not null,
  -- bit 0 Monday … bit 6 Sunday
  weekdays smallint not null check (weekdays between 1 and 127),
  -- minutes of the day; until ≤ from ends on the next day
  from_minute smallint not null check (from_minute between 0 and 1439),
  until_minute smallint not null check (until_minute between 0 and 1439),
  starts_on date not null,
  -- the last day; null without an end
  ends_on date check (ends_on >= starts_on),
  -- [{"from": "2026-12-24", "until": "2027-01-02"}], local days, until is the first day that is lent again
  days_off jsonb not null default '[]',
  paused boolean not null default false,
  created_at timestamptz not null,
  removed_at timestamptz,
  primary key (site_id, rule_id),
  foreign key (site_id, slot_id) references slots (site_id, slot_id)
);
create index lending_rules_slot on lending_rules (site_id, slot_id) where removed_at is null;

-- C1: a resident says that a slot is theirs; a manager decides.
create table slot_claims (
  site_id uuid not null references sites,
  claim_id uuid not null,
  member_id uuid not null,
  label text not null check (length(label) between 1 and 20),
  level text not null default '' check (length(level) <= 20),
  kind text not null check (kind in ('car', 'small', 'motorcycle', 'charger', 'accessible')),
  note text not null default '' check (length(note) <= 500),
  -- JPEG, made small by the device
  photo bytea check (length(photo) <= 65536),
  state text not null check (state in ('waiting', 'approved', 'refused', 'withdrawn')),
  -- once approved
  slot_id uuid,
  created_at timestamptz not null,
  decided_at timestamptz,
  decided_by uuid,
  reason text not null default '' check (length(reason) <= 500),
  primary key (site_id, claim_id),
  foreign key (site_id, member_id) references members (site_id, member_id)
);
create index slot_claims_member on slot_claims (site_id, member_id);
-- What is kept for a while only: server/services/lending/prune-lending.ts.
create index slot_claims_decided on slot_claims (decided_at) where decided_at is not null;
create index lending_rules_removed on lending_rules (removed_at) where removed_at is not null;

-- --- reservations -----------------------------------------------------------------------------------------------------
alter table reservations
  -- a hold for somebody who waits in line: nothing is paid before it is accepted (a lease is held, too, and paid)
  add column offered boolean not null default false,
  -- C1: when the owner last asked whoever parks there to move
  add column asked_to_move_at timestamptz;
-- What begins soon, whatever the site: reminders.
create index reservations_beginning on reservations (starts_at) where state = 'confirmed';
-- What ended a moment ago: overstaying. Of what is not settled yet reservations_due knows.
create index reservations_completed on reservations (ends_at) where state = 'completed';

-- --- E8: waiting in line -------------------------------------------------------------------------------------------
create table waitlist_entries (
  site_id uuid not null,
  entry_id uuid not null,
  member_id uuid not null,
  during tstzrange not null check (not isempty(during) and lower_inc(during) and not upper_inc(during)),
  -- conditions; empty: any
  kinds text[] not null default '{}',
  levels text[] not null default '{}',
  max_price integer check (max_price >= 0),
  take_for_me boolean not null,
  created_at timestamptz not null,
  state text not null check (state in ('waiting', 'offered', 'taken', 'served', 'declined', 'lapsed', 'left', 'over')),
  -- what is or was offered, or was taken; of one that is served, what its member has booked otherwise
  reservation_id uuid,
  offer_expires_at timestamptz check ((state = 'offered') = (offer_expires_at is not null)),
  -- nothing is offered before: the member slept through an offer, or let one go a moment before
  rests_until timestamptz,
  ended_at timestamptz,
  primary key (site_id, entry_id),
  foreign key (site_id, member_id) references members (site_id, member_id)
);
create index waitlist_entries_waiting on waitlist_entries (site_id, created_at, entry_id) where state = 'waiting';
create index waitlist_entries_offered on waitlist_entries (offer_expires_at) where state = 'offered';
create index waitlist_entries_member on waitlist_entries (site_id, member_id);
create index waitlist_entries_ended on waitlist_entries (ended_at) where ended_at is not null;

-- --- B8: credits bought ------------------------------------------------------------------------------------------------
create table topups (
  site_id uuid not null,
  topup_id uuid not null,
  member_id uuid not null,
  credits integer not null check (credits > 0),
  -- minor units of the currency
  amount integer not null check (amount >= 0),
  currency text not null,
  method text not null check (method in ('cash', 'transfer', 'online')),
  -- of what is paid online: which provider, and its own name for the payment, once it has one
  provider text,
  provider_reference text,
  -- at the desk: what the manager wrote down
  reference text not null default '' check (length(reference) <= 64),
  state text not null check (state in ('pending', 'paid', 'refunding', 'refunded', 'failed')),
  -- counts up by one in a site; given when it is paid
  receipt_number integer,
  created_by uuid not null,
  created_at timestamptz not null,
  paid_at timestamptz,
  ended_at timestamptz,
  -- when a job last could not end it: others come first, and it is tried again later
  attempted_at timestamptz,
  -- when a provider took another sum for it than was agreed: it stays pending until somebody has looked at it
  disputed_at timestamptz,
  primary key (site_id, topup_id),
  unique (site_id, receipt_number),
  unique (provider, provider_reference),
  check ((receipt_number is null) = (paid_at is null)),
  foreign key (site_id, member_id) references members (site_id, member_id)
);
create index topups_member on topups (site_id, member_id);
-- The desk's copy has a year of them, and every pull looks for those whose year is over.
create index topups_site on topups (site_id, created_at);
create index topups_open on topups (created_at) where state in ('pending', 'refunding');

-- Webhooks that were taken in: each once, however often it is sent.
create table payment_events (
  provider text not null,
  event_id text not null,
  received_at timestamptz not null,
  primary key (provider, event_id)
);
create index payment_events_received on payment_events (received_at);

alter table movements drop constraint movements_kind_check;
alter table movements add constraint movements_kind_check
  check (kind in ('grant', 'reservation', 'refund', 'charge', 'topup', 'topup_refund'));
alter table movements add column topup_id uuid;

-- --- B4: being told -----------------------------------------------------------------------------------------------------
create table notices (
  site_id uuid not null,
  notice_id uuid not null,
  member_id uuid not null,
  -- a NoticeKind of src/shared/domain/notice-kinds.ts
  kind text not null,
  -- what its words need; no names of others
  data jsonb not null,
  -- names what it tells of: the same is told once, however often a job runs
  told_key text not null,
  created_at timestamptz not null,
  read_at timestamptz,
  -- when it is to go out by push and mail next; null: nothing is left to do
  deliver_at timestamptz,
  attempts integer not null default 0,
  primary key (site_id, notice_id),
  unique (site_id, member_id, told_key)
);
create index notices_member on notices (site_id, member_id, kind, created_at);
create index notices_deliver on notices (deliver_at) where deliver_at is not null;
-- What presses (isPressing of server/services/notices/delivery.ts) goes out before what has been due for longer.
create index notices_pressing on notices (deliver_at) where deliver_at is not null
  and kind in ('asked_to_move', 'reminder_start', 'reminder_end', 'overstaying', 'waitlist_offer');
-- For pruning, of all sites at once.
create index notices_created on notices (created_at);
-- For the badge that goes with each push.
create index notices_unread on notices (site_id, member_id) where read_at is null;

-- What a notice has reached, so that what is tried again does not reach it twice. `target`: 'push' once nothing more is to be pushed,
-- 'mail', or, while other browsers are tried again, the hex of a push endpoint's hash.
create table notice_deliveries (
  site_id uuid not null,
  notice_id uuid not null,
  target text not null,
  delivered_at timestamptz not null,
  primary key (site_id, notice_id, target),
  foreign key (site_id, notice_id) references notices (site_id, notice_id) on delete cascade
);

-- Up to when the clock has told (reminders): what it was to tell before then is told, or too late.
create table told_until (
  one boolean primary key default true check (one),
  until timestamptz not null
);

-- NoticePreferences of src/shared/domain/notice-kinds.ts; parsed with its schema when read.
create table notice_preferences (
  site_id uuid not null,
  member_id uuid not null,
  preferences jsonb not null,
  primary key (site_id, member_id),
  foreign key (site_id, member_id) references members (site_id, member_id)
);

-- --- B7: jobs -------------------------------------------------------------------------------------------------------------
-- How the last run of each job ended; what is planned and what is running stands in graphile_worker's own tables.
create table job_runs (
  name text primary key,
  ended_at timestamptz not null,
  took_ms integer not null,
  -- in a row
  failures integer not null,
  failed_at timestamptz,
  -- name and code of the last failure; no words, which may hold what is somebody's
  error text
) with (fillfactor = 50);

-- --- calendars --------------------------------------------------------------------------------------------------------
create table calendar_feeds (
  token_sha256 bytea primary key check (length(token_sha256) = 32),
  site_id uuid not null,
  member_id uuid not null,
  created_at timestamptz not null,
  last_read_at timestamptz,
  unique (site_id, member_id),
  foreign key (site_id, member_id) references members (site_id, member_id)
);

-- --- the change index ---------------------------------------------------------------------------------------------------
-- A removed slot is a row that went; one that changes hands takes its visits with it.
create or replace function sync_slots() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into sync_row select site_id, site_scope(site_id), 'slot', slot_id, pg_current_xact_id(), true from old_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  else
    insert into sync_row
    select site_id, site_scope(site_id), 'slot', slot_id, pg_current_xact_id(), removed_at is not null from new_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  end if;
  return null;
end $$;
create function sync_slots_given() returns trigger language plpgsql as $$
begin
  insert into sync_row
  select r.site_id, member_scope(c.owner_id), 'visit', r.reservation_id, pg_current_xact_id(), c.is_former
    from (select o.site_id, o.slot_id, o.owner_id, true as is_former
            from old_rows o join new_rows n using (site_id, slot_id) where n.owner_id is distinct from o.owner_id
          union all
          select n.site_id, n.slot_id, n.owner_id, false
            from old_rows o join new_rows n using (site_id, slot_id) where n.owner_id is distinct from o.owner_id) c
    join reservations r on r.site_id = c.site_id and r.slot_id = c.slot_id
   where c.owner_id is not null
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_slots_given after update on slots
  referencing old table as old_rows new table as new_rows for each statement execute function sync_slots_given();

-- Why a slot lends what it lends is its owner's and the desk's to know.
create function sync_slot_lending() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into sync_row
    select site_id, member_scope(owner_id), 'slot_lending', slot_id, pg_current_xact_id(), false from new_rows where owner_id is not null
    union all
    select site_id, desk_scope(site_id), 'slot_lending', slot_id, pg_current_xact_id(), false from new_rows where owner_id is not null
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  else
    insert into sync_row
    select c.site_id, s.scope, 'slot_lending', c.slot_id, pg_current_xact_id(), s.is_gone
      from (select n.*, o.owner_id as former_id
              from old_rows o join new_rows n using (site_id, slot_id)
             where coalesce(o.owner_id, n.owner_id) is not null
               and (o.owner_id, o.opened, o.closed, o.rules_revision, o.followed_revision, o.followed_until, o.removed_at)
                   is distinct from (n.owner_id, n.opened, n.closed, n.rules_revision, n.followed_revision, n.followed_until, n.removed_at)) c
     cross join lateral (
       select member_scope(c.owner_id) as scope, c.removed_at is not null as is_gone where c.owner_id is not null
       union all
       select member_scope(c.former_id), true where c.former_id is distinct from c.owner_id and c.former_id is not null
       union all
       select desk_scope(c.site_id), c.owner_id is null or c.removed_at is not null) s
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  end if;
  return null;
end $$;
create trigger sync_slot_lending_insert after insert on slots referencing new table as new_rows for each statement execute function sync_slot_lending();
create trigger sync_slot_lending_update after update on slots
  referencing old table as old_rows new table as new_rows for each statement execute function sync_slot_lending();
insert into sync_row
select site_id, member_scope(owner_id), 'slot_lending', slot_id, pg_current_xact_id(), false from slots where owner_id is not null
union all
select site_id, desk_scope(site_id), 'slot_lending', slot_id, pg_current_xact_id(), false from slots where owner_id is not null;

create function sync_lending_rules() returns trigger language plpgsql as $$
begin
  insert into sync_row
  select n.site_id, member_scope(s.owner_id), 'lending_rule', n.rule_id, pg_current_xact_id(), n.removed_at is not null
    from new_rows n join slots s on s.site_id = n.site_id and s.slot_id = n.slot_id where s.owner_id is not null
  union all
  select site_id, desk_scope(site_id), 'lending_rule', rule_id, pg_current_xact_id(), removed_at is not null from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_lending_rules_insert after insert on lending_rules referencing new table as new_rows for each statement execute function sync_lending_rules();
create trigger sync_lending_rules_update after update on lending_rules referencing new table as new_rows for each statement execute function sync_lending_rules();

create function sync_slot_claims() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    -- Decided ones, which left the desk's copy when they were.
    insert into sync_row select site_id, member_scope(member_id), 'slot_claim', claim_id, pg_current_xact_id(), true from old_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  else
    insert into sync_row
    select site_id, member_scope(member_id), 'slot_claim', claim_id, pg_current_xact_id(), false from new_rows
    union all
    select site_id, desk_scope(site_id), 'slot_claim', claim_id, pg_current_xact_id(), state <> 'waiting' from new_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  end if;
  return null;
end $$;
create trigger sync_slot_claims_insert after insert on slot_claims referencing new table as new_rows for each statement execute function sync_slot_claims();
create trigger sync_slot_claims_update after update on slot_claims referencing new table as new_rows for each statement execute function sync_slot_claims();
create trigger sync_slot_claims_delete after delete on slot_claims referencing old table as old_rows for each statement execute function sync_slot_claims();

create function sync_waitlist_entries() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into sync_row select site_id, member_scope(member_id), 'waitlist_entry', entry_id, pg_current_xact_id(), true from old_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  else
    insert into sync_row select site_id, member_scope(member_id), 'waitlist_entry', entry_id, pg_current_xact_id(), false from new_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  end if;
  return null;
end $$;
create trigger sync_waitlist_entries_insert after insert on waitlist_entries referencing new table as new_rows for each statement execute function sync_waitlist_entries();
create trigger sync_waitlist_entries_update after update on waitlist_entries referencing new table as new_rows for each statement execute function sync_waitlist_entries();
create trigger sync_waitlist_entries_delete after delete on waitlist_entries referencing old table as old_rows for each statement execute function sync_waitlist_entries();

create function sync_topups() returns trigger language plpgsql as $$
begin
  insert into sync_row
  select site_id, member_scope(member_id), 'topup', topup_id, pg_current_xact_id(), false from new_rows
  union all
  select site_id, desk_scope(site_id), 'topup', topup_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_topups_insert after insert on topups referencing new table as new_rows for each statement execute function sync_topups();
create trigger sync_topups_update after update on topups referencing new table as new_rows for each statement execute function sync_topups();

-- Only what shows: when and how often it is to go out is no device's business.
create function sync_notices() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into sync_row select site_id, member_scope(member_id), 'notice', notice_id, pg_current_xact_id(), true from old_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  elsif tg_op = 'UPDATE' then
    insert into sync_row
    select n.site_id, member_scope(n.member_id), 'notice', n.notice_id, pg_current_xact_id(), false
      from new_rows n join old_rows o using (site_id, notice_id) where n.read_at is distinct from o.read_at
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  else
    insert into sync_row select site_id, member_scope(member_id), 'notice', notice_id, pg_current_xact_id(), false from new_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  end if;
  return null;
end $$;
create trigger sync_notices_insert after insert on notices referencing new table as new_rows for each statement execute function sync_notices();
create trigger sync_notices_update after update on notices referencing old table as old_rows new table as new_rows for each statement execute function sync_notices();
create trigger sync_notices_delete after delete on notices referencing old table as old_rows for each statement execute function sync_notices();

create function sync_notice_preferences() returns trigger language plpgsql as $$
begin
  insert into sync_row select site_id, member_scope(member_id), 'notice_preferences', member_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_notice_preferences_insert after insert on notice_preferences referencing new table as new_rows for each statement execute function sync_notice_preferences();
create trigger sync_notice_preferences_update after update on notice_preferences referencing new table as new_rows for each statement execute function sync_notice_preferences();

-- Somebody waits for a link to come in; what only tells of something the app shows, too, goes behind those.
drop index mails_next;
create index mails_next on mails ((kind in ('notice', 'digest')), next_attempt_at) where failed_at is null;
