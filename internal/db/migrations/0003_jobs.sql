-- +goose Up

create type job_kind as enum ('patch', 'rollback', 'reboot', 'refresh');
create type job_state as enum
  ('queued', 'running', 'succeeded', 'partially_failed', 'failed', 'cancelled', 'expired');
create type job_host_state as enum
  ('waiting', 'queued', 'claimed', 'running', 'lost', 'succeeded', 'failed', 'cancelled', 'expired');
create type job_reboot as enum ('never', 'if_needed', 'always');
create type job_rollback as enum ('ready', 'partial', 'impossible');

-- plans: previews, kept 24 hours
create table job_plan (
  id             uuid primary key,
  selection      jsonb not null,
  allow_removals boolean not null,
  created_at     timestamptz not null,
  created_by     text not null,
  expires_at     timestamptz not null check (expires_at > created_at)
);
create index job_plan_expiry on job_plan (expires_at);

create table job_plan_host (
  plan_id       uuid not null references job_plan (id) on delete cascade,
  host_id       uuid not null references host (id),
  state         text not null check (state in ('pending', 'ready', 'failed')),
  plan          jsonb,
  error_code    text check (length(error_code) <= 64),
  error_message text check (length(error_message) <= 4000),
  primary key (plan_id, host_id),
  constraint job_plan_host_plan_when_ready check ((state = 'ready') = (plan is not null)),
  constraint job_plan_host_error_when_failed check ((state = 'failed') = (error_code is not null and error_message is not null))
);

-- what a person asked for; its counts are those of its rows in job_host
create table job (
  id                  uuid primary key,
  number              bigint generated always as identity,
  kind                job_kind not null,
  state               job_state not null default 'queued',
  title               text not null check (length(title) between 1 and 300),
  note                text not null default '' check (length(note) <= 2000),
  selection           jsonb,
  reboot              job_reboot not null,
  allow_removals      boolean not null,
  max_parallel        int check (max_parallel between 1 and 10000),  -- null: as many as the workers can
  plan_id             uuid references job_plan (id) on delete set null,
  parent_job_id       uuid references job (id),
  created_at          timestamptz not null,
  created_by          text not null,
  deadline_at         timestamptz not null check (deadline_at > created_at),
  started_at          timestamptz,
  finished_at         timestamptz,
  cancel_requested_at timestamptz,
  constraint job_number_unique unique (number),
  constraint job_selection_exactly_for_patch check ((selection is not null) = (kind = 'patch')),
  constraint job_parent_for_rollback check (kind <> 'rollback' or parent_job_id is not null),
  constraint job_finished_at_exactly_in_final_states check
    ((finished_at is not null) = (state in ('succeeded', 'partially_failed', 'failed', 'cancelled', 'expired')))
);
create index job_unfinished on job (id) where finished_at is null;
create index job_parent on job (parent_job_id) where parent_job_id is not null;

