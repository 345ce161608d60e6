import type { Facets, Host } from '../src/api/types';
import { json, type Route } from './answers';
import { groups } from './groups';
import { findHosts } from './hostRoutes';

const numbers = (list: string[]) =>
  [...new Set(list)].map((value) => ({ value, count: list.filter((v) => v === value).length }));

/** Counts under the filter without the part itself, as the manager does. */
export function facetsOf(query: URLSearchParams): Facets {
  const without = (name: string) => {
    const rest = new URLSearchParams(query);
    rest.delete(name);
    return findHosts(rest);
  };
  const choices = (name: string, values: string[]) =>
    values.map((value) => {
      const rest = new URLSearchParams(query);
      rest.set(name, value);
      return { value, count: findHosts(rest).length };
    });
  const [healthy, degraded, unreachable, unknown] = choices('state', [
    'healthy',
    'degraded',
    'unreachable',
    'unknown',
  ]).map((c) => c.count) as [number, number, number, number];
  const labels = without('label').flatMap((h) => h.labels);
  return {
    total: findHosts(query).length,
    states: { healthy, degraded, unreachable, unknown },
    os: numbers(without('os').map((h) => h.os)),
    groups: groups.map((g) => ({
      id: g.id,
      name: g.name,
      count: without('group_id').filter((h: Host) => h.groups.some((o) => o.id === g.id)).length,
    })),
    no_group: without('group_id').filter((h) => h.groups.length === 0).length,
    label_keys: numbers(labels.map((l) => l.key)),
    labels: numbers(labels.map((l) => `${l.key}=${l.value}`)).map(({ value, count }) => {
      const [key = '', text = ''] = value.split('=');
      return { key, value: text, count };
    }),
    agent_versions: numbers(without('agent_version').map((h) => h.agent_version)),
    pending: choices('pending', ['any', 'security', 'none', 'unknown']),
    severity: choices('severity', ['critical', 'high', 'medium', 'low', 'unknown']),
    reboot: choices('reboot', ['true', 'false', 'unknown']),
    compliance: choices('compliance', ['compliant', 'not_compliant', 'unknown']),
    facts: choices('facts', ['fresh', 'stale', 'never']),
    enrolled: choices('enrolled', ['true', 'false']),
  };
}

export const facetRoutes: Route[] = [
  ['GET', /^\/hosts\/facets$/, (_, { query }) => json(facetsOf(query))],
];
