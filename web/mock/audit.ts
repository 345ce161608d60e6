import type { AuditEntry, AuditCheckpoint as Checkpoint, Verification } from '../src/api/types';
import { byId, json, page, type Route, refuse, state } from './answers';
import { ago, hosts, id } from './hosts';
import { proofOf, verifierKey } from './proof';

const admin: AuditEntry['actor'] = { kind: 'user', id: id('U', 1), name: 'admin' };
const operator: AuditEntry['actor'] = { kind: 'user', id: id('U', 2), name: 'ops-web' };
const system: AuditEntry['actor'] = { kind: 'system', id: '', name: 'dispatcher' };
const nobody: AuditEntry['actor'] = { kind: 'anonymous', id: '', name: '' };

type Script = [AuditEntry['actor'], string, AuditEntry['target'], Record<string, unknown>];
const web = { kind: 'host', id: hosts[1]?.id ?? '', name: 'app01' };
const script: Script[] = [
  [admin, 'session.login', admin, { methods: ['password', 'totp'] }],
  [
    operator,
    'job.create',
    { kind: 'job', id: '01KJ0000000000000000000002', name: '#102' },
    { kind: 'patch', hosts: 3, reboot: 'if_needed' },
  ],
  [
    system,
    'job.finish',
    { kind: 'job', id: '01KJ0000000000000000000002', name: '#102' },
    { state: 'partially_failed', succeeded: 2, failed: 1 },
  ],
  [
    nobody,
    'session.login_failed',
    { kind: 'user', id: '', name: 'root' },
    { reason: 'unknown_user' },
  ],
  [
    admin,
    'user.create',
    { kind: 'user', id: id('U', 6), name: 'newcomer' },
    { role: 'operator', groups: [] },
  ],
  [
    admin,
    'group.add_hosts',
    { kind: 'group', id: id('G', 1), name: 'Web servers' },
    { hosts: ['web01', 'web02'] },
  ],
  [
    admin,
    'settings.security_change',
    { kind: 'settings', id: 'security', name: 'security' },
    { before: { idle_minutes: 30 }, after: { idle_minutes: 60 } },
  ],
  [admin, 'host.remove', web, { reason: 'decommissioned' }],
  [
    admin,
    'enrollment.approve',
    { kind: 'enrollment', id: id('E', 1), name: 'new01' },
    { fingerprint: 'sha256:5d1f0c9e7b42' },
  ],
  [operator, 'session.logout', operator, {}],
];

const hash = (n: number) => {
  let x = n * 2_654_435_761;
  return Array.from({ length: 64 }, () => {
    x = (x * 1_103_515_245 + 12_345) % 2 ** 31;
    return (x % 16).toString(16);
  }).join('');
};

export const entries: AuditEntry[] = Array.from({ length: 640 }, (_, i) => {
  const n = 640 - i;
  const [actor, action, target, details] = script[n % script.length] as Script;
  return {
    id: n,
    at: ago(137 * i + 20),
    actor,
    action,
    target,
    details,
    address: actor.kind === 'system' ? '' : actor === operator ? '2001:db8::17' : '192.0.2.40',
    request_id: actor.kind === 'system' ? '' : `01KR${String(n).padStart(22, '0')}`,
    row_hash: hash(n),
    prev_hash: hash(n - 1),
  };
});

function find(q: URLSearchParams): AuditEntry[] {
  if (state.empty) return [];
  const is = (name: string, value: string) => !q.get(name) || q.get(name) === value;
  const action = q.get('action') ?? '';
  const words = (q.get('q') ?? '').toLowerCase();
  return entries.filter(
    (e) =>
      (action.endsWith('.') ? e.action.startsWith(action) : is('action', e.action)) &&
      is('actor_id', e.actor.id) &&
      is('actor_kind', e.actor.kind) &&
      is('target_kind', e.target.kind) &&
      is('target_id', e.target.id) &&
      is('address', e.address) &&
      (!q.get('from') || e.at >= (q.get('from') as string)) &&
      (!q.get('to') || e.at < (q.get('to') as string)) &&
      (!words || JSON.stringify(e).toLowerCase().includes(words)),
  );
}

