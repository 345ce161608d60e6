-- +goose Up

-- hosts publishes what its groups are called: auth joins users to them
create view host_group_name_v as select id, name from host_group;
