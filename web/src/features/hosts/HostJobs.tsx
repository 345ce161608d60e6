import { problemOf } from '../../api/problem';
import type { Host, JobSummary } from '../../api/types';
import { deployTo, paths } from '../../lib/paths';
import { jobStatus } from '../../lib/status';
import { usePageState } from '../../lib/url';
import { type Column, DataTable } from '../../ui/DataTable';
import { Link } from '../../ui/Link';
import { LinkButton } from '../../ui/LinkButton';
import { Panel } from '../../ui/Page';
import { StatusPill } from '../../ui/StatusPill';
import { EmptyState } from '../../ui/states';
import { Time } from '../../ui/Time';
import { useHostJobs } from './queries';

const columns = (host: Host): Column<JobSummary>[] => [
  {
    key: 'name',
    name: 'Job',
    width: 320,
    grow: true,
    cell: (j) => (
      <Link to={paths.job(j.id, host.id)}>
        #{j.number} {j.title}
      </Link>
    ),
  },
  {
    key: 'state',
    name: 'State of the job',
    width: 150,
    cell: (j) => <StatusPill status={jobStatus(j.state)} />,
  },
  { key: 'created_at', name: 'Ordered', width: 120, cell: (j) => <Time at={j.created_at} /> },
  { key: 'created_by', name: 'By', width: 140, cell: (j) => j.created_by },
  {
    key: 'finished_at',
    name: 'Finished',
    width: 120,
    cell: (j) => <Time at={j.finished_at} never="not yet" />,
  },
];

export function HostJobs({ host }: { host: Host }) {
  const [at, setAt] = usePageState();
  const jobs = useHostJobs(host.id, { page: at.page, page_size: at.pageSize });
  return (
    <Panel flush>
      <DataTable
        label={`Jobs of ${host.name}`}
        columns={columns(host)}
        rows={jobs.data?.items}
        total={jobs.data?.total ?? 0}
        rowId={(j) => j.id}
        at={at}
        onChange={setAt}
        busy={jobs.isPlaceholderData}
        problem={problemOf(jobs)}
        empty={
          <EmptyState
            title="No job has touched this host"
            action={
              <LinkButton variant="outlined" to={deployTo([host.id])}>
                Deploy patches
              </LinkButton>
            }
          />
        }
      />
    </Panel>
  );
}
