import type { Operations } from '../../api/types';

export type AuditFilter = Omit<NonNullable<Operations['listAudit']['query']>, 'page' | 'page_size'>;

const texts = ['q', 'action', 'actor_id', 'target_kind', 'target_id', 'address'] as const;
const kinds = ['user', 'agent', 'system', 'anonymous'] as const;

/** The names that the address of the page may have; "clear" empties all of them. */
export const filterNames = [...texts, 'actor_kind', 'from', 'to'] as const;

/** The filter as the address says it; a time that is none is left out. */
export function filterFrom(get: (name: string) => string): AuditFilter {
  const filter: AuditFilter = Object.fromEntries(
    texts.map((name) => [name, get(name) || undefined]),
  );
  filter.actor_kind = kinds.find((kind) => kind === get('actor_kind'));
  filter.from = instantOf(get('from'));
  filter.to = instantOf(get('to'));
  return filter;
}

export const isFiltered = (filter: AuditFilter) =>
  Object.values(filter).some((value) => value !== undefined);

/** "2026-11-23T02:00" of a date field, in the viewer's zone, as the manager wants it. */
export function instantOf(local: string): string | undefined {
  const at = new Date(local);
  return local && !Number.isNaN(at.getTime()) ? at.toISOString() : undefined;
}
