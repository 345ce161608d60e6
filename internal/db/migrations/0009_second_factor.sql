-- +goose Up

-- auth: a TOTP key that waits for its first code stands beside the one in force, so that whoever begins
-- with a new phone and stops half way keeps the old one
alter table auth_totp
  alter column sealed_key drop not null,
  add column pending_key bytea,
  add column pending_at  timestamptz,
  add constraint auth_totp_confirmed_has_key check ((sealed_key is null) = (confirmed_at is null)),
  add constraint auth_totp_pending_has_time check ((pending_key is null) = (pending_at is null)),
  add constraint auth_totp_not_empty check (sealed_key is not null or pending_key is not null);
