import type { PlanHost } from '../../api/types';
import { count, listOf, plain } from '../../lib/words';
import { SimpleTable } from '../../ui/SimpleTable';
import { EmptyState } from '../../ui/states';
import { byPackage } from './summary';

/** The same plan summed: one line for each change, with the hosts that get it. */
export function ByPackage({ hosts }: { hosts: PlanHost[] }) {
  const rows = byPackage(hosts);
  if (rows.length === 0) return <EmptyState title="No package changes" />;
  return (
    <SimpleTable
      caption="Plan by package"
      maxHeight={560}
      rows={rows}
      rowKey={(sum) => sum.key}
      columns={[
        { name: 'Package', cell: (s) => s.name, mono: true },
        { name: 'Change', cell: (s) => plain(s.action) },
        { name: 'From', cell: (s) => s.from || '–', mono: true },
        { name: 'To', cell: (s) => s.to || '–', mono: true },
        { name: 'Security', cell: (s) => (s.security ? 'yes' : 'no') },
        {
          name: 'Hosts',
          cell: (s) => (
            <span title={s.hosts.join('\n')}>
              {count(s.hosts.length, 'host')}: {listOf(s.hosts)}
            </span>
          ),
        },
      ]}
    />
  );
}
