import type { Enrollment, EnrollmentToken, Fleet, Host, Job, Plan } from '../src/api/types';
import { byId, json, page, type Route, refuse, state } from './answers';
import { auditRoutes } from './audit';
import { groupRoutes, groups } from './groups';
import { ago, hosts, id, packages, patchesOf } from './hosts';
import { identityRoutes } from './identity';
import { count, events, jobHosts, jobs, makeJob, planFor } from './jobs';
import { settingsRoutes } from './settings';
import { ssoRoutes } from './sso';
import { userRoutes } from './users';

/** Answers of a manager that exists in this page only. */
export { state } from './answers';

const plans = new Map<string, Plan>();
let enrollments: Enrollment[] = [1, 2].map((n) => ({
  id: id('E', n),
  hostname: `new0${n}`,
  fqdn: `new0${n}.example.com`,
  machine_id: `beef${String(n).padStart(28, '0')}`,
  address_seen: `198.51.100.${n}`,
  address_claimed: n === 1 ? `198.51.100.${n}` : '10.0.0.7',
  port: 12443,
  os: 'Debian GNU/Linux 12 (bookworm)',
  key_fingerprint: 'sha256:5d1f0c9e7b42a6338f10cc9a2b9ed1f6a7707a4c1b0e5f4de9f2d8a1c3b6e708',
  status: 'pending',
  requested_at: ago(95 * n),
  collisions:
    n === 2 ? ['The host web02 already has this machine id: this may be a clone of it.'] : [],
  decided_at: null,
  decided_by: '',
  reason: '',
  via_token: '',
  host_id: '',
}));
const tokens: EnrollmentToken[] = [
  {
    id: id('T', 1),
    note: 'Image for web servers',
    uses: 50,
    used: 12,
    expires_at: ago(-86_400 * 5),
    created_at: ago(86_400),
    created_by: 'admin',
    revoked_at: null,
  },
  {
    id: id('T', 2),
    note: 'Add host',
    uses: 1,
    used: 1,
    expires_at: ago(3000),
    created_at: ago(7200),
    created_by: 'admin',
    revoked_at: null,
  },
];
/** "none" stands for hosts that are in no group. */
function inGroup(host: Host, wanted: string | null): boolean {
  if (!wanted) return true;
  return wanted
    .split(',')
    .some((id) =>
      id === 'none' ? host.groups.length === 0 : host.groups.some((g) => g.id === id),
    );
}

function findHosts(q: URLSearchParams): Host[] {
  if (state.empty) return [];
  const words = (q.get('q') ?? '').toLowerCase();
  const states = q.get('state')?.split(',') ?? [];
  const pending = q.get('pending');
  const list = hosts.filter(
    (h) =>
      (!words || h.fqdn.includes(words) || h.address.includes(words)) &&
      (states.length === 0 || states.includes(h.state)) &&
      (!q.get('os') || h.os === q.get('os')) &&
      inGroup(h, q.get('group_id')) &&
      (q.get('reboot') !== 'true' || h.reboot_needed === true) &&
      (!pending ||
        (pending === 'none'
          ? h.pending?.total === 0
          : pending === 'any'
            ? (h.pending?.total ?? 0) > 0
            : (h.pending?.security ?? 0) > 0)),
  );
  const key = (h: Host) =>
    ({
      name: h.name,
      state: h.state,
      os: h.os,
      pending: h.pending?.total ?? -1,
      security:
        (h.pending?.critical ?? -1) * 1e6 +
        (h.pending?.high ?? 0) * 1e3 +
        (h.pending?.security ?? 0),
      last_seen: h.last_seen_at ?? '',
    })[q.get('sort') ?? 'name'] ?? h.name;
  const sign = q.get('order') === 'desc' ? -1 : 1;
  return [...list].sort((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : 0));
}

