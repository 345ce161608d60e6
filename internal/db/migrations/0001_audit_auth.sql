-- +goose Up

-- audit: one row per act, chained by hash; only ever appended to.
create table audit_entry (
  id          bigint primary key,             -- 1, 2, 3 … without gaps: the position in the chain
  at          timestamptz not null,
  actor_kind  text not null check (actor_kind in ('user', 'agent', 'system', 'anonymous')),
  actor_id    text not null,
  actor_name  text not null,
  action      text not null check (action ~ '^[a-z_]+(\.[a-z_]+)+$'),
  target_kind text not null,
  target_id   text not null,
  target_name text not null,
  details     text not null,                  -- JSON as it was hashed; jsonb would reorder it
  address     text not null,
  request_id  text not null,
  prev_hash   bytea not null check (length(prev_hash) = 32),
  row_hash    bytea not null check (length(row_hash) = 32)
);
create index audit_entry_target on audit_entry (target_kind, target_id, id desc);

-- stops mistakes, not an owner of the database: against that there is the chain
-- +goose StatementBegin
create function audit_entry_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'audit_entry is only ever appended to' using errcode = 'insufficient_privilege';
end $$;
-- +goose StatementEnd
create trigger audit_entry_append_only before update or delete or truncate on audit_entry
  for each statement execute function audit_entry_refuse();

create type auth_role as enum ('admin', 'operator', 'auditor');

create table auth_user (
  id                   uuid primary key,
  username             text not null check (username = lower(username) and length(username) between 1 and 64),
  display_name         text not null default '' check (length(display_name) <= 200),
  role                 auth_role not null,
  password_hash        text not null,
  must_change_password boolean not null default false,
  disabled_at          timestamptz,
  created_at           timestamptz not null,
  password_changed_at  timestamptz not null,
  constraint auth_user_username_unique unique (username)
);

-- one sign-in; its refresh tokens are a family that dies together
create table auth_session (
  id           uuid primary key,
  user_id      uuid not null references auth_user (id) on delete cascade,
  created_at   timestamptz not null,
  last_used_at timestamptz not null,
  expires_at   timestamptz not null,           -- absolute end, never moved
  address      text not null,
  user_agent   text not null check (length(user_agent) <= 400),
  ended_at     timestamptz,
  end_reason   text check ((ended_at is null) = (end_reason is null))
);
create index auth_session_user on auth_session (user_id) where ended_at is null;

create table auth_refresh_token (
  token_hash bytea primary key check (length(token_hash) = 32),
  session_id uuid not null references auth_session (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,             -- slides with each rotation
  used_at    timestamptz                       -- rotated; a second use ends the session
);
create index auth_refresh_token_session on auth_refresh_token (session_id);

create table auth_signing_key (
  kid        text primary key,
  public_key bytea not null check (length(public_key) = 32),
  sealed_key bytea not null,                   -- Ed25519 seed, sealed with the key file
  created_at timestamptz not null,
  sign_until timestamptz not null,
  verify_until timestamptz not null check (verify_until > sign_until)
);

-- failed guesses per subject ("user:<name>" or "addr:<address>"), shared by all processes
create table auth_failure (
  subject      text primary key check (length(subject) <= 200),
  failures     int not null check (failures > 0),
  last_at      timestamptz not null,
  locked_until timestamptz
);

-- liveness of workers, written every few seconds
create table worker_heartbeat (
  worker_id  uuid primary key,
  hostname   text not null,
  started_at timestamptz not null,
  beat_at    timestamptz not null
);
