import type { FilterSpec, Host, ImportRow, Label, Target } from '../src/api/types';
import { byId, json, type Route, refuse } from './answers';
import { groups } from './groups';
import { findHosts } from './hostRoutes';
import { ago, hosts } from './hosts';

/** A host that was registered and waits for its agent. */
function awaited(input: { name: string; address: string; port?: number }): Host {
  return {
    ...(hosts.at(-1) as Host),
    id: `01KH${String(hosts.length + 1).padStart(22, '0')}`,
    name: input.name,
    fqdn: '',
    address: input.address,
    port: input.port ?? 12443,
    state: 'unknown',
    state_since: ago(0),
    state_reason: 'Registered; its agent has not enrolled yet.',
    os: '',
    os_version: '',
    kernel: '',
    architecture: '',
    agent_version: '',
    pending: null,
    pending_checked_at: null,
    reboot_needed: null,
    last_seen_at: null,
    enrolled_at: null,
    registered_at: ago(0),
    registered_by: 'admin',
    current_job: null,
    groups: [],
    labels: [],
    next: 'Run the enrollment command on it.',
  };
}

const literal = /^[\d.]+$|:/;

function rowOf(line: number, fields: Record<string, string>): ImportRow {
  const asked = fields.address || fields.name || '';
  const problems = [];
  for (const name of (fields.groups ?? '').split('|').filter(Boolean))
    if (!groups.some((g) => g.name === name))
      problems.push({
        field: 'groups',
        value: name,
        message: 'There is no such group. Make it first, or correct the name.',
      });
  if (asked.includes('missing'))
    problems.push({
      field: 'name',
      value: asked,
      message: 'The name servers know no such name. Check the spelling, or give its address.',
    });
  const there = hosts.find((h) => h.fqdn === asked || h.name === asked);
  return {
    line,
    name: fields.name || asked,
    address: literal.test(asked) ? asked : `198.51.100.${line}`,
    port: Number(fields.port) || 12443,
    outcome: problems.length > 0 ? 'error' : there ? 'exists' : 'new',
    host_id: there?.id ?? null,
    problems,
  };
}

function importText(csv: string, dryRun: boolean) {
  const [header = '', ...lines] = csv.split(/\r?\n/);
  const columns = header.split(',').map((name) => name.trim());
  const unknown = columns.find(
    (name) => !['name', 'address', 'port', 'groups', 'labels', 'note'].includes(name),
  );
  if (unknown !== undefined)
    return refuse(422, 'validation_failed', 'The request has 1 invalid field(s).', [
      { field: 'csv', value: unknown, message: 'There is no such column.' },
    ]);
  const rows = lines.flatMap((text, i) => {
    if (!text.replaceAll(',', '').trim()) return [];
    const fields = text.split(',');
    return [
      rowOf(i + 2, Object.fromEntries(columns.map((name, n) => [name, (fields[n] ?? '').trim()]))),
    ];
  });
  const of = (outcome: string) => rows.filter((row) => row.outcome === outcome);
  const imported = !dryRun && of('error').length === 0;
  if (imported)
    for (const row of of('new')) {
      const host = awaited(row);
      hosts.push(host);
      row.host_id = host.id;
    }
  return json({
    dry_run: dryRun,
    imported,
    new: of('new').length,
    exists: of('exists').length,
    errors: of('error').length,
    rows,
  });
}

function chosen(target: Target): Host[] {
  if (target.host_ids) return hosts.filter((h) => target.host_ids?.includes(h.id));
  const spec = Object.entries(target.filter as FilterSpec);
  return findHosts(new URLSearchParams(spec.map(([name, value]) => [name, String(value)])));
}

