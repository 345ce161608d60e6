import { Fragment } from 'react';
import type { GroupRef, HostRow } from '../../api/types';
import { paths } from '../../lib/paths';
import { hostStatus, jobStatus } from '../../lib/status';
import { shortSystem } from '../../lib/words';
import type { Column } from '../../ui/DataTable';
import { CountLink, Link } from '../../ui/Link';
import { Tooltip } from '../../ui/mui';
import { Mono } from '../../ui/Page';
import { SeverityCounts } from '../../ui/SeverityCounts';
import { StatusPill } from '../../ui/StatusPill';
import { Time } from '../../ui/Time';
import { LabelLinks } from './LabelLinks';

const unknownPatches = { label: 'Not known', tone: 'unknown', shape: 'question' } as const;
const rebootNeeded = { label: 'Needed', tone: 'medium', shape: 'clock' } as const;

export function RebootCell({ needed }: { needed: boolean | null }) {
  if (needed === null)
    return (
      <StatusPill
        status={unknownPatches}
        hint="The agent has not said whether a reboot is needed."
      />
    );
  return needed ? <StatusPill status={rebootNeeded} /> : <span>no</span>;
}

function Next({ host }: { host: HostRow }) {
  const job = host.current_job;
  if (job)
    return (
      <>
        <StatusPill status={jobStatus(job.state)} />{' '}
        <Link to={paths.job(job.id, host.id)}>{job.kind} job</Link>
      </>
    );
  return (
    <Tooltip title={host.next} describeChild>
      <span>{host.next}</span>
    </Tooltip>
  );
}

/** The groups of a host, each leading to its page. */
export function GroupLinks({ groups }: { groups: GroupRef[] }) {
  if (groups.length === 0) return 'none';
  return groups.map((group, i) => (
    <Fragment key={group.id}>
      {i > 0 && ', '}
      <Link to={paths.group(group.id)}>{group.name}</Link>
    </Fragment>
  ));
}

/** Name, state, what is missing, reboot, next and last seen fit into 1280 pixels. */
export const hostColumns: Column<HostRow>[] = [
  {
    key: 'name',
    name: 'Name',
    width: 130,
    grow: true,
    sortable: true,
    cell: (h) => <Link to={paths.host(h.id)}>{h.name}</Link>,
  },
  {
    key: 'state',
    name: 'State',
    width: 116,
    sortable: true,
    cell: (h) => <StatusPill status={hostStatus(h.state)} hint={h.state_reason || undefined} />,
  },
  {
    key: 'security',
    name: 'Severity',
    width: 170,
    sortable: true,
    cell: (h) =>
      h.pending ? (
        <SeverityCounts counts={h.pending} />
      ) : (
        <StatusPill status={unknownPatches} hint="This host's patches were never read." />
      ),
  },
  {
    key: 'pending',
    name: 'Patches',
    width: 70,
    align: 'right',
    sortable: true,
    cell: (h) =>
      h.pending ? (
        <CountLink
          n={h.pending.total}
          to={paths.host(h.id, 'patches')}
          label={`pending patches on ${h.name}`}
        />
      ) : (
        '–'
      ),
  },
  {
    key: 'reboot',
    name: 'Reboot',
    width: 90,
    sortable: true,
    cell: (h) => <RebootCell needed={h.reboot_needed} />,
  },
  {
    key: 'os',
    name: 'System',
    width: 112,
    sortable: true,
    cell: (h) => (
      <Tooltip title={`${h.os} · ${h.kernel} · ${h.architecture}`} describeChild>
        <span>{shortSystem(h.os)}</span>
      </Tooltip>
    ),
  },
  {
    key: 'next',
    name: 'What happens next',
    width: 128,
    grow: true,
    cell: (h) => <Next host={h} />,
  },
  {
    key: 'last_seen',
    name: 'Last seen',
    width: 88,
    sortable: true,
    cell: (h) => <Time at={h.last_seen_at} />,
  },
  {
    key: 'labels',
    name: 'Labels',
    width: 180,
    extra: true,
    cell: (h) => <LabelLinks labels={h.labels} />,
  },
  {
    key: 'certificate',
    name: 'Certificate ends',
    width: 120,
    extra: true,
    sortable: true,
    cell: (h) => <Time at={h.certificate_expires_at} never="none" />,
  },
  {
    key: 'enrolled_at',
    name: 'Enrolled',
    width: 110,
    extra: true,
    sortable: true,
    cell: (h) => <Time at={h.enrolled_at} never="not yet" />,
  },
  {
    key: 'groups',
    name: 'Groups',
    width: 180,
    extra: true,
    cell: (h) => <GroupLinks groups={h.groups} />,
  },
  {
    key: 'address',
    name: 'Address',
    width: 150,
    extra: true,
    cell: (h) => (
      <Mono>
        {h.address}:{h.port}
      </Mono>
    ),
  },
  { key: 'kernel', name: 'Kernel', width: 170, extra: true, cell: (h) => <Mono>{h.kernel}</Mono> },
  {
    key: 'agent_version',
    name: 'Agent',
    width: 90,
    extra: true,
    sortable: true,
    cell: (h) => <Mono>{h.agent_version}</Mono>,
  },
  {
    key: 'checked',
    name: 'Patches read',
    width: 110,
    extra: true,
    cell: (h) => <Time at={h.pending_checked_at} />,
  },
  {
    key: 'state_since',
    name: 'In state since',
    width: 120,
    extra: true,
    sortable: true,
    cell: (h) => <Time at={h.state_since} never="not known" />,
  },
];
