-- +goose Up

-- Published by auth: who is in which group, by name.
create view auth_member_v as
  select m.group_id, u.id as user_id, u.username
    from auth_user_group m join auth_user u on u.id = m.user_id;

-- hosts: who sees which host follows from two tables of two owners, and rows of
-- both also go by cascade. Whoever keeps a connection open hears from here that
-- a scope may hold other hosts now; PostgreSQL sends it once a transaction.
-- +goose StatementBegin
create function host_scope_changed() returns trigger language plpgsql as $$
begin
  if exists (select from changed) then
    perform pg_notify('pm_events', 'scope');
  end if;
  return null;
end $$;
-- +goose StatementEnd
create trigger host_group_host_added after insert on host_group_host
  referencing new table as changed for each statement execute function host_scope_changed();
create trigger host_group_host_removed after delete on host_group_host
  referencing old table as changed for each statement execute function host_scope_changed();
create trigger auth_user_group_added after insert on auth_user_group
  referencing new table as changed for each statement execute function host_scope_changed();
create trigger auth_user_group_removed after delete on auth_user_group
  referencing old table as changed for each statement execute function host_scope_changed();
