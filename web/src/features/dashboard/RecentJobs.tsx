import { useMay } from '../../api/session';
import type { JobSummary } from '../../api/types';
import { paths } from '../../lib/paths';
import { isFinal, jobStatus } from '../../lib/status';
import { Link } from '../../ui/Link';
import { LinkButton } from '../../ui/LinkButton';
import { Box } from '../../ui/mui';
import { ProgressBar, StatusPill } from '../../ui/StatusPill';
import { EmptyState } from '../../ui/states';
import { Time } from '../../ui/Time';
import { line } from '../../ui/tones';

export function RecentJobs({ jobs }: { jobs: JobSummary[] }) {
  const mayDeploy = useMay('fleet.operate');
  if (jobs.length === 0) {
    return (
      <EmptyState
        title="No jobs yet"
        action={
          mayDeploy && (
            <LinkButton to={paths.deploy} variant="outlined">
              Deploy patches
            </LinkButton>
          )
        }
      >
        A job is one order to one or many hosts. Deploying makes one.
      </EmptyState>
    );
  }
  return (
    <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {jobs.map((job) => (
        <Box
          key={job.id}
          component="li"
          sx={{
            px: 2,
            py: 1,
            borderTop: `1px solid ${line}`,
            fontSize: 13,
            display: 'grid',
            gap: 0.5,
          }}
        >
          <Box
            sx={{
              display: 'flex',
              gap: 1,
              justifyContent: 'space-between',
              alignItems: 'baseline',
            }}
          >
            <Box sx={{ minWidth: 0 }}>
              <Link to={paths.job(job.id)}>
                #{job.number} {job.title}
              </Link>
            </Box>
            <StatusPill status={jobStatus(job.state)} />
          </Box>
          <Box sx={{ display: 'flex', gap: 1, color: 'text.secondary', alignItems: 'center' }}>
            <Box component="span" sx={{ whiteSpace: 'nowrap' }}>
              <Time at={job.created_at} /> by {job.created_by}
            </Box>
            {!isFinal(job.state) && (
              <>
                <ProgressBar
                  percent={job.progress}
                  status={jobStatus(job.state)}
                  label={`Progress of job ${job.number}`}
                />
                <span className="num">{job.progress}&nbsp;%</span>
              </>
            )}
          </Box>
        </Box>
      ))}
    </Box>
  );
}
