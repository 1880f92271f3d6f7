-- Who may come in: mails, second factors, recovery, other providers, smart unlock, invitations, the security log.
-- Secrets that somebody presents are kept as SHA-256 (32 bytes); secrets that we present ourselves are sealed with SECRET_KEY.

-- E2: people who run the installation; apart from every site.
create table platform_administrators (
  user_id uuid primary key references users on delete cascade,
  created_at timestamptz not null default now()
);

alter table users
  add column email_verified_at timestamptz,
  -- the language of mails; screens have their own choice
  add column locale text not null default 'en' check (locale in ('en', 'de'));
-- Who was here before could not prove an address: nobody is to lose passkeys by a first recovery for that.
update users set email_verified_at = created_at;

-- Small secrets that all processes share, such as the key pair of Web Push; made at first use.
create table server_secrets (
  name text primary key,
  sealed bytea not null
);

-- What goes by mail, until it is sent; then the row goes. The content holds links, so it is sealed (purpose `mail:<mail_id>`).
create table mails (
  mail_id uuid primary key,
  to_address text not null check (length(to_address) <= 254),
  kind text not null,
  sealed bytea not null,
  created_at timestamptz not null,
  next_attempt_at timestamptz not null,
  attempts integer not null default 0,
  -- given up after the last attempt; kept for a week
  failed_at timestamptz
);
create index mails_next on mails (next_attempt_at) where failed_at is null;

