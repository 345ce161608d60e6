import { count } from '../../lib/words';

type Member = { role: string; group_ids: string[] };
type Host = { groups: { id: string }[] };

/**
 * What operators lose when these hosts leave the group: an operator who has
 * another group of a host still sees it.
 */
export function lostSight(group: string, members: Member[], hosts: Host[]) {
  const losing = new Set<Member>();
  let lost = 0;
  for (const host of hosts) {
    const others = host.groups.map((g) => g.id).filter((id) => id !== group);
    const blind = members.filter(
      (m) => m.role === 'operator' && !m.group_ids.some((id) => others.includes(id)),
    );
    if (blind.length > 0) lost++;
    for (const member of blind) losing.add(member);
  }
  return { operators: losing.size, hosts: lost };
}

/** One sentence about it. `atMost` where not all hosts were looked at. */
export function sightWords(lost: { operators: number; hosts: number }, atMost = false): string {
  if (lost.operators === 0 || lost.hosts === 0) return 'No operator loses sight of a host by this.';
  const verb = lost.operators === 1 ? 'loses' : 'lose';
  return `${count(lost.operators, 'operator')} ${verb} sight of ${atMost ? 'up to ' : ''}${count(lost.hosts, 'host')}.`;
}
