import { problemOf } from '../../api/problem';
import { useMay } from '../../api/session';
import type { JobSummary } from '../../api/types';
import { positiveWhole } from '../../lib/numbers';
import { paths } from '../../lib/paths';
import { isFinal, jobStatus } from '../../lib/status';
import { usePageState, useUrlState } from '../../lib/url';
import { count, plain } from '../../lib/words';
import { Choice } from '../../ui/Choice';
import { type Column, DataTable } from '../../ui/DataTable';
import { Link } from '../../ui/Link';
import { LinkButton } from '../../ui/LinkButton';
import { Box, Button, Chip, Stack } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { SearchField } from '../../ui/SearchField';
import { ProgressBar, StatusPill } from '../../ui/StatusPill';
import { EmptyState } from '../../ui/states';
import { Time } from '../../ui/Time';
import { useJobs } from './queries';
import { resultWords } from './words';

const columns: Column<JobSummary>[] = [
  {
    key: 'name',
    name: 'Job',
    width: 220,
    grow: true,
    cell: (j) => (
      <Link to={paths.job(j.id)}>
        #{j.number} {j.title}
      </Link>
    ),
  },
  {
    key: 'state',
    name: 'State',
    width: 140,
    cell: (j) => <StatusPill status={jobStatus(j.state)} />,
  },
  { key: 'progress', name: 'Progress', width: 136, cell: (j) => <Progress job={j} /> },
  { key: 'hosts', name: 'Hosts', width: 170, grow: true, cell: (j) => resultWords(j.counts) },
  { key: 'created_at', name: 'Ordered', width: 100, cell: (j) => <Time at={j.created_at} /> },
  { key: 'created_by', name: 'By', width: 100, cell: (j) => j.created_by },
  {
    key: 'finished_at',
    name: 'Finished',
    width: 100,
    cell: (j) => <Time at={j.finished_at} never="not yet" />,
  },
];

function Progress({ job }: { job: JobSummary }) {
  if (isFinal(job.state)) return '–';
  return (
    <Box sx={{ display: 'flex', gap: 1, alignItems: 'center' }}>
      <ProgressBar
        width={80}
        percent={job.progress}
        status={jobStatus(job.state)}
        label={`Progress of job ${job.number}`}
      />
      <span className="num">{job.progress} %</span>
    </Box>
  );
}

const states = [
  'running',
  'queued',
  'failed',
  'partially_failed',
  'succeeded',
  'cancelled',
  'expired',
];
/** The states, and the choice of several that a link has made. */
function stateChoices(chosen: string): [string, string][] {
  const several = chosen.includes(',') ? [chosen] : [];
  return [...states, ...several].map((s) => [
    s,
    s
      .split(',')
      .map((one) => jobStatus(one).label)
      .join(' or '),
  ]);
}

const kinds = ['patch', 'rollback', 'reboot', 'refresh'];

/** What was ordered, how far is it, what failed? */
export default function JobsPage() {
  const [get, set] = useUrlState();
  const [at, setAt] = usePageState();
  const filter = {
    state: get('state') || undefined,
    kind: get('kind') || undefined,
    q: get('q') || undefined,
    ended_within_hours: positiveWhole(get('ended_within_hours')),
  };
  const jobs = useJobs({ ...filter, page: at.page, page_size: at.pageSize });
  const mayDeploy = useMay('fleet.operate');
  const filtered = Object.values(filter).some(Boolean);
  const change = (values: Record<string, string | undefined>) =>
    set({ ...values, page: undefined });
  return (
    <>
      <PageHeader
        title="Jobs"
        subtitle={jobs.data ? count(jobs.data.total, 'job') : 'Loading'}
        actions={
          mayDeploy && (
            <LinkButton variant="contained" to={paths.deploy}>
              Deploy
            </LinkButton>
          )
        }
      />
      <Panel flush>
        <Stack direction="row" sx={{ p: 1.5, gap: 1, flexWrap: 'wrap' }}>
          <SearchField label="Search jobs" value={get('q')} onChange={(q) => change({ q })} />
          <Choice
            label="State"
            value={get('state')}
            options={stateChoices(get('state'))}
            onChange={(state) => change({ state })}
          />
          <Choice
            label="Kind"
            value={get('kind')}
            options={kinds.map((k) => [k, plain(k)])}
            onChange={(kind) => change({ kind })}
          />
          {filter.ended_within_hours && (
            <Chip
              label={`Ended in the last ${count(filter.ended_within_hours, 'hour')}`}
              onDelete={() => change({ ended_within_hours: '' })}
            />
          )}
        </Stack>
        <DataTable
          label="Jobs"
          columns={columns}
          rows={jobs.data?.items}
          total={jobs.data?.total ?? 0}
          rowId={(j) => j.id}
          at={at}
          onChange={setAt}
          busy={jobs.isPlaceholderData}
          problem={problemOf(jobs)}
          empty={
            filtered ? (
              <EmptyState
                title="No job matches"
                action={
                  <Button
                    variant="outlined"
                    onClick={() => change({ q: '', state: '', kind: '', ended_within_hours: '' })}
                  >
                    Clear the filter
                  </Button>
                }
              />
            ) : (
              <EmptyState
                title="No jobs yet"
                action={
                  mayDeploy && (
                    <LinkButton variant="contained" to={paths.deploy}>
                      Deploy patches
                    </LinkButton>
                  )
                }
              >
                A job is one order to one or many hosts. Deploying makes one.
              </EmptyState>
            )
          }
        />
      </Panel>
    </>
  );
}
