import { problemOf } from '../../api/problem';
import { useMay } from '../../api/session';
import type { Fleet } from '../../api/types';
import { paths, withQuery } from '../../lib/paths';
import { hostStateOrder, hostStatus, severityOrder, severityStatus } from '../../lib/status';
import { count } from '../../lib/words';
import { BarList } from '../../ui/BarList';
import { CountLink, Link } from '../../ui/Link';
import { LinkButton } from '../../ui/LinkButton';
import { Alert, Box, Stack, Typography } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { Attention } from './Attention';
import { useFleet } from './queries';
import { RecentJobs } from './RecentJobs';

/** Is the fleet safe, what is running, what needs me now? */
export default function DashboardPage() {
  const fleet = useFleet();
  const problem = problemOf(fleet);
  if (problem)
    return (
      <>
        <PageHeader title="Dashboard" />
        <ErrorState {...problem} onRetry={problem.retry} />
      </>
    );
  if (!fleet.data)
    return (
      <>
        <PageHeader title="Dashboard" />
        <Panel>
          <TextSkeleton lines={8} />
        </Panel>
      </>
    );
  return <Overview fleet={fleet.data} />;
}

function Overview({ fleet }: { fleet: Fleet }) {
  return (
    <>
      <PageHeader
        title="Dashboard"
        subtitle={
          <>
            As of <Time at={fleet.generated_at} />
          </>
        }
        actions={
          <LinkButton to={withQuery(paths.hosts, { pending: 'security' })}>
            Hosts with security updates
          </LinkButton>
        }
      />
      {!fleet.worker_alive && (
        <Alert severity="error" variant="outlined" sx={{ mb: 2 }}>
          No worker has reported for 30 seconds: hosts are not polled and jobs do not start. Check
          that patch-manager worker (or serve) is running.
        </Alert>
      )}
      {fleet.hosts.total === 0 ? (
        <NoHosts waiting={fleet.enrollments_pending} />
      ) : (
        <Tiles fleet={fleet} />
      )}
    </>
  );
}

function NoHosts({ waiting }: { waiting: number }) {
  const mayAdd = useMay('hosts.manage');
  return (
    <Panel>
      <EmptyState
        title="No hosts yet"
        action={
          mayAdd && (
            <LinkButton variant="contained" to={paths.addHost}>
              Add a host
            </LinkButton>
          )
        }
      >
        {waiting > 0
          ? `${count(waiting, 'host')} asked to be enrolled and wait${waiting === 1 ? 's' : ''} for approval.`
          : 'Install the agent on a machine and let it enroll itself; the next page has the command to paste.'}
      </EmptyState>
    </Panel>
  );
}

function Tiles({ fleet }: { fleet: Fleet }) {
  const wide = { xs: '1fr', md: '1fr 1fr', xl: '1fr 1fr 1fr' };
  return (
    <Stack sx={{ gap: 2 }}>
      <Headline fleet={fleet} />
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: wide, alignItems: 'stretch' }}>
        <Panel title="Needs attention" flush>
          <Attention items={fleet.attention} />
        </Panel>
        <Stack sx={{ gap: 2 }}>
          <Panel title="Hosts by severity of pending patches">
            <BarList
              label="Hosts by severity of pending patches"
              bars={severityOrder.map((s) => ({
                key: s,
                status: severityStatus(s),
                n: fleet.pending.hosts_by_severity[s],
                to: withQuery(paths.hosts, { severity: s }),
                label: `hosts that miss ${s} patches`,
                hint: count(fleet.pending.by_severity[s], 'patch', 'patches'),
              }))}
            />
          </Panel>
          <Panel title="Hosts by state">
            <BarList
              label="Hosts by state"
              bars={hostStateOrder.map((s) => ({
                key: s,
                status: hostStatus(s),
                n: fleet.hosts[s],
                to: withQuery(paths.hosts, { state: s }),
                label: `${s} hosts`,
              }))}
            />
          </Panel>
        </Stack>
        <Box sx={{ gridColumn: { md: '1 / -1', xl: 'auto' }, display: 'grid' }}>
          <Panel title="Jobs" flush actions={<Link to={paths.jobs}>All jobs</Link>}>
            <RecentJobs jobs={fleet.jobs.recent} />
          </Panel>
        </Box>
      </Box>
    </Stack>
  );
}

/** The totals, each leading to the list that it counts. */
function Headline({ fleet }: { fleet: Fleet }) {
  const { compliance: c, pending: p } = fleet;
  const tiles = [
    {
      name: 'Hosts',
      n: fleet.hosts.total,
      to: paths.hosts,
      note: `${fleet.hosts.healthy} healthy`,
    },
    {
      name: 'Compliant',
      n: c.compliant,
      to: withQuery(paths.hosts, { compliance: 'compliant' }),
      note: `${c.not_compliant} not, ${c.unknown} unknown`,
      hint: c.definition,
    },
    {
      name: 'With security updates',
      n: p.hosts_with_security,
      to: withQuery(paths.hosts, { pending: 'security' }),
      note: `${count(p.patches_security, 'security patch', 'security patches')}`,
    },
    {
      name: 'With any update',
      n: p.hosts_with_pending,
      to: withQuery(paths.hosts, { pending: 'any' }),
      note: `${count(p.patches_total, 'patch', 'patches')}`,
    },
    {
      name: 'Need a reboot',
      n: fleet.reboot_needed,
      to: withQuery(paths.hosts, { reboot: 'true' }),
      note: 'patched, not yet effective',
    },
    {
      name: 'Jobs running',
      n: fleet.jobs.running,
      to: withQuery(paths.jobs, { state: 'queued,running' }),
      note: 'now',
    },
  ];
  return (
    <Panel flush>
      <Box sx={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(150px, 1fr))' }}>
        {tiles.map((tile) => (
          <Box key={tile.name} sx={{ px: 2, py: 1.5 }} title={tile.hint}>
            <Typography variant="caption" sx={{ color: 'text.secondary' }} component="div">
              {tile.name}
            </Typography>
            <Box sx={{ fontSize: 24, lineHeight: '32px', fontWeight: 600 }}>
              <CountLink n={tile.n} to={tile.to} label={tile.name} />
            </Box>
            <Typography variant="caption" sx={{ color: 'text.secondary' }} component="div">
              {tile.note}
            </Typography>
          </Box>
        ))}
      </Box>
    </Panel>
  );
}
