import { useNavigate, useParams } from 'react-router';
import { isNotFound } from '../../api/errors';
import { problemOf } from '../../api/problem';
import type { Host } from '../../api/types';
import { deployTo, paths } from '../../lib/paths';
import { hostStatus } from '../../lib/status';
import { Link } from '../../ui/Link';
import { LinkButton } from '../../ui/LinkButton';
import { LinkTabs } from '../../ui/LinkTabs';
import { Alert, Box } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { StatusPill } from '../../ui/StatusPill';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { HostActions } from './HostActions';
import { HostJobs } from './HostJobs';
import { HostOverview } from './HostOverview';
import { HostPackages } from './HostPackages';
import { HostPatches } from './HostPatches';
import { HostTimeline } from './HostTimeline';
import { useHost } from './queries';

/** What is this machine, what is wrong with it, what will happen, what happened? */
export default function HostPage() {
  const { id = '', tab = 'overview' } = useParams();
  const host = useHost(id);
  if (host.error && isNotFound(host.error)) return <Gone />;
  const problem = problemOf(host);
  if (problem)
    return (
      <>
        <PageHeader title="Host" />
        <ErrorState {...problem} onRetry={problem.retry} />
      </>
    );
  if (!host.data)
    return (
      <>
        <PageHeader title="Host" />
        <Panel>
          <TextSkeleton lines={10} />
        </Panel>
      </>
    );
  return <HostView host={host.data} tab={tab} />;
}

function Gone() {
  return (
    <Panel>
      <EmptyState
        title="No such host"
        action={
          <LinkButton to={paths.hosts} variant="outlined">
            All hosts
          </LinkButton>
        }
      >
        It was removed, or it never existed, or you may not see it.
      </EmptyState>
    </Panel>
  );
}

function HostView({ host, tab }: { host: Host; tab: string }) {
  const navigate = useNavigate();
  const tabs = [
    { id: 'overview', label: 'Overview', to: paths.host(host.id) },
    {
      id: 'patches',
      label: 'Patches',
      to: paths.host(host.id, 'patches'),
      count: host.pending?.total,
    },
    {
      id: 'packages',
      label: 'Packages',
      to: paths.host(host.id, 'packages'),
      count: host.package_count,
    },
    { id: 'jobs', label: 'Jobs', to: paths.host(host.id, 'jobs') },
    { id: 'timeline', label: 'Timeline', to: paths.host(host.id, 'timeline') },
  ];
  const shown = tabs.some((t) => t.id === tab) ? tab : 'overview';
  return (
    <>
      <PageHeader
        title={host.name}
        aside={
          <>
            <StatusPill status={hostStatus(host.state)} hint={host.state_reason || undefined} />
            {host.reboot_needed && <RebootPill />}
          </>
        }
        subtitle={
          <>
            {host.fqdn && host.fqdn !== host.name && `${host.fqdn} · `}
            {host.os && `${host.os} · `}seen <Time at={host.last_seen_at} />
          </>
        }
        actions={
          <>
            <HostActions
              host={host}
              onRemoved={() => navigate(paths.hosts)}
              onJob={(job) => navigate(paths.job(job))}
            />
            <LinkButton
              variant="contained"
              to={deployTo([host.id])}
              disabled={host.enrolled_at === null}
              title={host.enrolled_at === null ? 'Its agent has not enrolled yet.' : undefined}
            >
              Deploy
            </LinkButton>
          </>
        }
      />
      <Notice host={host} />
      <LinkTabs tabs={tabs} selected={shown} label="Parts of this host" />
      {shown === 'overview' && <HostOverview host={host} />}
      {shown === 'patches' && <HostPatches host={host} />}
      {shown === 'packages' && <HostPackages host={host} />}
      {shown === 'jobs' && <HostJobs host={host} />}
      {shown === 'timeline' && <HostTimeline host={host} />}
    </>
  );
}

const RebootPill = () => (
  <StatusPill status={{ label: 'Reboot needed', tone: 'medium', shape: 'clock' }} />
);

/** What happens next, or what is wrong, as one sentence over everything. */
function Notice({ host }: { host: Host }) {
  if (host.current_job) {
    return (
      <Alert severity="info" variant="outlined" sx={{ mb: 2 }}>
        A {host.current_job.kind} job is {host.current_job.state} here.{' '}
        <Link to={paths.job(host.current_job.id, host.id)}>Follow it</Link>
      </Alert>
    );
  }
  if (host.enrolled_at === null) {
    return (
      <Alert severity="info" variant="outlined" sx={{ mb: 2 }}>
        {host.state_reason} {host.next} <Link to={paths.addHost}>Show the command</Link>
      </Alert>
    );
  }
  if (host.state === 'unreachable' || host.state === 'degraded') {
    return (
      <Alert
        severity={host.state === 'degraded' ? 'warning' : 'error'}
        variant="outlined"
        sx={{ mb: 2 }}
      >
        {host.state_reason || hostStatus(host.state).label}, since{' '}
        <Time at={host.state_since} never="an unknown time" />. {host.next}
      </Alert>
    );
  }
  return <Box sx={{ mb: 1, fontSize: 13 }}>{host.next}</Box>;
}
