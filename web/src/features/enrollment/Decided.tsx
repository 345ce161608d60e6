import { problemOf } from '../../api/problem';
import { enrollmentStatus } from '../../lib/status';
import { Mono, Panel } from '../../ui/Page';
import { SimpleTable } from '../../ui/SimpleTable';
import { StatusPill } from '../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { useEnrollments } from './queries';

/** Requests that were approved or denied, by whom and why. */
export function Decided() {
  const all = useEnrollments('');
  const problem = problemOf(all);
  if (problem) return <ErrorState {...problem} onRetry={problem.retry} />;
  if (!all.data)
    return (
      <Panel>
        <TextSkeleton lines={6} />
      </Panel>
    );
  const rows = all.data.items.filter((request) => request.status !== 'pending');
  if (rows.length === 0)
    return (
      <Panel>
        <EmptyState title="No request was decided yet" />
      </Panel>
    );
  return (
    <Panel flush>
      <SimpleTable
        caption="Decided requests"
        rows={rows}
        rowKey={(r) => r.id}
        columns={[
          { name: 'Host', cell: (r) => r.hostname },
          { name: 'Decision', cell: (r) => <StatusPill status={enrollmentStatus(r.status)} /> },
          {
            name: 'By',
            cell: (r) =>
              r.via_token ? `token${r.decided_by ? ` (${r.decided_by})` : ''}` : r.decided_by,
          },
          { name: 'When', cell: (r) => <Time at={r.decided_at} /> },
          { name: 'Reason', cell: (r) => r.reason || '–' },
          { name: 'Came from', cell: (r) => <Mono>{r.address_seen}</Mono> },
        ]}
      />
    </Panel>
  );
}
