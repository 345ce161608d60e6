import { useNavigate, useParams } from 'react-router';
import { isNotFound } from '../../api/errors';
import { problemOf } from '../../api/problem';
import type { Job } from '../../api/types';
import { paths } from '../../lib/paths';
import { isFinal, jobHostStateOrder, jobHostStatus, jobStatus } from '../../lib/status';
import { useUrlState } from '../../lib/url';
import { groups, plain } from '../../lib/words';
import { Link } from '../../ui/Link';
import { LinkButton } from '../../ui/LinkButton';
import { Alert, Box, Paper, Stack, ToggleButton, ToggleButtonGroup } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { ProgressBar, StatusMark, StatusPill } from '../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { ExactTime, Time } from '../../ui/Time';
import { line } from '../../ui/tones';
import { JobActions } from './JobActions';
import { JobHosts } from './JobHosts';
import { useJob } from './queries';
import { stateSentence } from './words';

/** How far, what failed and why, what can I do? */
export default function JobPage() {
  const { id = '' } = useParams();
  const job = useJob(id);
  if (job.error && isNotFound(job.error)) {
    return (
      <Panel>
        <EmptyState
          title="No such job"
          action={
            <LinkButton to={paths.jobs} variant="outlined">
              All jobs
            </LinkButton>
          }
        >
          It never existed, or you may not see it.
        </EmptyState>
      </Panel>
    );
  }
  const problem = problemOf(job);
  if (problem)
    return (
      <>
        <PageHeader title="Job" />
        <ErrorState {...problem} onRetry={problem.retry} />
      </>
    );
  if (!job.data)
    return (
      <>
        <PageHeader title="Job" />
        <Panel>
          <TextSkeleton lines={10} />
        </Panel>
      </>
    );
  return <JobView key={id} job={job.data} />;
}

function JobView({ job }: { job: Job }) {
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title={`#${job.number} ${job.title}`}
        aside={<StatusPill status={jobStatus(job.state)} />}
        subtitle={<Subtitle job={job} />}
        actions={<JobActions job={job} onStarted={(id) => navigate(paths.job(id))} />}
      />
      <span className="visually-hidden" role="status">
        {stateSentence(job)}
      </span>
      <Stack sx={{ gap: 2 }}>
        {job.cancel_requested_at && !isFinal(job.state) && (
          <Alert severity="info" variant="outlined">
            Cancel was asked for <Time at={job.cancel_requested_at} />. Hosts under way stop at the
            next safe point.
          </Alert>
        )}
        <Progress job={job} />
        <JobHosts job={job} />
      </Stack>
    </>
  );
}

function Subtitle({ job }: { job: Job }) {
  return (
    <>
      Ordered <Time at={job.created_at} /> by {job.created_by}
      {job.started_at && (
        <>
          {' '}
          · started <ExactTime at={job.started_at} />
        </>
      )}
      {job.finished_at && (
        <>
          {' '}
          · finished <Time at={job.finished_at} />
        </>
      )}
      {job.kind === 'patch' && <> · reboot {plain(job.reboot).toLowerCase()}</>}
      {job.parent_job_id && (
        <>
          {' '}
          · <Link to={paths.job(job.parent_job_id)}>belongs to an earlier job</Link>
        </>
      )}
      {job.children.map((child) => (
        <span key={child.id}>
          {' '}
          ·{' '}
          <Link to={paths.job(child.id)}>
            {child.kind} #{child.number} ({jobStatus(child.state).label.toLowerCase()})
          </Link>
        </span>
      ))}
      {job.note && <div>{job.note}</div>}
    </>
  );
}

/** The bar and one filter for each state that hosts are in. */
function Progress({ job }: { job: Job }) {
  const [get, set] = useUrlState();
  const shown = jobHostStateOrder.filter((state) => job.counts[state] > 0);
  return (
    <Paper sx={{ border: `1px solid ${line}`, px: 2, py: 1.5, display: 'grid', gap: 1.25 }}>
      <Box sx={{ display: 'flex', gap: 2, alignItems: 'center' }}>
        <ProgressBar
          percent={job.progress}
          status={jobStatus(job.state)}
          label="Progress of the job"
        />
        <span className="num">{job.progress}&nbsp;%</span>
      </Box>
      <ToggleButtonGroup
        exclusive
        size="small"
        aria-label="Show hosts"
        value={get('state')}
        onChange={(_, state: string | null) => set({ state: state ?? '', page: undefined })}
        sx={{ flexWrap: 'wrap' }}
      >
        <ToggleButton value="" sx={filterStyle}>
          All hosts <span className="num">{groups(job.counts.total)}</span>
        </ToggleButton>
        {shown.map((state) => (
          <ToggleButton key={state} value={state} sx={filterStyle}>
            <StatusMark status={jobHostStatus(state)} />
            {jobHostStatus(state).label} <span className="num">{groups(job.counts[state])}</span>
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </Paper>
  );
}

const filterStyle = {
  gap: 0.75,
  px: 1.25,
  py: 0.25,
  fontSize: 13,
  textTransform: 'none',
  color: 'text.primary',
} as const;
