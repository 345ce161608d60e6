-- +goose Up

-- hosts: one that people have registered and whose agent has not enrolled yet
-- has no enrolled_at, and nothing yet that an agent would have said.
alter table host alter column enrolled_at drop not null;
alter table host
  add column registered_at timestamptz,                     -- null: it came in by enrollment
  add column registered_by text not null default '',
  add column name_given    boolean not null default false,  -- by a person: enrolling does not change it
  add column note_by       text not null default '',        -- who wrote host.note
  add column note_at       timestamptz,
  add constraint host_came_in check (enrolled_at is not null or registered_at is not null),
  add constraint host_not_enrolled check (enrolled_at is not null
    or (machine_id = '' and state = 'unknown' and last_seen_at is null));

-- Few rows, and only while they wait for their agents.
create index host_awaited on host (address, port) where enrolled_at is null and removed_at is null;

-- What people did to many hosts at once: the audit trail has one entry of the
-- whole act, and each host's timeline has its own line here.
create table host_act (
  id      bigint generated always as identity primary key,
  host_id uuid not null references host (id),
  at      timestamptz not null,
  action  text not null check (length(action) between 3 and 100),
  detail  text not null check (length(detail) <= 2000),
  actor   text not null
);
create index host_act_host on host_act (host_id, at desc);

-- refusal says why a host takes no orders; null: it takes them.
create or replace view host_scope_v as
  select id as host_id, no as host_no, name,
         case when enrolled_at is null then 'Its agent has not enrolled yet: run the enrollment command on it first.' end as refusal
    from host where removed_at is null;
