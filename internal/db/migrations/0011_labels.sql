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
