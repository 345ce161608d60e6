import { hostStateOrder } from '../../lib/status';
import type { HostFilter } from './queries';

type Get = (name: string) => string;

/** The filter of the hosts page as its address says it; nonsense is left out. */
export function filterFrom(get: Get): HostFilter {
  const pending = get('pending');
  const states = hostStateOrder.filter((state) => get('state').split(',').includes(state));
  return {
    q: get('q') || undefined,
    state: states.length > 0 ? states : undefined,
    os: get('os') ? [get('os')] : undefined,
    group_id: get('group_id') ? get('group_id').split(',') : undefined,
    pending:
      pending === 'any' || pending === 'security' || pending === 'none' ? pending : undefined,
    reboot: get('reboot') === 'true' ? 'true' : undefined,
  };
}

/** The same filter as a query string, for links to "all that match". */
export function filterText(filter: HostFilter): string {
  const entries = Object.entries(filter).filter(([, value]) => value !== undefined);
  return new URLSearchParams(entries.map(([name, value]) => [name, String(value)])).toString();
}

export function isFiltered(filter: HostFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}
