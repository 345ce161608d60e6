-- +goose Up

-- hosts: filters that people keep under a name. They leave with their owner.
create table host_view (
  id         uuid primary key,
  owner_id   uuid not null references auth_user (id) on delete cascade,
  name       text not null check (length(name) between 1 and 100),
  filter     jsonb not null check (jsonb_typeof(filter) = 'object'),
  sort       text not null check (length(sort) <= 40),
  descending boolean not null,
  columns    text[] not null check (cardinality(columns) <= 40),
  shared     boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
-- auth: how users are called, for other owners' rows that belong to one
create view auth_user_name_v as select id as user_id, username from auth_user;

create unique index host_view_name_unique on host_view (owner_id, lower(name));
create index host_view_shared on host_view (lower(name)) where shared;
