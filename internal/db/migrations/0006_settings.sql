-- +goose Up

-- settings: one row per section that somebody has changed; the others have their defaults
create table settings_section (
  name       text primary key check (name ~ '^[a-z_]+$' and length(name) <= 64),
  version    bigint not null check (version > 0),
  value      jsonb not null check (jsonb_typeof(value) = 'object'),
  updated_at timestamptz not null,
  updated_by text not null,
  -- a change on trial: unless it is confirmed before, the previous value is in force again from then on
  revert_at  timestamptz,
  previous   jsonb check (jsonb_typeof(previous) = 'object'),
  constraint settings_trial_whole check ((revert_at is null) = (previous is null))
);
