-- +goose Up

-- Published by hosts: where each host is, as it is registered and as its own
-- agent has said. Removed hosts too: their agents may still run.
create view host_place_v as
  select h.id as host_id, h.name, h.address, h.port, h.removed_at, coalesce(d.addresses, '{}') as addresses
    from host h left join host_detail d on d.host_id = h.id;

-- How the removed and the living are found by their address.
create index host_address on host (address) where removed_at is null;

create type discovery_state as enum ('queued', 'running', 'finished', 'cancelled', 'failed');

-- A scan is a leased row: any worker claims it and holds it while it renews the
-- lease. Everything before position done has been probed and counted, once:
-- positions, counts and results are written together by whoever has the claim.
create table discovery_scan (
  id           uuid primary key,
  network      cidr,                            -- IPv4, or
  addresses    inet[],                          -- these, in the order of their positions
  port         int not null check (port between 1 and 65535),
  reverse_dns  boolean not null,
  total        int not null check (total between 1 and 65536),
  state        discovery_state not null,
  created_at   timestamptz not null,
  created_by   text not null,
  started_at   timestamptz,
  finished_at  timestamptz,
  failure      text not null default '' check (length(failure) <= 500),

  claim_id     uuid,                            -- the fencing stamp of the worker that has it
  lease_until  timestamptz,
  attempts     int not null default 0 check (attempts >= 0),  -- claims without any progress since

  done         int not null default 0,
  rate         real check (rate >= 0),          -- addresses a second, lately
  closed       int not null default 0,
  silent       int not null default 0,
  unreachable  int not null default 0,
  skipped      int not null default 0,
  enrolled     int not null default 0,
  elsewhere    int not null default 0,
  ended        int not null default 0,
  other_agent  int not null default 0,
  other_tls    int not null default 0,
  open         int not null default 0,

  constraint discovery_scan_one_target check ((network is null) <> (addresses is null)),
  constraint discovery_scan_small_network check (network is null or (family(network) = 4 and masklen(network) >= 16)),
  constraint discovery_scan_short_list check (addresses is null or cardinality(addresses) between 1 and 4096),
  constraint discovery_scan_started check (started_at is not null or state in ('queued', 'cancelled')),
  constraint discovery_scan_finished check ((finished_at is not null) = (state in ('finished', 'cancelled', 'failed'))),
  constraint discovery_scan_claimed check ((claim_id is not null) = (state = 'running') and (lease_until is null) = (claim_id is null)),
  constraint discovery_scan_counts check (done between 0 and total
    and done = closed + silent + unreachable + skipped + enrolled + elsewhere + ended + other_agent + other_tls + open),
  constraint discovery_scan_whole check (state <> 'finished' or done = total)
);
create index discovery_scan_open on discovery_scan (created_at) where state in ('queued', 'running');

-- What accepts connections. What refuses or is silent is only counted.
create table discovery_result (
  scan_id     uuid not null references discovery_scan (id) on delete cascade,
  address     inet not null,
  kind        text not null check (kind in ('enrolled', 'elsewhere', 'ended', 'other_agent', 'other_tls', 'open')),
  host_id     uuid,                             -- that its certificate names; it may be unknown here
  name        text not null check (length(name) <= 253),  -- by the name servers, who may lie
  note        text not null check (length(note) <= 500),
  subject     text not null check (length(subject) <= 250),
  issuer      text not null check (length(issuer) <= 250),
  fingerprint text not null check (length(fingerprint) <= 64),
  tls         text not null check (length(tls) <= 16),
  not_before  timestamptz,
  not_after   timestamptz,
  primary key (scan_id, address)
);