-- One-time links by mail. `email` is the address that the link proves, which may have changed since.
create table one_time_links (
  token_sha256 bytea primary key check (length(token_sha256) = 32),
  purpose text not null check (purpose in ('verify_email', 'change_email', 'recover')),
  user_id uuid not null references users on delete cascade,
  email text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index one_time_links_user on one_time_links (user_id);

-- Who wants a link into an account, until server/jobs has looked for the account: the call itself must not tell whether
-- there is one, by its answer or by its time.
create table recovery_asks (
  ask_id uuid primary key,
  email text not null check (length(email) <= 254),
  network text not null,
  user_agent text not null,
  asked_at timestamptz not null
);

-- TOTP (RFC 6238). Not asked for before it is confirmed; `last_step` is the last time step that was accepted.
create table second_factors (
  user_id uuid primary key references users on delete cascade,
  sealed_secret bytea not null,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  last_step bigint not null default 0
);

create table recovery_codes (
  user_id uuid not null references users on delete cascade,
  code_sha256 bytea not null check (length(code_sha256) = 32),
  used_at timestamptz,
  primary key (user_id, code_sha256)
);

-- A sign-in that has its first factor and waits for the second.
create table sign_in_steps (
  token_sha256 bytea primary key check (length(token_sha256) = 32),
  user_id uuid not null references users on delete cascade,
  -- password, oidc or recover: what the first factor was
  first_factor text not null check (first_factor in ('password', 'oidc', 'recover')),
  expires_at timestamptz not null,
  attempts integer not null default 0
);
create index sign_in_steps_user on sign_in_steps (user_id);

-- Accounts at other providers (OpenID Connect): (iss, sub) is who somebody is there, never the e-mail.
create table external_identities (
  issuer text not null,
  subject text not null,
  user_id uuid not null references users on delete cascade,
  email text not null default '',
  created_at timestamptz not null,
  last_used_at timestamptz,
  primary key (issuer, subject)
);
create index external_identities_user on external_identities (user_id);

-- An authorization that was begun. Bound to the browser by a cookie, whose SHA-256 is `browser_sha256`.
create table oidc_flows (
  state_sha256 bytea primary key check (length(state_sha256) = 32),
  browser_sha256 bytea not null check (length(browser_sha256) = 32),
  provider text not null,
  nonce text not null,
  -- PKCE verifier, sealed
  sealed_verifier bytea not null,
  -- sign_in: whoever it is; link: to user_id's account; verify: user_id proves once more to be the owner
  purpose text not null check (purpose in ('sign_in', 'link', 'verify')),
  user_id uuid references users on delete cascade,
  return_to text not null default '/' check (length(return_to) <= 500),
  -- an identity nobody has yet, proved by the provider, waiting for the proof of the account it is to be linked to
  proved jsonb,
  expires_at timestamptz not null
);
create index oidc_flows_browser on oidc_flows (browser_sha256) where proved is not null;
create index oidc_flows_end on oidc_flows (expires_at);
create index oidc_flows_user on oidc_flows (user_id) where user_id is not null;

alter table sessions
  -- B5: names the session for good, while its token changes: what its owner takes away is this, whatever token it has by then
  add column session_id uuid not null default gen_random_uuid() unique,
  -- passkey, password, password_totp, oidc, unlock, recovery, registration
  add column signed_in_by text not null default 'password',
  -- the end that no use moves (B10)
  add column ends_at timestamptz not null default now() + interval '90 days',
  -- where it was used last: the address's network (/24, /48), never the whole address
  add column network text not null default '',
  add column name text not null default '' check (length(name) <= 80);

-- The queues of a browser, one a site where it has pushed or pulled: what holds its passes, so that they go with the session.
create table session_clients (
  session_sha256 bytea not null references sessions (token_sha256) on delete cascade on update cascade,
  site_id uuid not null,
  client_id uuid not null,
  noted_at timestamptz not null default now(),
  primary key (session_sha256, site_id, client_id)
);
create index session_clients_client on session_clients (site_id, client_id);

-- B5: sessions that were taken away. Their devices wipe what they hold when they come back; an unknown token only signs out.
create table revoked_sessions (
  token_sha256 bytea primary key check (length(token_sha256) = 32),
  -- null: the account is gone; its devices wipe all the same
  user_id uuid references users on delete set null,
  revoked_at timestamptz not null
);
create index revoked_sessions_user on revoked_sessions (user_id);

-- B4: where a browser can be woken. Goes with its session.
create table push_subscriptions (
  endpoint_sha256 bytea primary key check (length(endpoint_sha256) = 32),
  session_sha256 bytea not null references sessions (token_sha256) on delete cascade on update cascade,
  user_id uuid not null references users on delete cascade,
  endpoint text not null check (length(endpoint) <= 2048),
  p256dh text not null,
  auth text not null,
  created_at timestamptz not null
);
create index push_subscriptions_user on push_subscriptions (user_id);
create index push_subscriptions_session on push_subscriptions (session_sha256);

-- B2: a browser without credentials asks to be let in by a signed-in phone.
create table unlock_requests (
  request_id uuid primary key,
  code_sha256 bytea not null check (length(code_sha256) = 32),
  -- the secret of the asking browser, in a cookie: only it can collect the session
  browser_sha256 bytea not null check (length(browser_sha256) = 32),
  -- two digits that the browser shows and the phone has to pick
  match_number smallint not null check (match_number between 10 and 99),
  user_agent text not null default '',
  network text not null default '',
  -- whom to wake, when the browser said an e-mail; null when it did not, or nobody has it
  asked_user_id uuid references users on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  state text not null default 'waiting' check (state in ('waiting', 'approved', 'refused', 'used')),
  decided_by uuid references users on delete cascade,
  decided_at timestamptz,
  wrong_numbers smallint not null default 0
);
create unique index unlock_requests_code on unlock_requests (code_sha256) where state = 'waiting';
create index unlock_requests_expires on unlock_requests (expires_at);
create index unlock_requests_asked on unlock_requests (asked_user_id) where asked_user_id is not null;
create index unlock_requests_decided on unlock_requests (decided_by) where decided_by is not null;

-- Joining. open: whoever finds the site registers; request: asks, and a manager decides; invited: only by invitation.
alter table sites drop constraint sites_registration_check;
alter table sites add constraint sites_registration_check check (registration in ('open', 'request', 'invited'));

alter table members
  -- an account that was deleted leaves its member, without a name, for what was booked and paid
  alter column user_id drop not null,
  drop constraint members_user_id_fkey,
  add constraint members_user_id_fkey foreign key (user_id) references users on delete set null,
  -- since when no member any more; the row stays for what was booked and paid
  add column left_at timestamptz,
  -- when a manager ended the membership: back by a manager's word alone that is newer. Null after coming back
  add column removed_at timestamptz;

create table invitations (
  site_id uuid not null references sites,
  invitation_id uuid not null,
  -- email: to one address; link: for whoever has it; code: printed, on a sheet with others
  kind text not null check (kind in ('email', 'link', 'code')),
  secret_sha256 bytea not null unique check (length(secret_sha256) = 32),
  email text,
  role text not null check (role in ('resident', 'guard', 'manager')),
  flat text not null default '',
  sheet_id uuid,
  uses_allowed integer not null check (uses_allowed between 1 and 500),
  uses integer not null default 0 check (uses between 0 and uses_allowed),
  created_by uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (site_id, invitation_id),
  check ((kind = 'email') = (email is not null)),
  check ((kind = 'code') = (sheet_id is not null))
);

create table join_requests (
  site_id uuid not null references sites,
  request_id uuid not null,
  user_id uuid not null references users on delete cascade,
  flat text not null default '' check (length(flat) <= 80),
  message text not null default '' check (length(message) <= 500),
  created_at timestamptz not null,
  decided_at timestamptz,
  decided_by uuid,
  decision text check (decision in ('approved', 'refused', 'withdrawn')),
  primary key (site_id, request_id),
  check ((decided_at is null) = (decision is null))
);
create unique index join_requests_waiting on join_requests (site_id, user_id) where decided_at is null;
create index join_requests_user on join_requests (user_id);

-- C10. One line an event; `detail` holds no secret, no e-mail of somebody without an account, no full address.
create table security_events (
  event_id uuid primary key,
  at timestamptz not null,
  kind text not null,
  -- the site it concerns, where it concerns one; a sign-in concerns every site of its user
  site_id uuid references sites,
  user_id uuid references users on delete set null,
  -- who did it, where it was somebody else
  actor_user_id uuid references users on delete set null,
  network text not null default '',
  user_agent text not null default '',
  detail jsonb not null default '{}'
);
create index security_events_site on security_events (site_id, at desc, event_id desc);
create index security_events_user on security_events (user_id, at desc, event_id desc);
-- what strangers tried, at no account and no site
create index security_events_nobody on security_events (at desc, event_id desc) where site_id is null and user_id is null;
create index security_events_at on security_events (at);
create index security_events_actor on security_events (actor_user_id) where actor_user_id is not null;

-- --- the manager's scope --------------------------------------------------------------------------------------------
create function desk_scope(site uuid) returns text language sql immutable as $$ select 'desk:' || site $$;

create or replace function sync_members() returns trigger language plpgsql as $$
begin
  insert into sync_row
  select site_id, member_scope(member_id), 'member', member_id, pg_current_xact_id(), false from new_rows
  union all
  select site_id, desk_scope(site_id), 'desk_member', member_id, pg_current_xact_id(), left_at is not null from new_rows
  union all
  -- a slot's row carries its owner's name
  select s.site_id, site_scope(s.site_id), 'slot', s.slot_id, pg_current_xact_id(), false
    from new_rows n join slots s on s.site_id = n.site_id and s.owner_id = n.member_id
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;

-- An e-mail that changed shows in the member's row and in the manager's.
create function sync_users() returns trigger language plpgsql as $$
begin
  insert into sync_row
  select m.site_id, member_scope(m.member_id), 'member', m.member_id, pg_current_xact_id(), false
    from new_rows n join old_rows o using (user_id) join members m using (user_id) where n.email is distinct from o.email
  union all
  select m.site_id, desk_scope(m.site_id), 'desk_member', m.member_id, pg_current_xact_id(), m.left_at is not null
    from new_rows n join old_rows o using (user_id) join members m using (user_id) where n.email is distinct from o.email
  union all
  select j.site_id, desk_scope(j.site_id), 'join_request', j.request_id, pg_current_xact_id(), j.decided_at is not null
    from new_rows n join old_rows o using (user_id) join join_requests j using (user_id)
   where (n.email, n.name) is distinct from (o.email, o.name)
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_users_update after update on users referencing old table as old_rows new table as new_rows for each statement execute function sync_users();

-- How people come in shows in the site's row; a block of status indexes (0003) still shows nowhere.
create or replace function sync_sites() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    insert into sync_row
    select n.site_id, site_scope(n.site_id), 'site', n.site_id, pg_current_xact_id(), false
      from new_rows n join old_rows o on o.site_id = n.site_id
     where (n.name, n.time_zone, n.policy, n.registration) is distinct from (o.name, o.time_zone, o.policy, o.registration)
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  else
    insert into sync_row select site_id, site_scope(site_id), 'site', site_id, pg_current_xact_id(), false from new_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  end if;
  return null;
end $$;

create function sync_invitations() returns trigger language plpgsql as $$
begin
  insert into sync_row select site_id, desk_scope(site_id), 'invitation', invitation_id, pg_current_xact_id(), false from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_invitations_insert after insert on invitations referencing new table as new_rows for each statement execute function sync_invitations();
create trigger sync_invitations_update after update on invitations referencing new table as new_rows for each statement execute function sync_invitations();

create function sync_join_requests() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into sync_row select site_id, desk_scope(site_id), 'join_request', request_id, pg_current_xact_id(), true from old_rows
    on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
    return null;
  end if;
  insert into sync_row select site_id, desk_scope(site_id), 'join_request', request_id, pg_current_xact_id(), decided_at is not null from new_rows
  on conflict (site_id, scope, entity, pk) do update set xid = excluded.xid, deleted = excluded.deleted;
  return null;
end $$;
create trigger sync_join_requests_insert after insert on join_requests referencing new table as new_rows for each statement execute function sync_join_requests();
-- Goes with its user.
create trigger sync_join_requests_delete after delete on join_requests referencing old table as old_rows for each statement execute function sync_join_requests();
create trigger sync_join_requests_update after update on join_requests referencing new table as new_rows for each statement execute function sync_join_requests();

-- What was there before has a row in the manager's scope, too.
insert into sync_row select site_id, desk_scope(site_id), 'desk_member', member_id, pg_current_xact_id(), false from members
on conflict (site_id, scope, entity, pk) do nothing;

-- B5: a device that its member gave up, or that was taken away, has no session either. At the commit, when it is known who
-- has left the site: they stay signed in for others. A client id is no secret, so only the member's own sessions end.
create function end_sessions_of_device() returns trigger language plpgsql as $$
begin
  with ended as (
    delete from sessions s using session_clients c, members m
     where c.site_id = new.site_id and c.client_id = new.client_id and s.token_sha256 = c.session_sha256
       and m.site_id = new.site_id and m.member_id = new.member_id and m.left_at is null and s.user_id = m.user_id
    returning s.token_sha256, s.user_id)
  insert into revoked_sessions (token_sha256, user_id, revoked_at)
  select distinct token_sha256, user_id, now() from ended on conflict do nothing;
  return null;
end $$;
create constraint trigger end_sessions_of_device after update on holder_keys deferrable initially deferred
  for each row when (new.revoked_at is not null and old.revoked_at is null) execute function end_sessions_of_device();

-- B10: another role, another session: what was opened as a guard does not go on as a manager, nor the other way round.
-- Who comes back with another role goes on in the session that has brought the invitation.
create function end_sessions_of_role() returns trigger language plpgsql as $$
begin
  delete from sessions s using new_rows n join old_rows o using (site_id, member_id)
   where n.role is distinct from o.role and o.left_at is null and n.left_at is null
     and s.user_id = n.user_id and s.site_id = n.site_id;
  return null;
end $$;
create trigger end_sessions_of_role after update on members referencing old table as old_rows new table as new_rows
  for each statement execute function end_sessions_of_role();

-- A challenge may now also be one of an app's registration by passkey alone, before there is a user.
alter table passkey_challenges drop constraint if exists passkey_challenges_purpose_check;
alter table passkey_challenges add constraint passkey_challenges_purpose_check
  check (purpose in ('register', 'authenticate', 'verify', 'join'));