function fleet(): Fleet {
  const all = findHosts(new URLSearchParams());
  const n = (state: string) => all.filter((h) => h.state === state).length;
  const sum = (key: 'total' | 'security' | 'critical' | 'high' | 'medium' | 'low' | 'unknown') =>
    all.reduce((s, h) => s + (h.pending?.[key] ?? 0), 0);
  const withSecurity = all.filter((h) => (h.pending?.security ?? 0) > 0).length;
  return {
    hosts: {
      total: all.length,
      healthy: n('healthy'),
      degraded: n('degraded'),
      unreachable: n('unreachable'),
      unknown: n('unknown'),
    },
    compliance: {
      compliant: all.filter((h) => h.pending?.total === 0).length,
      not_compliant: withSecurity,
      unknown: n('unknown'),
      definition:
        'A host is compliant when no security update is pending and its data is younger than a day.',
    },
    pending: {
      hosts_with_pending: all.filter((h) => (h.pending?.total ?? 0) > 0).length,
      hosts_with_security: withSecurity,
      patches_total: sum('total'),
      patches_security: sum('security'),
      by_severity: {
        critical: sum('critical'),
        high: sum('high'),
        medium: sum('medium'),
        low: sum('low'),
        unknown: sum('unknown'),
      },
    },
    reboot_needed: all.filter((h) => h.reboot_needed).length,
    enrollments_pending: enrollments.filter((e) => e.status === 'pending').length,
    jobs: {
      running: state.empty ? 0 : jobs.filter((j) => j.state === 'running').length,
      recent: state.empty ? [] : jobs.slice(0, 5),
    },
    attention: state.empty
      ? []
      : [
          {
            kind: 'failed_job',
            title: 'Job #102 failed on 1 host',
            detail: 'MAINTAINER_SCRIPT_FAILED on app01 90 minutes ago',
            link: `/jobs/${jobs.find((j) => j.state === 'partially_failed')?.id}?state=failed`,
            count: 1,
          },
          {
            kind: 'unreachable',
            title: `${n('unreachable')} hosts are unreachable`,
            detail: 'The longest for 2 days: queue01',
            link: '/hosts?state=unreachable',
            count: n('unreachable'),
          },
          {
            kind: 'degraded',
            title: `${n('degraded')} hosts are degraded`,
            detail: 'dpkg reports half-configured packages',
            link: '/hosts?state=degraded',
            count: n('degraded'),
          },
          {
            kind: 'enrollment',
            title: '2 machines ask to be enrolled',
            detail: 'One has the machine id of a known host',
            link: '/enrollment',
            count: 2,
          },
          {
            kind: 'stale',
            title: `${n('unknown')} hosts were never read`,
            detail: 'Their patches are not known',
            link: '/hosts?state=unknown',
            count: n('unknown'),
          },
        ],
    worker_alive: true,
    generated_at: ago(2),
  };
}

const jobResult = (job: Job) => json(job, 201);

