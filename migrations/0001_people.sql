-- Sites, people and the ways in. Every table that a site owns has site_id first in its primary key, so that it
-- can be distributed by site (Citus) without change; users, passkeys and sessions belong to no site.
create extension if not exists btree_gist;

create table sites (
  site_id uuid primary key,
  name text not null check (length(name) between 1 and 120),
  time_zone text not null,
  -- SitePolicy of src/shared/domain/policy.ts; parsed with its schema when read
  policy jsonb not null,
  -- open: whoever finds the site may register; invited: only by invitation
  registration text not null default 'invited' check (registration in ('open', 'invited')),
  -- the account credits are created from: its balance is minus all credits in circulation
  issuance_account_id uuid not null,
  -- block allocation of pass status indexes (see server/services/passes/status-indexes.ts)
  next_status_index integer not null default 0,
  created_at timestamptz not null default now()
);

create table users (
  user_id uuid primary key,
  email text not null,
  name text not null check (length(name) between 1 and 80),
  created_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

create table passwords (
  user_id uuid primary key references users on delete cascade,
  -- Argon2id in PHC string form: the parameters travel with the hash
  hash text not null,
  changed_at timestamptz not null default now()
);

create table passkeys (
  -- base64url, as WebAuthn gives it
  credential_id text primary key,
  user_id uuid not null references users on delete cascade,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null default '{}',
  backed_up boolean not null,
  name text not null check (length(name) between 1 and 80),
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index passkeys_user on passkeys (user_id);

-- A WebAuthn challenge lives until it is answered once or five minutes have passed.
create table passkey_challenges (
  challenge_id uuid primary key,
  challenge text not null,
  purpose text not null check (purpose in ('register', 'authenticate')),
  user_id uuid references users on delete cascade,
  expires_at timestamptz not null
);

create table members (
  site_id uuid not null references sites,
  member_id uuid not null,
  user_id uuid not null references users,
  role text not null check (role in ('resident', 'guard', 'manager')),
  name text not null check (length(name) between 1 and 80),
  flat text not null default '',
  joined_at timestamptz not null default now(),
  primary key (site_id, member_id),
  unique (site_id, user_id)
);
create index members_user on members (user_id);

create table sessions (
  -- SHA-256 of the token; the token itself is only in the cookie
  token_sha256 bytea primary key check (length(token_sha256) = 32),
  user_id uuid not null references users on delete cascade,
  -- the site the session looks at; null for a user who is in none
  site_id uuid references sites,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  last_seen_at timestamptz not null,
  user_agent text not null default ''
);
create index sessions_user on sessions (user_id);

-- The table of rate-limiter-flexible's RateLimiterPostgres (its column names, its types).
create table rate_limits (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
);
