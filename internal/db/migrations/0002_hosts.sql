-- +goose Up

-- hosts ---------------------------------------------------------------------

create type host_state as enum ('unknown', 'healthy', 'degraded', 'unreachable');

-- A host is never deleted: removed_at ends it and its history stays. Facts are
-- null until an agent has told them once, and keep their last value afterwards.
create table host (
  id                     uuid primary key,
  no                     int generated always as identity,  -- 4 bytes in the narrow rows of packages and patches
  name                   text not null check (length(name) between 1 and 253),
  fqdn                   text not null default '' check (length(fqdn) <= 253),
  machine_id             text not null check (length(machine_id) <= 128),
  address                text not null check (length(address) between 1 and 253),
  port                   int not null check (port between 1 and 65535),
  enrolled_at            timestamptz not null,
  removed_at             timestamptz,

  state                  host_state not null default 'unknown',
  state_since            timestamptz not null,
  state_reason           text not null default '' check (length(state_reason) <= 2000),
  last_seen_at           timestamptz,

  os                     text check (length(os) <= 256),
  os_id                  text check (length(os_id) <= 64),
  os_version             text check (length(os_version) <= 64),
  kernel                 text check (length(kernel) <= 256),
  architecture           text check (length(architecture) <= 64),
  agent_version          text check (length(agent_version) <= 64),
  boot_id                text check (length(boot_id) <= 128),
  booted_at              timestamptz,
  capabilities           text[] not null default '{}',
  certificate_expires_at timestamptz,
  reboot_needed          boolean,
  last_update_check      timestamptz,
  last_update_apply      timestamptz,

  constraint host_no_unique unique (no)
) with (fillfactor = 80);  -- last_seen_at and state change often: room for updates in place
create index host_name on host (lower(name)) where removed_at is null;
create index host_machine on host (machine_id);

-- what only the page of one host shows; written when the agent says something new
create table host_detail (
  host_id             uuid primary key references host (id),
  virtualization      text not null,
  addresses           text[] not null,
  repositories        jsonb not null,
  reboot_reasons      text[] not null,
  services_to_restart text[] not null,
  package_db_clean    boolean not null,
  package_db_problems text[] not null,
  held                text[] not null,
  updated_at          timestamptz not null
);

create table host_state_change (
  id         bigint generated always as identity primary key,
  host_id    uuid not null references host (id),
  at         timestamptz not null,
  from_state host_state not null,
  to_state   host_state not null check (to_state <> from_state),
  reason     text not null check (length(reason) <= 2000)
);
create index host_state_change_host on host_state_change (host_id, at desc);

create type host_poll_kind as enum ('health', 'inventory', 'patches');

-- Due-time rows: any worker claims what is due with skip locked and holds it
-- until lease_until. A worker that dies is followed by another one then.
create table host_poll (
  host_id      uuid not null references host (id),
  kind         host_poll_kind not null,
  next_due     timestamptz not null,          -- -infinity: asked for by a person, before everything else
  lease_until  timestamptz,
  lease_owner  uuid,
  claimed_at   timestamptz,                   -- start of the attempt under way
  requested_at timestamptz,                   -- last time somebody asked for fresh facts
  tried_at     timestamptz,                   -- start of the last finished attempt, good or bad
  ok_at        timestamptz,                   -- start of the last good attempt: the age of the facts
  failures     int not null default 0 check (failures >= 0),  -- in a row
  error        text not null default '' check (length(error) <= 2000),
  primary key (host_id, kind),
  constraint host_poll_lease_whole check ((lease_until is null) = (lease_owner is null)
    and (lease_until is null or claimed_at is not null))
) with (fillfactor = 70);
create index host_poll_due on host_poll (next_due);

-- Published by hosts. host_scope_v: the hosts that exist for users; who sees
-- which of them is asked by hosts.Scope, never by hand.
create view host_scope_v as
  select id as host_id, no as host_no, name from host where removed_at is null;