const note = (size: number) =>
  `patch-manager.example.com/audit\n${size}\nqT0sGZ0vtR1h6xjPZ4NwO8S0m8k0q5uG7oM0c2s1b3E=\n\n— patch-manager.example.com/audit Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5\n`;

const checkpoints: Checkpoint[] = [640, 633, 610, 588].map((size, i) => ({
  size,
  root_hash: 'qT0sGZ0vtR1h6xjPZ4NwO8S0m8k0q5uG7oM0c2s1b3E=',
  at: ago(30 + i * 1500),
  note: note(size),
}));

const verifications: Verification[] = [
  {
    id: id('V', 1),
    state: 'intact',
    trigger: 'periodic',
    checked: 588,
    total: 588,
    started_at: ago(7200),
    finished_at: ago(7199),
    break: null,
    checkpoint: { size: 588, at: ago(7300) },
  },
  {
    id: id('V', 2),
    state: 'broken',
    trigger: 'person',
    checked: 211,
    total: 540,
    started_at: ago(86_400 * 3),
    finished_at: ago(86_400 * 3 - 2),
    break: {
      id: 211,
      kind: 'edited',
      detail:
        'Entry 211 does not have the hash of its content: it was changed after it was written.',
    },
    checkpoint: { size: 540, at: ago(86_400 * 3) },
  },
];

export const auditRoutes: Route[] = [
  ['GET', /^\/audit$/, (_, { query }) => json(page(find(query), query))],
  [
    'GET',
    /^\/audit\/facets$/,
    () => {
      const actions = [...new Set(entries.map((e) => e.action))].sort();
      return json({
        actions: actions.map((value) => ({
          value,
          count: entries.filter((e) => e.action === value).length,
        })),
        actors: [admin, operator, system].map((actor) => ({
          ...actor,
          count: entries.filter((e) => e.actor === actor).length,
        })),
      });
    },
  ],
  [
    'GET',
    /^\/audit\/verifications$/,
    () => json({ items: verifications, total: verifications.length }),
  ],
  [
    'POST',
    /^\/audit\/verifications$/,
    () => {
      const made: Verification = {
        id: id('V', verifications.length + 1),
        state: 'running',
        trigger: 'person',
        checked: 0,
        total: entries.length,
        started_at: ago(0),
        finished_at: null,
        break: null,
        checkpoint: null,
      };
      verifications.unshift(made);
      return json(made, 202);
    },
  ],
  [
    'GET',
    /^\/audit\/verifications\/(\w+)$/,
    (m) =>
      byId(verifications, m[1], (v) => {
        if (v.state === 'running') v.checked = Math.min(v.total, v.checked + 160);
        if (v.state === 'running' && v.checked === v.total)
          Object.assign(v, {
            state: 'intact',
            finished_at: ago(0),
            checkpoint: { size: v.total, at: ago(30) },
          });
        return json(v);
      }),
  ],
  ['GET', /^\/audit\/checkpoints$/, (_, { query }) => json(page(checkpoints, query))],
  [
    'GET',
    /^\/audit\/key$/,
    async () =>
      json({ name: 'patch-manager.example.com/audit', verifier_key: await verifierKey() }),
  ],
  [
    'GET',
    /^\/audit\/export$/,
    (_, { query }) =>
      new Response(
        find(query)
          .map((e) => JSON.stringify(e))
          .join('\n'),
      ),
  ],
  [
    'GET',
    /^\/audit\/entries\/(\d+)\/proof$/,
    async (m) => {
      const entry = entries.find((e) => e.id === Number(m[1]));
      if (!entry) return refuse(404, 'not_found', 'There is no such entry.');
      return json(await proofOf(entry));
    },
  ],
];
