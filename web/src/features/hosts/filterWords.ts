import { severityStatus } from '../../lib/status';
import { count } from '../../lib/words';
import type { HostFilter } from './queries';

/** A part of the filter that no control of the bar shows, in words. */
export type Part = { name: string; words: string };

const facts = { fresh: 'known today', stale: 'known more than a day ago', never: 'never told' };
const compliance = { compliant: 'compliant', not_compliant: 'not compliant', unknown: 'not known' };

export function otherParts(filter: HostFilter): Part[] {
  const parts: Part[] = [];
  const add = (name: keyof HostFilter, words: string | 0 | null | undefined) => {
    if (words) parts.push({ name, words });
  };
  add(
    'severity',
    either('Misses', filter.severity, (s) => severityStatus(s).label.toLowerCase()),
  );
  add(
    'compliance',
    either('Compliance:', filter.compliance, (c) => compliance[c]),
  );
  add('label', filter.label && `Label ${filter.label.join(', ')}`);
  add(
    'agent_version',
    either('Agent', filter.agent_version, (v) => v),
  );
  add('facts', filter.facts && `Patches ${facts[filter.facts]}`);
  add('unseen_hours', filter.unseen_hours && `Not seen for ${count(filter.unseen_hours, 'hour')}`);
  add(
    'certificate_days',
    filter.certificate_days && `Certificate ends within ${count(filter.certificate_days, 'day')}`,
  );
  add(
    'enrolled',
    filter.enrolled && (filter.enrolled === 'true' ? 'Enrolled' : 'Not enrolled yet'),
  );
  return parts;
}

function either<T>(what: string, list: T[] | null | undefined, word: (value: T) => string) {
  return list && `${what} ${list.map(word).join(' or ')}`;
}