create view host_target_v as
  select id as host_id, name, address, port, capabilities, removed_at, boot_id from host;

create view host_facts_age_v as
  select host_id, kind, ok_at from host_poll;

-- Published by audit: the acts on one object, newest first by id.
create view audit_target_v as
  select id, at, action, actor_kind, actor_name, target_kind, target_id, details from audit_entry;

-- certificates --------------------------------------------------------------

create type ca_profile as enum ('manager', 'host', 'ui');

-- One row per certificate, written before it is signed.
create table ca_certificate (
  serial          bytea primary key check (length(serial) = 16),
  profile         ca_profile not null,
  host_id         uuid references host (id),
  key_fingerprint text not null check (length(key_fingerprint) <= 128),
  names           text[] not null,
  not_before      timestamptz not null,
  not_after       timestamptz not null check (not_after > not_before),
  issued_at       timestamptz not null,
  renew_at        timestamptz,                  -- next try to renew it on the host; null: nothing to do any more
  renew_error     text not null default '' check (length(renew_error) <= 2000),
  revoked_at      timestamptz,
  revoke_reason   text not null default '' check (length(revoke_reason) <= 200),
  constraint ca_certificate_host check ((profile = 'host') = (host_id is not null))
);
create index ca_certificate_by_host on ca_certificate (host_id) where host_id is not null;
create index ca_certificate_key on ca_certificate (key_fingerprint);
create index ca_certificate_renew on ca_certificate (renew_at) where renew_at is not null;

-- Published by ca: the keys that a host may use now.
create view ca_host_key_v as
  select host_id, key_fingerprint from ca_certificate where profile = 'host' and revoked_at is null;

-- enrollment ----------------------------------------------------------------

create table enrollment_token (
  id         uuid primary key,
  token_hash bytea not null check (length(token_hash) = 32),
  note       text not null default '' check (length(note) <= 200),
  uses       int not null check (uses between 1 and 1000),
  used       int not null default 0 check (used between 0 and uses),
  expires_at timestamptz not null,
  created_at timestamptz not null,
  created_by text not null,
  revoked_at timestamptz,
  constraint enrollment_token_unique unique (token_hash)
);

create type enrollment_status as enum ('pending', 'approved', 'denied', 'expired');

create table enrollment_request (
  id              uuid primary key,
  polling_hash    bytea not null check (length(polling_hash) = 32),  -- of what the agent asks with; made anew when it asks again
  key_fingerprint text not null check (length(key_fingerprint) <= 128),
  csr             bytea not null check (length(csr) <= 16384),
  machine_id      text not null check (length(machine_id) <= 128),
  hostname        text not null check (length(hostname) between 1 and 253),
  fqdn            text not null check (length(fqdn) <= 253),
  address_seen    text not null check (length(address_seen) <= 64),
  address_claimed text not null check (length(address_claimed) <= 64),
  port            int not null check (port between 1 and 65535),
  os              text not null check (length(os) <= 256),
  status          enrollment_status not null,
  requested_at    timestamptz not null,
  expires_at      timestamptz not null,
  decided_at      timestamptz,
  decided_by      text not null default '',
  reason          text not null default '' check (length(reason) <= 1000),
  token_id        uuid references enrollment_token (id),
  host_id         uuid references host (id),
  certificate     text,                        -- PEM, for the agent to fetch until it acknowledges
  acked_at        timestamptz,
  constraint enrollment_request_polling_unique unique (polling_hash),
  constraint enrollment_request_decided check ((status = 'pending') = (decided_at is null)),
  constraint enrollment_request_approved check ((status = 'approved') = (host_id is not null and certificate is not null)),
  constraint enrollment_request_acked check (acked_at is null or status = 'approved')
);
create unique index enrollment_request_open_key on enrollment_request (key_fingerprint) where status = 'pending';
create index enrollment_request_key on enrollment_request (key_fingerprint, requested_at desc);
create index enrollment_request_status on enrollment_request (status, requested_at desc);