const routes: Route[] = [
  ...identityRoutes,
  ...groupRoutes,
  ...userRoutes,
  ...settingsRoutes,
  ...ssoRoutes,
  ...auditRoutes,
  ['GET', /^\/status\/fleet$/, () => json(fleet())],
  ['GET', /^\/hosts$/, (_, { query }) => json(page(findHosts(query), query))],
  [
    'GET',
    /^\/hosts\/facets$/,
    () =>
      json({
        states: {
          healthy: fleet().hosts.healthy,
          degraded: fleet().hosts.degraded,
          unreachable: fleet().hosts.unreachable,
          unknown: fleet().hosts.unknown,
        },
        os: [...new Set(hosts.map((h) => h.os))].map((value) => ({
          value,
          count: hosts.filter((h) => h.os === value).length,
        })),
        groups: groups.map((g) => ({
          id: g.id,
          name: g.name,
          count: hosts.filter((h) => inGroup(h, g.id)).length,
        })),
        no_group: hosts.filter((h) => inGroup(h, 'none')).length,
      }),
  ],
  ['GET', /^\/hosts\/(\w+)$/, (m) => byId(hosts, m[1], (h) => json(h))],
  [
    'DELETE',
    /^\/hosts\/(\w+)$/,
    (m) => {
      hosts.splice(
        hosts.findIndex((h) => h.id === m[1]),
        1,
      );
      return new Response(null, { status: 204 });
    },
  ],
  [
    'POST',
    /^\/hosts\/(\w+)\/refresh$/,
    (m) =>
      byId(hosts, m[1], (h) => {
        h.refreshing = true;
        setTimeout(() => {
          h.refreshing = false;
          h.refreshed_at = ago(0);
        }, 2500);
        return json({ requested_at: ago(0) }, 202);
      }),
  ],
  [
    'GET',
    /^\/hosts\/(\w+)\/patches$/,
    (m, { query }) => {
      const n = hosts.findIndex((h) => h.id === m[1]) + 1;
      const words = query.get('q') ?? '';
      return json({
        ...page(
          patchesOf(n).filter(
            (p) =>
              (!query.get('security') || p.security) &&
              [p.name, ...p.cve_ids].join(' ').includes(words),
          ),
          query,
        ),
        checked_at: ago(300),
      });
    },
  ],
  [
    'GET',
    /^\/hosts\/(\w+)\/packages$/,
    (_, { query }) =>
      json(
        page(
          packages.filter((p) => p.name.includes(query.get('q') ?? '')),
          query,
        ),
      ),
  ],
  [
    'GET',
    /^\/hosts\/(\w+)\/timeline$/,
    (_, { query }) =>
      json(
        page(
          [
            {
              at: ago(240),
              kind: 'audit',
              title: 'Facts were refreshed',
              detail: '',
              actor: 'admin',
              job_id: null,
            },
            {
              at: ago(5300),
              kind: 'job',
              title: 'Job #102: Security updates on 3 hosts',
              detail: 'succeeded: 6 packages changed',
              actor: 'admin',
              job_id: jobs.find((j) => j.number === 102)?.id ?? null,
            },
            {
              at: ago(9000),
              kind: 'state',
              title: 'Unreachable → healthy',
              detail: 'The agent answered again after 12 min',
              actor: '',
              job_id: null,
            },
            {
              at: ago(9720),
              kind: 'state',
              title: 'Healthy → unreachable',
              detail: 'Three health checks failed: connection refused',
              actor: '',
              job_id: null,
            },
            {
              at: ago(86_400 * 40),
              kind: 'audit',
              title: 'Enrollment approved',
              detail: 'From 192.0.2.10',
              actor: 'admin',
              job_id: null,
            },
          ],
          query,
        ),
      ),
  ],
  [
    'GET',
    /^\/enrollments$/,
    (_, { query }) =>
      json(
        page(
          enrollments.filter((e) => !query.get('status') || e.status === query.get('status')),
          query,
        ),
      ),
  ],
  [
    'POST',
    /^\/enrollments\/(\w+)\/(approve|deny)$/,
    (m, { body }) => {
      enrollments = enrollments.map((e) =>
        e.id === m[1]
          ? {
              ...e,
              status: m[2] === 'approve' ? 'approved' : 'denied',
              decided_at: ago(0),
              decided_by: 'admin',
              reason: String(body.reason ?? ''),
            }
          : e,
      );
      return byId(enrollments, m[1], (e) => json(e));
    },
  ],
  ['GET', /^\/enrollment-tokens$/, () => json({ items: tokens, total: tokens.length })],
  [
    'POST',
    /^\/enrollment-tokens$/,
    (_, { body }) => {
      const token = {
        id: id('T', tokens.length + 1),
        note: String(body.note),
        uses: Number(body.uses),
        used: 0,
        expires_at: ago(-3600 * Number(body.expires_in_hours)),
        created_at: ago(0),
        created_by: 'admin',
        revoked_at: null,
      };
      tokens.unshift(token);
      return json({ ...token, token: 'pm-enroll-EXAMPLE-7QK4-TN2M-9XWD' }, 201);
    },
  ],
  [
    'DELETE',
    /^\/enrollment-tokens\/(\w+)$/,
    (m) => {
      const t = tokens.find((x) => x.id === m[1]);
      if (t) t.revoked_at = ago(0);
      return new Response(null, { status: 204 });
    },
  ],
  [
    'GET',
    /^\/ca$/,
    () =>
      json({
        fingerprint: 'sha256:9b1de2f04a7c6e35d8a90c1f2e3b4d5c6f7081920a1b2c3d4e5f60718293a4b5',
        subject: 'CN=Patch Manager root, O=Example',
        not_before: ago(86_400 * 40),
        not_after: ago(-86_400 * 3600),
        enroll_url: 'https://patch-manager.example.com:8443',
      }),
  ],
  [
    'POST',
    /^\/plans$/,
    (_, { body }) => {
      const ids = (body.host_ids ?? []) as string[];
      const plan: Plan = {
        id: id('P', plans.size + 1),
        state: 'computing',
        created_at: ago(0),
        counts: { hosts: ids.length, ready: 0, failed: 0, pending: ids.length },
        hosts: ids.map((h) => ({
          host_id: h,
          host_name: hosts.find((x) => x.id === h)?.name ?? '?',
          state: 'pending',
          error: null,
          plan: null,
        })),
      };
      plans.set(plan.id, plan);
      return json(plan, 202);
    },
  ],
  [
    'GET',
    /^\/plans\/(\w+)$/,
    (m) => {
      const plan = plans.get(m[1] ?? '');
      if (!plan) return refuse(404, 'not_found', 'There is no such plan.');
      for (const host of (plan.hosts ?? []).filter((h) => h.state === 'pending').slice(0, 4)) {
        const down = hosts.find((h) => h.id === host.host_id)?.state === 'unreachable';
        host.state = down ? 'failed' : 'ready';
        host.error = down
          ? { code: 'unreachable', message: 'The agent does not answer: connection refused.' }
          : null;
        host.plan = down ? null : planFor(host.host_id);
      }
      const n = (s: string) => (plan.hosts ?? []).filter((h) => h.state === s).length;
      plan.counts = {
        hosts: plan.counts.hosts,
        ready: n('ready'),
        failed: n('failed'),
        pending: n('pending'),
      };
      plan.state = plan.counts.pending > 0 ? 'computing' : 'ready';
      return json(plan);
    },
  ],
  [
    'GET',
    /^\/jobs$/,
    (_, { query }) =>
      json(
        state.empty
          ? { items: [], total: 0 }
          : page(
              jobs.filter(
                (j) =>
                  (!query.get('state') || j.state === query.get('state')) &&
                  (!query.get('kind') || j.kind === query.get('kind')) &&
                  (!query.get('q') ||
                    j.title.toLowerCase().includes((query.get('q') ?? '').toLowerCase())) &&
                  (!query.get('host_id') ||
                    jobHosts.get(j.id)?.some((h) => h.host_id === query.get('host_id'))),
              ),
              query,
            ),
      ),
  ],
  [
    'POST',
    /^\/jobs$/,
    (_, { body }) => {
      const ids = body.host_ids as string[];
      return jobResult(
        makeJob(
          {
            title: `Updates on ${ids.length} hosts`,
            kind: body.kind as Job['kind'],
            reboot: body.reboot as Job['reboot'],
            note: String(body.note ?? ''),
          },
          ids,
        ),
      );
    },
  ],
  ['GET', /^\/jobs\/(\w+)$/, (m) => byId(jobs, m[1], (j) => json(j))],
  [
    'GET',
    /^\/jobs\/(\w+)\/hosts$/,
    (m, { query }) =>
      json(
        page(
          (jobHosts.get(m[1] ?? '') ?? []).filter(
            (h) => !query.get('state') || h.state === query.get('state'),
          ),
          query,
        ),
      ),
  ],
  [
    'GET',
    /^\/jobs\/(\w+)\/hosts\/(\w+)\/events$/,
    (m, { query }) => {
      const all = events.get(`${m[1]}/${m[2]}`) ?? [];
      return json({
        items: all
          .filter((e) => e.id > Number(query.get('after') ?? 0))
          .slice(0, Number(query.get('limit') ?? 1000)),
        last_id: all.at(-1)?.id ?? 0,
      });
    },
  ],
  [
    'GET',
    /^\/jobs\/(\w+)\/hosts\/(\w+)\/log\.txt$/,
    (m) => new Response((events.get(`${m[1]}/${m[2]}`) ?? []).map((e) => e.line).join('\n')),
  ],
  [
    'POST',
    /^\/jobs\/(\w+)\/cancel$/,
    (m) =>
      byId(jobs, m[1], (j) => {
        j.cancel_requested_at = ago(0);
        for (const h of jobHosts.get(j.id) ?? []) if (h.state === 'queued') h.state = 'cancelled';
        count(j);
        return json(j);
      }),
  ],
  [
    'POST',
    /^\/jobs\/(\w+)\/(rollback|rerun)$/,
    (m, { body }) =>
      byId(jobs, m[1], (j) => {
        const list = jobHosts.get(j.id) ?? [];
        const ids =
          (body.host_ids as string[]) ??
          list.filter((h) => h.state === 'failed').map((h) => h.host_id);
        const made = makeJob(
          {
            title: `${m[2] === 'rollback' ? 'Rollback' : 'Re-run'} of #${j.number}`,
            kind: m[2] === 'rollback' ? 'rollback' : j.kind,
            parent_job_id: j.id,
          },
          ids,
        );
        j.children.push({ id: made.id, number: made.number, kind: made.kind, state: made.state });
        return jobResult(made);
      }),
  ],
  ['POST', /^\/ws\/ticket$/, () => json({ ticket: 'made-up', expires_at: ago(-60) }, 201)],
];

/** Answers one call of the client. */
export async function handle(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const path = url.pathname.replace(/^\/api\/v1/, '');
  if (state.failing && path.startsWith(state.failing))
    return refuse(503, 'database_down', 'The database does not answer.');
  const text = request.method === 'GET' ? '' : await request.text();
  for (const [method, pattern, handler] of routes) {
    const match = method === request.method && path.match(pattern);
    if (match)
      return handler(match, { query: url.searchParams, body: text ? JSON.parse(text) : {} });
  }
  return refuse(404, 'not_found', `No ${request.method} ${path}`);
}
