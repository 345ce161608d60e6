-- +goose Up

-- auth: users become people with an address, preferences and groups
alter table auth_user
  add column email          text not null default '' check (length(email) <= 254),
  add column theme          text not null default 'system' check (theme in ('system', 'dark', 'light')),
  add column time_zone      text not null default '' check (length(time_zone) <= 64),  -- '': the browser's
  add column last_sign_in_at timestamptz,
  -- users of single sign-on have no password; the audit trail keeps their names when they are deleted
  alter column password_hash drop not null;

-- how the session was begun, and when its user last showed a second factor
alter table auth_session
  add column methods text[] not null default '{}',
  add column mfa_at  timestamptz;

-- hosts: groups join hosts with the operators who may touch them
create table host_group (
  id          uuid primary key,
  name        text not null check (length(name) between 1 and 100 and name = btrim(name)),
  description text not null default '' check (length(description) <= 1000),
  created_at  timestamptz not null
);
create unique index host_group_name_unique on host_group (lower(name));

create table host_group_host (
  group_id uuid not null references host_group (id) on delete cascade,
  host_id  uuid not null references host (id) on delete cascade,
  added_at timestamptz not null,
  primary key (group_id, host_id)
);
create index host_group_host_host on host_group_host (host_id);

-- auth: owned there, because a sign-in through a provider may change it
create table auth_user_group (
  user_id  uuid not null references auth_user (id) on delete cascade,
  group_id uuid not null references host_group (id) on delete cascade,
  primary key (user_id, group_id)
);
create index auth_user_group_group on auth_user_group (group_id);

create table auth_totp (
  user_id      uuid primary key references auth_user (id) on delete cascade,
  sealed_key   bytea not null,
  created_at   timestamptz not null,
  confirmed_at timestamptz,                    -- null: pending, signs nobody in
  last_step    bigint not null default 0       -- 30 s steps since 1970; a step works once
);

create table auth_recovery_code (
  user_id    uuid not null references auth_user (id) on delete cascade,
  code_hash  bytea not null check (length(code_hash) = 32),
  created_at timestamptz not null,
  used_at    timestamptz,
  primary key (user_id, code_hash)
);

create table auth_passkey (
  id            uuid primary key,
  user_id       uuid not null references auth_user (id) on delete cascade,
  credential_id bytea not null check (length(credential_id) between 1 and 1023),
  credential    jsonb not null,                -- public key, counter and flags, as the library keeps them
  name          text not null check (length(name) between 1 and 100),
  created_at    timestamptz not null,
  last_used_at  timestamptz,
  constraint auth_passkey_credential_unique unique (credential_id)
);
create index auth_passkey_user on auth_passkey (user_id);

-- a ceremony of several requests: a sign-in that waits for the second factor, a passkey that is being
-- made or asked for, a step-up. One use.
create table auth_challenge (
  token_hash bytea primary key check (length(token_hash) = 32),
  kind       text not null check (kind in ('second_factor', 'passkey_sign_in', 'passkey_register', 'passkey_step_up')),
  user_id    uuid references auth_user (id) on delete cascade,
  session_id uuid references auth_session (id) on delete cascade,
  data       bytea not null default '',        -- what the library wants to see again
  created_at timestamptz not null,
  expires_at timestamptz not null,
  attempts   int not null default 0
);
create index auth_challenge_expires on auth_challenge (expires_at);

-- a browser that this user has signed in from with all factors: a lock that strangers caused does not hold for it
create table auth_device (
  token_hash   bytea primary key check (length(token_hash) = 32),
  user_id      uuid not null references auth_user (id) on delete cascade,
  created_at   timestamptz not null,
  last_used_at timestamptz not null
);
create index auth_device_user on auth_device (user_id);

create table auth_api_token (
  id              uuid primary key,
  token_hash      bytea not null check (length(token_hash) = 32),
  user_id         uuid not null references auth_user (id) on delete cascade,
  name            text not null check (length(name) between 1 and 100),
  role            auth_role not null,          -- at most the owner's, which is looked at with each use
  read_only       boolean not null,
  group_ids       uuid[],                      -- null: all that the owner sees
  created_at      timestamptz not null,
  expires_at      timestamptz not null check (expires_at > created_at),
  last_used_at    timestamptz,
  last_used_address text not null default '',
  revoked_at      timestamptz,
  constraint auth_api_token_hash_unique unique (token_hash)
);
create index auth_api_token_user on auth_api_token (user_id);
