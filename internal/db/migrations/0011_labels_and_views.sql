-- +goose Up

-- hosts: what people write on a host to find it again
create table host_label (
  host_id uuid not null references host (id) on delete cascade,
  key     text not null check (key ~ '^[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?$'),
  value   text not null check (length(value) <= 128),
  primary key (host_id, key)
);
create index host_label_key on host_label (key, value);

alter table host add column note text not null default '' check (length(note) <= 2000);

-- hosts: a filter that somebody wants again; shared ones are seen by all, each
-- with the hosts of their own scope
create table host_view (
  id         uuid primary key,
  owner_id   uuid not null references auth_user (id) on delete cascade,
  name       text not null check (length(name) between 1 and 100 and name = btrim(name)),
  filter     jsonb not null,
  sort       text not null default '' check (length(sort) <= 40),
  descending boolean not null default false,
  columns    text[] not null default '{}',
  shared     boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index host_view_name on host_view (owner_id, lower(name));