-- packages and patches ------------------------------------------------------

-- Shared by all hosts that have the same package in the same version. Rows are
-- only ever inserted: ingest of many hosts at once takes no lock on them.
create table package_version (
  id             int generated always as identity primary key,
  digest         uuid not null,               -- first 16 bytes of SHA-256 over all columns below
  name           text not null check (length(name) between 1 and 256),
  arch           text not null check (length(arch) <= 64),
  version        text not null check (length(version) between 1 and 256),
  source         text not null check (length(source) <= 256),
  source_version text not null check (length(source_version) <= 256),
  origin         text not null check (length(origin) <= 256),
  size_bytes     bigint not null,
  constraint package_version_digest unique (digest)
);

-- One row per installed package and host: the largest table. A null takes no
-- space in a row, so the common case (automatic, not held) is 32 bytes. The
-- index is not unique on purpose: equal keys are stored once with a list of
-- rows (deduplication); the ingest of one host is serialised instead.
create table host_package (
  host_no    int not null,
  version_id int not null,
  manual     boolean check (manual),          -- null: installed as a dependency
  held       boolean check (held)             -- null: not held
);
create index host_package_host on host_package (host_no);

create type patch_severity as enum ('critical', 'high', 'medium', 'low', 'unknown');

-- Shared by all hosts to which the same update is offered; insert only.
create table patch_offer (
  id                int generated always as identity primary key,
  digest            uuid not null,            -- first 16 bytes of SHA-256 over all columns below
  name              text not null check (length(name) between 1 and 256),
  arch              text not null check (length(arch) <= 64),
  source            text not null check (length(source) <= 256),
  current_version   text not null check (length(current_version) <= 256),
  available_version text not null check (length(available_version) between 1 and 256),
  origin            text not null check (length(origin) <= 256),
  suite             text not null check (length(suite) <= 256),
  security          boolean not null,
  severity          patch_severity not null,
  size_bytes        bigint not null,
  requires_reboot   boolean not null,
  advisories        text[] not null,
  cve_ids           text[] not null,
  constraint patch_offer_digest unique (digest)
);

create table host_patch (
  host_no   int not null,
  offer_id  int not null,
  held      boolean check (held),             -- null: not held
  phased    boolean check (phased),           -- null: not phased
  kept_back text check (length(kept_back) between 1 and 500)
);
create index host_patch_host on host_patch (host_no);

-- One row per host: counters kept in the transaction that changes the rows
-- they count. Null: never reported.
create table host_inventory (
  host_id       uuid primary key references host (id),
  host_no       int not null,
  packages_etag text check (length(packages_etag) <= 256),
  packages_at   timestamptz,                  -- last report that differed
  package_count int,
  patches_etag  text check (length(patches_etag) <= 256),
  patches_at    timestamptz,                  -- last report that differed
  lists_at      timestamptz,                  -- age of the host's package lists, as the agent says
  total         int not null default 0,
  security      int not null default 0,
  held          int not null default 0,
  critical      int not null default 0,
  high          int not null default 0,
  medium        int not null default 0,
  low           int not null default 0,
  unknown       int not null default 0,
  constraint host_inventory_counts check (total = critical + high + medium + low + unknown
    and security between 0 and total and held between 0 and total)
) with (fillfactor = 80);

-- Published by patches. A host without a row has never told its patches.
-- checked_at is as old as the oldest thing the answer rests on: the host's own
-- package lists or our last good look at them.
create view host_patch_summary_v as
  select i.host_id, i.total, i.security, i.held, i.critical, i.high, i.medium, i.low, i.unknown,
         least(coalesce(a.ok_at, i.patches_at), coalesce(i.lists_at, a.ok_at, i.patches_at)) as checked_at
    from host_inventory i
    left join host_facts_age_v a on a.host_id = i.host_id and a.kind = 'patches'
   where i.patches_at is not null;

create view host_package_summary_v as
  select host_id, package_count from host_inventory where packages_at is not null;
