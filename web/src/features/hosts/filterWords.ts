import { hostStatus, severityStatus } from '../../lib/status';
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

const pending = {
  any: 'Patches pending',
  security: 'Security patches pending',
  none: 'No patches pending',
  unknown: 'Patches not known',
};
const reboot = { true: 'Reboot needed', false: 'No reboot needed', unknown: 'Reboot not known' };

/** Every part that limits the list, those of the bar first. */
export function allParts(filter: HostFilter, groupName: (id: string) => string): Part[] {
  const bar: [keyof HostFilter, string | null | undefined][] = [
    ['q', filter.q && `Search "${filter.q}"`],
    ['state', either('State', filter.state, (s) => hostStatus(s).label.toLowerCase())],
    ['os', either('System', filter.os, (v) => v)],
    ['group_id', either('Group', filter.group_id, groupName)],
    ['pending', filter.pending && pending[filter.pending]],
    ['reboot', filter.reboot && reboot[filter.reboot]],
  ];
  return [
    ...bar.flatMap(([name, words]) => (words ? [{ name, words }] : [])),
    ...otherParts(filter),
  ];
}

function either<T>(what: string, list: T[] | null | undefined, word: (value: T) => string) {
  return list && `${what} ${list.map(word).join(' or ')}`;
}