/** Does an act on what a target chooses; hosts without agents refuse what only an agent can do. */
function bulk(
  body: Record<string, unknown>,
  act: (host: Host) => boolean,
  needsAgent = false,
): Response {
  const target = body.target as Target;
  const list = chosen(target);
  if (target.filter && target.expect !== list.length)
    return refuse(
      409,
      'hosts_changed',
      `The filter chooses ${list.length} hosts now, not ${target.expect}. Look at them again.`,
    );
  const refused = needsAgent ? list.filter((h) => h.enrolled_at === null) : [];
  const done = list.filter((h) => !refused.includes(h) && act(h)).length;
  return json({
    requested: list.length,
    done,
    unchanged: list.length - refused.length - done,
    refused:
      refused.length === 0
        ? []
        : [
            {
              code: 'host_not_enrolled',
              reason: 'The agent has not enrolled yet: run the enrollment command there first.',
              count: refused.length,
              hosts: refused.map(({ id, name }) => ({ id, name })),
            },
          ],
  });
}

function label(host: Host, add: Label[], remove: string[]): boolean {
  const before = JSON.stringify(host.labels);
  host.labels = [
    ...host.labels.filter(
      (l) => !add.some((a) => a.key === l.key) && !remove.some((r) => r.split('=')[0] === l.key),
    ),
    ...add,
  ].sort((a, b) => a.key.localeCompare(b.key));
  return JSON.stringify(host.labels) !== before;
}

export const careRoutes: Route[] = [
  [
    'POST',
    /^\/hosts$/,
    (_, { body }) => {
      const asked = String(body.address ?? body.name);
      if (asked.includes('missing'))
        return refuse(422, 'validation_failed', 'The request has 1 invalid field(s).', [
          {
            field: body.address ? 'address' : 'name',
            value: asked,
            message: 'The name servers know no such name.',
          },
        ]);
      const host = awaited({ name: String(body.name ?? asked), address: '198.51.100.7' });
      hosts.push(host);
      const resolved = literal.test(asked) ? [asked] : ['198.51.100.7', '2001:db8::7'];
      return json({ host, resolved }, 201);
    },
  ],
  [
    'POST',
    /^\/hosts\/import$/,
    (_, { body }) => importText(String(body.csv), body.dry_run === true),
  ],
  [
    'GET',
    /^\/hosts\/export$/,
    (_, { query }) =>
      new Response(
        `name\r\n${findHosts(query)
          .map((h) => h.name)
          .join('\r\n')}`,
        {
          headers: { 'Content-Type': 'text/csv' },
        },
      ),
  ],
  [
    'PATCH',
    /^\/hosts\/(\w+)$/,
    (m, { body }) =>
      byId(hosts, m[1], (host) => {
        if ('note' in body) Object.assign(host, { note_by: 'admin', note_at: ago(0) });
        return json(Object.assign(host, body));
      }),
  ],
  [
    'POST',
    /^\/hosts\/bulk\/labels$/,
    (_, { body }) =>
      bulk(body, (h) => label(h, (body.add ?? []) as Label[], (body.remove ?? []) as string[])),
  ],
  [
    'POST',
    /^\/hosts\/bulk\/groups$/,
    (_, { body }) =>
      bulk(body, (host) => {
        const fresh = groups.filter(
          (g) =>
            (body.add as string[]).includes(g.id) && !host.groups.some((own) => own.id === g.id),
        );
        host.groups.push(...fresh.map(({ id, name }) => ({ id, name })));
        return fresh.length > 0;
      }),
  ],
  [
    'POST',
    /^\/hosts\/bulk\/note$/,
    (_, { body }) =>
      bulk(body, (host) => {
        Object.assign(host, { note: body.note, note_by: 'admin', note_at: ago(0) });
        return true;
      }),
  ],
  ['POST', /^\/hosts\/bulk\/refresh$/, (_, { body }) => bulk(body, () => true, true)],
  [
    'POST',
    /^\/hosts\/bulk\/remove$/,
    (_, { body }) => {
      const gone = chosen(body.target as Target);
      const answer = bulk(body, () => true);
      if (answer.ok) for (const host of gone) hosts.splice(hosts.indexOf(host), 1);
      return answer;
    },
  ],
];
