import type { AgentPlan, Job, JobChange, JobEvent, JobHost, JobHostError } from '../src/api/types';
import { ago, hosts, id, patchesOf } from './hosts';

export const phases = ['preflight', 'refresh', 'save', 'download', 'unpack', 'configure', 'verify'];

const none = {
  total: 0,
  waiting: 0,
  queued: 0,
  claimed: 0,
  running: 0,
  lost: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  expired: 0,
};
export const jobs: Job[] = [];
export const jobHosts = new Map<string, JobHost[]>();
export const events = new Map<string, JobEvent[]>();
let nextEvent = 1;

export function planFor(hostId: string): AgentPlan {
  const n = hosts.findIndex((h) => h.id === hostId) + 1;
  const changes: AgentPlan['changes'] = patchesOf(n)
    .filter((p) => !p.held)
    .map((p) => ({
      action: 'upgrade',
      name: p.name,
      arch: p.arch,
      from_version: p.current_version,
      to_version: p.available_version,
      origin: p.origin,
      suite: p.suite,
      security: p.security,
      size_bytes: p.size_bytes,
      auto: false,
    }));
  if (n % 4 === 1 && changes.length > 0)
    changes.push({
      action: 'install',
      name: 'linux-image-6.1.0-41-amd64',
      arch: 'amd64',
      to_version: '6.1.158-1',
      origin: 'Debian-Security',
      suite: 'stable-security',
      security: true,
      size_bytes: 69_000_000,
      auto: true,
    });
  return {
    changes,
    download_bytes: changes.reduce((s, c) => s + c.size_bytes, 0),
    disk_bytes: 4_200_000,
    reboot: changes.some((c) => /linux|libc6/.test(c.name)),
    reboot_reasons: ['linux-image-amd64'],
    restarts: ['nginx.service'],
    kept_back: [{ name: 'postgresql-15', reason: 'held' }],
    plan_hash: `sha256:${n}`,
    preflight: [
      {
        name: 'space',
        level: n % 9 === 3 ? 'fail' : 'ok',
        detail:
          n % 9 === 3
            ? '/boot has 12 MiB free, 94 MiB are needed'
            : '3.1 GiB free on /, 210 MiB on /boot',
      },
      { name: 'lock', level: 'ok', detail: 'No other package tool runs' },
      {
        name: 'repositories',
        level: n % 4 === 1 ? 'warn' : 'ok',
        detail:
          n % 4 === 1
            ? '1 of 3 repositories has an expired key: https://repo.example.com/tools'
            : 'All repositories answered',
      },
    ],
    rollback:
      n % 5 === 2
        ? { state: 'partial', reasons: ['1 of 6 old packages is no longer available: libxml2'] }
        : { state: 'ready', reasons: ['6 old packages will be kept (4.1 MiB)'] },
    computed_at: ago(0),
  };
}

export function addEvent(jobId: string, hostId: string, part: Partial<JobEvent>): JobEvent {
  const list = events.get(`${jobId}/${hostId}`) ?? [];
  const event: JobEvent = {
    id: nextEvent++,
    job_id: jobId,
    host_id: hostId,
    kind: 'log',
    seq: list.length + 1,
    at: ago(0),
    phase: '',
    line: '',
    stream: 'tool',
    state: '',
    progress: 0,
    message: '',
    package: '',
    ...part,
  };
  list.push(event);
  events.set(`${jobId}/${hostId}`, list);
  return event;
}

export function makeJob(fields: Partial<Job> & { title: string }, hostIds: string[]): Job {
  const n = jobs.length + 1;
  const job: Job = {
    id: id('J', n),
    number: 100 + n,
    kind: 'patch',
    state: 'queued',
    note: '',
    counts: { ...none, total: hostIds.length, queued: hostIds.length },
    progress: 0,
    created_at: ago(0),
    created_by: 'admin',
    started_at: null,
    finished_at: null,
    parent_job_id: null,
    cancel_requested_at: null,
    selection: { mode: 'security' },
    reboot: 'if_needed',
    allow_removals: false,
    plan_id: null,
    children: [],
    ...fields,
  };
  jobs.unshift(job);
  jobHosts.set(
    job.id,
    hostIds.map((hostId, i) => ({
      id: id('X', n * 1000 + i),
      host_id: hostId,
      host_name: hosts.find((h) => h.id === hostId)?.name ?? '?',
      state: 'queued',
      phase: '',
      progress: 0,
      message: '',
      error: null,
      run: 1,
      attempts: 0,
      next_attempt_at: null,
      started_at: null,
      finished_at: null,
      changes: planFor(hostId).changes.map(
        (c): JobChange => ({ ...c, after_version: c.from_version ?? '', done: false }),
      ),
      rollback: null,
      reboot_needed: false,
      conffiles: [],
      last_event_id: 0,
      log_lines: 0,
    })),
  );
  return job;
}

