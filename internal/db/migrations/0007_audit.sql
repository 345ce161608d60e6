-- +goose Up

-- audit: the Merkle tree over the rows, in the storage order of
-- golang.org/x/mod/sumdb/tlog. Row n is leaf n-1. Hashes reach as far as the
-- newest checkpoint; what retention has pruned leaves the few that proofs need.
create table audit_hash (
  idx  bigint primary key check (idx >= 0),
  hash bytea not null check (length(hash) = 32)
);

-- signed tree heads; the note is what counts, the columns are for queries
create table audit_checkpoint (
  size      bigint primary key check (size > 0),  -- rows 1 … size
  root_hash bytea not null check (length(root_hash) = 32),
  at        timestamptz not null,
  note      text not null
);
create index audit_checkpoint_at on audit_checkpoint (at);

-- how far each place outside of the database has the checkpoints
create table audit_export (
  sink        text primary key check (length(sink) <= 1100),  -- "file:<path>" or "syslog:<address>"
  size        bigint not null,                    -- the newest checkpoint that is there
  exported_at timestamptz not null
);

create table audit_verification (
  id              uuid primary key,
  state           text not null check (state in ('running', 'intact', 'broken', 'failed')),
  trigger         text not null check (trigger in ('person', 'periodic')),
  checked         bigint not null default 0,
  total           bigint not null default 0,
  progress        jsonb,                          -- where a running one goes on
  started_at      timestamptz not null,
  finished_at     timestamptz,
  break_id        bigint,
  break_kind      text,
  break_detail    text,
  checkpoint_size bigint,
  checkpoint_at   timestamptz,
  constraint audit_verification_finished check ((finished_at is null) = (state = 'running')),
  constraint audit_verification_break check ((break_kind is not null) = (state = 'broken'))
);
create index audit_verification_newest on audit_verification (started_at desc);

-- lists and filters of a long trail
create index audit_entry_actor on audit_entry (actor_id, id desc);
create index audit_entry_action on audit_entry (action collate "C", id desc);  -- also for prefixes
create index audit_entry_address on audit_entry (address, id desc) where address <> '';
create index audit_entry_request on audit_entry (request_id) where request_id <> '';
create index audit_entry_at on audit_entry (at);

-- the words of a row, for the search: names, ids and details, cut at whatever is
-- neither letter nor digit, so that a part of a host name is found
-- +goose StatementBegin
create function audit_words(actor text, action text, target_id text, target text, details text)
returns tsvector language sql immutable parallel safe as $$
  select to_tsvector('simple'::regconfig, left(regexp_replace(
    lower(actor || ' ' || action || ' ' || target_id || ' ' || target || ' ' || details), '[^[:alnum:]]+', ' ', 'g'), 20000))
$$;
-- +goose StatementEnd
create index audit_entry_words on audit_entry
  using gin (audit_words(actor_name, action, target_id, target_name, details));

-- Retention may prune the beginning, up to a checkpoint, and nothing else. It
-- announces the checkpoint in a setting of its own transaction. That stops
-- mistakes; an owner of the database can set it, or drop the triggers: against
-- that there are the signed checkpoints.
drop trigger audit_entry_append_only on audit_entry;
create trigger audit_entry_append_only before update or truncate on audit_entry
  for each statement execute function audit_entry_refuse();

-- +goose StatementBegin
create function audit_entry_pruned() returns trigger language plpgsql as $$
declare
  up_to bigint := nullif(current_setting('patch_manager.audit_prune', true), '')::bigint;
begin
  if up_to is null
    or not exists (select from audit_checkpoint where size = up_to)
    or exists (select from gone where id > up_to)
    or exists (select from audit_entry where id <= up_to)
  then
    raise exception 'audit_entry is only ever appended to' using errcode = 'insufficient_privilege';
  end if;
  return null;
end $$;
-- +goose StatementEnd
create trigger audit_entry_prune_only after delete on audit_entry
  referencing old table as gone for each statement execute function audit_entry_pruned();