-- one host's share of a job: a row with a due time and, while a worker holds it, a claim and a lease
create table job_host (
  id                  uuid primary key,
  job_id              uuid not null references job (id),
  host_id             uuid not null references host (id),
  state               job_host_state not null,
  run                 int not null default 1 check (run between 1 and 10),  -- intended executions; part of the idempotency key
  attempts            int not null default 0 check (attempts between 0 and 10),  -- calls of this run that got no answer
  due_at              timestamptz not null,
  deadline_at         timestamptz not null,
  unsure              boolean not null default false,  -- an order of this run may have reached the agent unanswered
  claim_id            uuid,         -- the fencing stamp: a write with another one changes nothing
  lease_until         timestamptz,
  heard_at            timestamptz,  -- when the agent last answered about this run
  plan_hash           text check (length(plan_hash) <= 128),
  undo_agent_job      text check (length(undo_agent_job) <= 128),  -- rollback: the agent's job to take back
  agent_job           text check (length(agent_job) <= 128),       -- set with the acceptance
  seq                 bigint not null default 0,                   -- the last stored event of the agent in this run
  phase               text not null default '' check (length(phase) <= 32),
  progress            int not null default 0 check (progress between 0 and 100),
  message             text not null default '' check (length(message) <= 4000),
  error_code          text check (length(error_code) <= 64),
  error_message       text check (length(error_message) <= 4000),
  error_retryable     boolean not null default false,
  changes             jsonb not null default '[]',   -- what the run found before and after; never edited later
  changed             int not null default 0,        -- packages that differ now
  rollback_state      job_rollback,
  rollback_reasons    text[] not null default '{}',
  reboot_needed       boolean not null default false,
  conffiles           text[] not null default '{}',
  log_lines           int not null default 0,
  cancel_requested_at timestamptz,
  cancel_told_at      timestamptz,                   -- the agent has been asked to stop
  started_at          timestamptz,
  finished_at         timestamptz,
  constraint job_host_once_per_job unique (job_id, host_id),
  constraint job_host_finished_at_exactly_in_final_states check
    ((finished_at is not null) = (state in ('succeeded', 'failed', 'cancelled', 'expired'))),
  constraint job_host_claim_exactly_when_held check
    ((claim_id is not null) = (state in ('claimed', 'running', 'lost')) and (claim_id is null) = (lease_until is null)),
  constraint job_host_running_is_known_to_agent check (state not in ('running', 'lost', 'succeeded') or agent_job is not null),
  constraint job_host_error_exactly_when_failed check
    ((error_code is null) = (error_message is null) and (state <> 'failed' or error_code is not null))
);
create unique index job_host_one_held_per_host on job_host (host_id) where state in ('claimed', 'running', 'lost');
-- what a job changed is taken back at most once
create unique index job_host_undone_once on job_host (host_id, undo_agent_job)
  where undo_agent_job is not null and state not in ('failed', 'cancelled', 'expired');
create index job_host_due on job_host (due_at) where state in ('waiting', 'queued');
create index job_host_held on job_host (lease_until) where state in ('claimed', 'running', 'lost');
create index job_host_host on job_host (host_id, job_id desc);

-- what happened, line by line. Ids come from the sequence under an advisory lock held
-- until commit: whoever has seen id N has seen, or will never see, everything below N.
create sequence job_event_id;
create table job_event (
  id          bigint primary key,
  job_id      uuid not null,
  host_id     uuid not null,
  job_host_id uuid not null references job_host (id) on delete cascade,
  run         int not null,
  seq         bigint not null check (seq >= 0),  -- the agent's number; 0: the manager's own event
  at          timestamptz not null,
  kind        text not null check (kind in ('log', 'status')),
  phase       text not null check (length(phase) <= 32),
  line        text not null check (length(line) <= 8192),
  stream      text not null check (length(stream) <= 16),
  state       text not null check (length(state) <= 16),
  progress    smallint not null,
  message     text not null check (length(message) <= 4000),
  package     text not null check (length(package) <= 256)
);
create unique index job_event_once on job_event (job_host_id, run, seq) where seq > 0;
create index job_event_job on job_event (job_id, id);
create index job_event_job_host on job_event (job_host_id, id);

-- one connection of a browser; the ticket itself is not stored
create table live_ticket (
  token_hash bytea primary key check (length(token_hash) = 32),
  session_id uuid not null references auth_session (id) on delete cascade,
  expires_at timestamptz not null
);

-- published: the unfinished job of a host; of several, the one that is furthest
create view job_current_v as
select distinct on (jh.host_id) jh.host_id, j.id as job_id, j.number as job_number, j.kind, jh.state
from job_host jh
join job j on j.id = jh.job_id
where jh.state in ('waiting', 'queued', 'claimed', 'running', 'lost')
order by jh.host_id, (jh.state in ('claimed', 'running', 'lost')) desc, jh.due_at, jh.id;

-- published: every job that a host was part of
create view job_history_v as
select jh.host_id, j.id as job_id, j.number as job_number, j.kind, j.title, jh.state,
       coalesce(jh.started_at, j.created_at) as at, j.created_by as actor
from job_host jh
join job j on j.id = jh.job_id;