export function count(job: Job) {
  const list = jobHosts.get(job.id) ?? [];
  job.counts = { ...none, total: list.length };
  for (const host of list) job.counts[host.state]++;
  job.progress = Math.round(
    list.reduce(
      (s, h) =>
        s +
        (h.state === 'succeeded' || h.state === 'failed' || h.state === 'cancelled'
          ? 100
          : h.progress),
      0,
    ) / Math.max(1, list.length),
  );
}

export function end(job: Job, host: JobHost, error: JobHostError | null) {
  host.state = error ? 'failed' : 'succeeded';
  host.error = error;
  host.progress = error ? host.progress : 100;
  host.message = error ? error.message : `${host.changes.length} packages changed`;
  host.finished_at = ago(0);
  host.rollback = { state: 'ready', reasons: ['All old packages are kept'] };
  host.reboot_needed = !error && host.changes.some((c) => /linux|libc6/.test(c.name));
  host.changes = host.changes.map((c, i) =>
    error && i > 1 ? c : { ...c, after_version: c.to_version ?? '', done: true },
  );
  count(job);
  if (job.counts.succeeded + job.counts.failed + job.counts.cancelled < job.counts.total) return;
  job.state =
    job.counts.failed === 0
      ? 'succeeded'
      : job.counts.succeeded > 0
        ? 'partially_failed'
        : 'failed';
  job.finished_at = ago(0);
}

export const scriptError: JobHostError = {
  code: 'MAINTAINER_SCRIPT_FAILED',
  message:
    'The post-installation script of example-broken ended with exit status 1: cannot reach license server',
  retryable: false,
};

/** The lines that a host's agent and package tool say in one phase. */
export function linesOf(phase: string, host: JobHost): { line: string; stream: string }[] {
  const tool = (line: string) => ({ line, stream: 'tool' });
  const agent = (line: string) => ({ line, stream: 'agent' });
  const names = host.changes.map((c) => `${c.name} (${c.to_version})`);
  switch (phase) {
    case 'preflight':
      return [
        agent('3.1 GiB free on /, 210 MiB on /boot'),
        agent('No other package tool runs'),
        agent('The plan is the one that was agreed'),
      ];
    case 'refresh':
      return [
        'Hit:1 https://deb.example.org/debian bookworm InRelease',
        'Get:2 https://deb.example.org/debian-security bookworm-security InRelease [48.0 kB]',
        'Fetched 48.0 kB in 0s (212 kB/s)',
        'Reading package lists...',
      ].map(tool);
    case 'save':
      return [agent(`Kept ${names.length} old packages for a rollback`)];
    case 'download':
      return names.map((n, i) =>
        tool(
          `Get:${i + 1} https://deb.example.org/debian-security bookworm-security/main amd64 ${n}`,
        ),
      );
    case 'unpack':
      return names.flatMap((n) => [
        tool(`Preparing to unpack .../${n.split(' ')[0]}.deb ...`),
        tool(`Unpacking ${n} ...`),
      ]);
    case 'configure':
      return names
        .map((n) => tool(`Setting up ${n} ...`))
        .concat(
          Array.from({ length: 40 }, (_, i) => tool(`update-initramfs: step ${i + 1} of 40`)),
        );
    default:
      return [agent('Versions are as planned')];
  }
}

function past(job: Job, failing: string[]) {
  job.state = 'running';
  job.started_at = job.created_at;
  for (const host of jobHosts.get(job.id) ?? []) {
    host.started_at = job.created_at;
    const fails = failing.includes(host.host_name);
    for (const phase of fails ? phases.slice(0, 6) : phases) {
      host.phase = phase;
      for (const text of linesOf(phase, host)) addEvent(job.id, host.host_id, { phase, ...text });
    }
    if (fails)
      for (const line of [
        'Setting up example-broken (1.2-1) ...',
        'example-broken: cannot reach license server',
        'dpkg: error processing package example-broken (--configure):',
        ' installed example-broken package post-installation script subprocess returned error exit status 1',
      ])
        addEvent(job.id, host.host_id, { phase: 'configure', line, stream: 'tool' });
    host.progress = fails ? 80 : 100;
    host.log_lines = events.get(`${job.id}/${host.host_id}`)?.length ?? 0;
    host.last_event_id = nextEvent - 1;
    end(job, host, fails ? scriptError : null);
    host.finished_at = new Date(new Date(job.created_at).getTime() + 94_000).toISOString();
  }
  jobHosts.get(job.id)?.sort((a, b) => Number(b.state === 'failed') - Number(a.state === 'failed'));
  job.finished_at = new Date(new Date(job.created_at).getTime() + 94_000).toISOString();
}

const some = (from: number, n: number) => hosts.slice(from, from + n).map((h) => h.id);
past(makeJob({ title: 'Security updates on 8 hosts', created_at: ago(90_000) }, some(8, 8)), []);
past(
  makeJob(
    {
      title: 'Security updates on 3 hosts',
      created_at: ago(5400),
      note: 'Agreed with the web team',
    },
    some(0, 3),
  ),
  [hosts[1]?.name ?? ''],
);
export const running = makeJob(
  { title: 'All updates on 24 hosts', created_at: ago(40), selection: { mode: 'all' } },
  some(30, 24),
);
