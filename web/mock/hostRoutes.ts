import type { Host } from '../src/api/types';
import { byId, json, nothing, page, type Route, state } from './answers';
import { ago, hosts, packages, patchesOf } from './hosts';
import { jobs } from './jobs';

/** "none" stands for hosts that are in no group. */
function inGroup(host: Host, wanted: string | null): boolean {
  if (!wanted) return true;
  return wanted
    .split(',')
    .some((id) =>
      id === 'none' ? host.groups.length === 0 : host.groups.some((g) => g.id === id),
    );
}

/** Values of one key are alternatives, different keys have to hold together. */
function labelled(host: Host, wanted: string | null): boolean {
  const all = (wanted ?? '').split(',').filter(Boolean);
  return all.every((text) =>
    all
      .filter((other) => other.split('=')[0] === text.split('=')[0])
      .some((other) => host.labels.some((l) => other === l.key || other === `${l.key}=${l.value}`)),
  );
}

function severe(host: Host, wanted: string | null): boolean {
  if (!wanted) return true;
  const counts = host.pending as Record<string, number> | null;
  return wanted.split(',').some((severity) => (counts?.[severity] ?? 0) > 0);
}

export function findHosts(q: URLSearchParams): Host[] {
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
      labelled(h, q.get('label')) &&
      severe(h, q.get('severity')) &&
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

export const hostRoutes: Route[] = [
  ['GET', /^\/hosts$/, (_, { query }) => json(page(findHosts(query), query))],
  ['GET', /^\/hosts\/(\w+)$/, (m) => byId(hosts, m[1], (h) => json(h))],
  [
    'DELETE',
    /^\/hosts\/(\w+)$/,
    (m) => {
      hosts.splice(
        hosts.findIndex((h) => h.id === m[1]),
        1,
      );
      return nothing();
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
];
