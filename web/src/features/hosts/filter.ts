import { positiveWhole } from '../../lib/numbers';
import { hostStateOrder, severityOrder } from '../../lib/status';
import type { HostFilter } from './queries';

type Get = (name: string) => string;

/** What may stand in the address for each part of the filter that has fixed words. */
const choices = {
  state: hostStateOrder,
  severity: severityOrder,
  compliance: ['compliant', 'not_compliant', 'unknown'],
  pending: ['any', 'security', 'none', 'unknown'],
  reboot: ['true', 'false', 'unknown'],
  facts: ['fresh', 'stale', 'never'],
  enrolled: ['true', 'false'],
} as const;

/** All parts of the filter, as they stand in the address. */
export const filterNames = [
  'q',
  'state',
  'os',
  'group_id',
  'label',
  'agent_version',
  'pending',
  'severity',
  'reboot',
  'compliance',
  'facts',
  'unseen_hours',
  'certificate_days',
  'enrolled',
] as const satisfies (keyof HostFilter)[];

/** The filter of the hosts page as its address says it; nonsense is left out. */
export function filterFrom(get: Get): HostFilter {
  const list = (name: string) => {
    const values = get(name).split(',').filter(Boolean);
    return values.length > 0 ? values : undefined;
  };
  const many = <K extends keyof typeof choices>(name: K) => {
    const values: (typeof choices)[K][number][] = choices[name].filter((word) =>
      get(name).split(',').includes(word),
    );
    return values.length > 0 ? values : undefined;
  };
  const one = <K extends keyof typeof choices>(name: K) => many(name)?.[0];
  return {
    q: get('q') || undefined,
    state: many('state'),
    os: get('os') ? [get('os')] : undefined,
    group_id: list('group_id'),
    label: list('label'),
    agent_version: list('agent_version'),
    pending: one('pending'),
    severity: many('severity'),
    reboot: one('reboot'),
    compliance: many('compliance'),
    facts: one('facts'),
    unseen_hours: positiveWhole(get('unseen_hours')),
    certificate_days: positiveWhole(get('certificate_days')),
    enrolled: one('enrolled'),
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

/** What clears every part of the filter. */
export const noFilter: Record<string, string> = Object.fromEntries(
  filterNames.map((name) => [name, '']),
);
