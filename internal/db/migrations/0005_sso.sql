-- +goose Up

-- auth: OpenID providers that people sign in through
create table auth_sso_provider (
  id            uuid primary key,
  name          text not null check (length(name) between 1 and 100 and name = btrim(name)),
  kind          text not null check (kind in ('oidc', 'azure')),
  issuer        text not null check (length(issuer) between 1 and 500),
  tenant_id     text not null default '',
  client_id     text not null check (length(client_id) between 1 and 256),
  sealed_secret bytea,                         -- null: a public client, PKCE alone
  scopes        text[] not null,
  enabled       boolean not null default false,
  role_claim    text not null default '' check (length(role_claim) <= 200),
  groups_claim  text not null default '' check (length(groups_claim) <= 200),
  default_role  auth_role,                     -- null: whoever matches no mapping is refused
  create_users  boolean not null default false,
  accept_mfa    boolean not null default false,
  mfa_values    text[] not null default '{}',  -- of amr or acr; one of them means a second factor
  created_at    timestamptz not null,
  updated_at    timestamptz not null,
  constraint auth_sso_provider_azure_has_tenant check ((kind = 'azure') = (tenant_id <> '')),
  constraint auth_sso_provider_mfa_has_values check (not accept_mfa or cardinality(mfa_values) > 0)
);
create unique index auth_sso_provider_name_unique on auth_sso_provider (lower(name));

create table auth_sso_mapping (
  provider_id uuid not null references auth_sso_provider (id) on delete cascade,
  claim_value text not null check (length(claim_value) between 1 and 256),
  position    int not null,                    -- as the admin wrote them down
  role        auth_role,
  primary key (provider_id, claim_value)
);

create table auth_sso_mapping_group (
  provider_id uuid not null,
  claim_value text not null,
  group_id    uuid not null references host_group (id) on delete cascade,
  primary key (provider_id, claim_value, group_id),
  foreign key (provider_id, claim_value) references auth_sso_mapping (provider_id, claim_value) on delete cascade
);
create index auth_sso_mapping_group_group on auth_sso_mapping_group (group_id);

-- who may sign in as whom. The issuer is part of the name: another issuer behind
-- the same provider does not inherit the links, because it chooses its subjects.
create table auth_sso_link (
  provider_id  uuid not null references auth_sso_provider (id) on delete cascade,
  issuer       text not null,
  subject      text not null check (length(subject) between 1 and 255),
  user_id      uuid not null references auth_user (id) on delete cascade,
  linked_at    timestamptz not null,
  last_used_at timestamptz,
  primary key (provider_id, issuer, subject),
  constraint auth_sso_link_one_per_user unique (user_id, provider_id)
);

-- "Test connection": a round trip that changes nothing but this row
create table auth_sso_test (
  id          uuid primary key,
  provider_id uuid not null references auth_sso_provider (id) on delete cascade,
  state       text not null check (state in ('waiting', 'succeeded', 'failed')),
  steps       jsonb not null,
  created_at  timestamptz not null,
  expires_at  timestamptz not null
);
create index auth_sso_test_expires on auth_sso_test (expires_at);

-- a browser that is away at a provider. One use; any process answers its return.
create table auth_sso_flow (
  state_hash   bytea primary key check (length(state_hash) = 32),
  provider_id  uuid not null references auth_sso_provider (id) on delete cascade,
  purpose      text not null check (purpose in ('login', 'link', 'step_up', 'test')),
  sealed       bytea not null,                 -- nonce and PKCE verifier
  browser_hash bytea not null check (length(browser_hash) = 32),
  household    text not null,                  -- where it was begun; a place may begin only so many
  user_id      uuid references auth_user (id) on delete cascade,
  session_id   uuid references auth_session (id) on delete cascade,
  test_id      uuid references auth_sso_test (id) on delete cascade,
  return_to    text not null check (length(return_to) <= 2000),
  created_at   timestamptz not null,
  expires_at   timestamptz not null,
  used_at      timestamptz,
  constraint auth_sso_flow_has_its_owner check ((purpose = 'login') = (user_id is null) and (user_id is null) = (session_id is null)),
  constraint auth_sso_flow_test_has_row check ((purpose = 'test') = (test_id is not null))
);
create index auth_sso_flow_expires on auth_sso_flow (expires_at);
create index auth_sso_flow_household on auth_sso_flow (household, created_at);
