-- Slots, reservations and the ledger.
create table slots (
  site_id uuid not null references sites,
  slot_id uuid not null,
  label text not null check (length(label) between 1 and 20),
  level text not null default '' check (length(level) <= 20),
  kind text not null default 'car' check (kind in ('car', 'small', 'motorcycle', 'charger', 'accessible')),
  -- null: the site's own slot, which everybody may reserve at any time
  owner_id uuid,
  -- the windows in which an owner lends the slot; unused for the site's own
  lent tstzmultirange not null default '{}',
  primary key (site_id, slot_id),
  unique (site_id, label),
  foreign key (site_id, owner_id) references members (site_id, member_id)
);
create index slots_owner on slots (site_id, owner_id) where owner_id is not null;

create table reservations (
  site_id uuid not null,
  reservation_id uuid not null,
  slot_id uuid not null,
  member_id uuid not null,
  during tstzrange not null check (
    not isempty(during) and lower_inc(during) and not upper_inc(during) and not lower_inf(during) and not upper_inf(during)
  ),
  starts_at timestamptz not null generated always as (lower(during)) stored,
  ends_at timestamptz not null generated always as (upper(during)) stored,
  state text not null check (state in ('held', 'confirmed', 'cancelled', 'completed', 'expired', 'no_show')),
  hold_expires_at timestamptz check ((state = 'held') = (hold_expires_at is not null)),
  cost integer not null check (cost >= 0),
  -- the account that received the cost: the owner's (account_id = member_id) or the site's (account_id = site_id)
  receiver_account_id uuid not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (site_id, reservation_id),
  foreign key (site_id, slot_id) references slots (site_id, slot_id),
  foreign key (site_id, member_id) references members (site_id, member_id),
  -- K5: stands behind the arbiter's rule, whatever writes
  constraint reservations_no_overlap exclude using gist (site_id with =, slot_id with =, during with &&)
    where (state in ('held', 'confirmed'))
);
create index reservations_slot_start on reservations (site_id, slot_id, starts_at) where state in ('held', 'confirmed');
create index reservations_member on reservations (site_id, member_id, starts_at);

create table accounts (
  site_id uuid not null references sites,
  -- a member's account has the member's id; the site's own has the site's id
  account_id uuid not null,
  kind text not null check (kind in ('member', 'site', 'issuance')),
  balance bigint not null default 0,
  primary key (site_id, account_id),
  constraint accounts_not_negative check (kind = 'issuance' or balance >= 0)
);

-- No foreign keys here and below: entries_post proves once for a whole statement that movement and account exist, neither is
-- ever deleted, and checks row by row were a fifth of the time of writing a reservation (npm run bench -- intents).
create table movements (
  site_id uuid not null,
  movement_id uuid not null,
  kind text not null check (kind in ('grant', 'reservation', 'refund')),
  reservation_id uuid,
  created_at timestamptz not null,
  primary key (site_id, movement_id)
);

create table entries (
  site_id uuid not null,
  movement_id uuid not null,
  account_id uuid not null,
  amount bigint not null check (amount <> 0),
  primary key (site_id, movement_id, account_id)
);
create index entries_account on entries (site_id, account_id);

-- The balance beside the entries is kept by the entries themselves, so that no writer can forget it; a movement
-- whose entries do not sum to zero cannot be written (all entries of a movement come in one statement), nor can one that
-- has no movement or names no account.
create function entries_post() returns trigger language plpgsql as $$
declare
  accounts_named integer;
  accounts_posted integer;
begin
  if exists (select 1 from new_rows n left join movements m on m.site_id = n.site_id and m.movement_id = n.movement_id
              where m.movement_id is null) then
    raise exception 'an entry needs its movement' using errcode = 'foreign_key_violation', constraint = 'entries_movement';
  end if;
  if exists (select 1 from new_rows group by site_id, movement_id having sum(amount) <> 0) then
    raise exception 'the entries of a movement must sum to zero' using errcode = 'check_violation', constraint = 'entries_sum_to_zero';
  end if;
  update accounts a set balance = a.balance + d.amount
    from (select site_id, account_id, sum(amount) as amount from new_rows group by site_id, account_id) d
   where a.site_id = d.site_id and a.account_id = d.account_id;
  get diagnostics accounts_posted = row_count;
  select count(*) into accounts_named from (select distinct site_id, account_id from new_rows) as named;
  if accounts_posted <> accounts_named then
    raise exception 'an entry needs its account' using errcode = 'foreign_key_violation', constraint = 'entries_account';
  end if;
  return null;
end $$;
create trigger entries_post after insert on entries
  referencing new table as new_rows for each statement execute function entries_post();

create function entries_are_final() returns trigger language plpgsql as $$
begin
  raise exception 'entries are never changed: write a movement that corrects them' using errcode = 'restrict_violation';
end $$;
create trigger entries_are_final before update or delete or truncate on entries
  for each statement execute function entries_are_final();
