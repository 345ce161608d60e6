import { Fragment } from 'react';
import type { Host } from '../../api/types';
import { paths, withQuery } from '../../lib/paths';
import { hostStatus } from '../../lib/status';
import { groups } from '../../lib/words';
import { CopyButton } from '../../ui/Copy';
import { CountLink, Link } from '../../ui/Link';
import { Box, Stack } from '../../ui/mui';
import { Facts, Mono, Panel } from '../../ui/Page';
import { SeverityCounts } from '../../ui/SeverityCounts';
import { SimpleTable } from '../../ui/SimpleTable';
import { StatusPill } from '../../ui/StatusPill';
import { Time } from '../../ui/Time';
import { RebootCell } from './columns';
import { HostGroups } from './HostGroups';
import { HostNote } from './HostNote';
import { labelText } from './labels';

export function HostOverview({ host }: { host: Host }) {
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 2,
        gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'minmax(0, 1fr) minmax(0, 1fr)' },
        alignItems: 'start',
      }}
    >
      <Stack sx={{ gap: 2 }}>
        <Panel title="State">
          <Facts items={stateFacts(host)} />
        </Panel>
        <Panel title="Agent">
          <Facts items={agentFacts(host)} />
        </Panel>
      </Stack>
      <Stack sx={{ gap: 2 }}>
        <Panel title="System">
          <Facts items={systemFacts(host)} />
        </Panel>
        <HostNote host={host} />
        <HostGroups host={host} />
      </Stack>
      <Box sx={{ gridColumn: '1 / -1' }}>
        <Repositories host={host} />
      </Box>
    </Box>
  );
}

const list = (values: string[], none = 'none') =>
  values.length > 0 ? <Mono>{values.join(', ')}</Mono> : none;

function stateFacts(host: Host): [string, React.ReactNode][] {
  return [
    [
      'State',
      <>
        <StatusPill status={hostStatus(host.state)} /> since{' '}
        <Time at={host.state_since} never="an unknown time" />
      </>,
    ],
    ...(host.state_reason ? ([['Reason', host.state_reason]] as [string, string][]) : []),
    [
      'Pending patches',
      host.pending ? (
        <>
          <CountLink
            n={host.pending.total}
            to={paths.host(host.id, 'patches')}
            label="pending patches"
          />
          , of them {groups(host.pending.security)} security, {groups(host.pending.held)} held
        </>
      ) : (
        'never read'
      ),
    ],
    ['By severity', host.pending ? <SeverityCounts counts={host.pending} /> : 'never read'],
    ['Patches read', <Time at={host.pending_checked_at} />],
    [
      'Reboot',
      <>
        <RebootCell needed={host.reboot_needed} />
        {host.reboot_reasons.length > 0 && (
          <Box sx={{ color: 'text.secondary', mt: 0.5 }}>{host.reboot_reasons.join('; ')}</Box>
        )}
      </>,
    ],
    ['Services on old files', list(host.services_to_restart)],
    [
      'Package database',
      host.package_db_clean ? (
        'clean'
      ) : (
        <Box sx={{ color: 'error.main' }}>{host.package_db_problems.join('; ') || 'not clean'}</Box>
      ),
    ],
    ['Held packages', list(host.held)],
  ];
}

function systemFacts(host: Host): [string, React.ReactNode][] {
  return [
    ['System', host.os ? `${host.os} (${host.os_version})` : 'not known'],
    ['Running kernel', <Mono>{host.kernel}</Mono>],
    ['Architecture', host.architecture],
    ['Virtualization', host.virtualization || 'none'],
    ['Addresses', list(host.addresses)],
    ['Started', <Time at={host.booted_at} never="not known" />],
    ['Machine id', <Copyable text={host.machine_id} name="machine id" />],
    ['Boot id', <Copyable text={host.boot_id} name="boot id" />],
    ['Package lists fetched', <Time at={host.last_update_check} />],
    ['Packages last changed', <Time at={host.last_update_apply} />],
    [
      'Packages',
      host.package_count === null ? (
        'never read'
      ) : (
        <CountLink
          n={host.package_count}
          to={paths.host(host.id, 'packages')}
          label="installed packages"
        />
      ),
    ],
  ];
}

function agentFacts(host: Host): [string, React.ReactNode][] {
  return [
    ['Version', <Mono>{host.agent_version || 'not known'}</Mono>],
    [
      'Address',
      <Mono>
        {host.address}:{host.port}
      </Mono>,
    ],
    ['Last seen', <Time at={host.last_seen_at} />],
    ['Facts read', <Time at={host.refreshed_at} />],
    ['Certificate ends', <Time at={host.certificate_expires_at} never="not known" />],
    ['Enrolled', <Time at={host.enrolled_at} never="not yet" />],
    ...(host.registered_at
      ? ([
          [
            'Registered',
            <>
              <Time at={host.registered_at} /> by {host.registered_by}
            </>,
          ],
        ] as [string, React.ReactNode][])
      : []),
    ['Labels', <Labels labels={host.labels} />],
    ['Can do', host.capabilities.join(', ') || 'not known'],
  ];
}

/** Each label leads to the hosts that have it. */
function Labels({ labels }: { labels: Host['labels'] }) {
  if (labels.length === 0) return 'none';
  return labels.map((label, i) => (
    <Fragment key={label.key}>
      {i > 0 && ', '}
      <Link to={withQuery(paths.hosts, { label: labelText(label) })}>{labelText(label)}</Link>
    </Fragment>
  ));
}

function Copyable(props: { text: string; name: string }) {
  if (!props.text) return 'not known';
  return (
    <>
      <Mono>{props.text}</Mono> <CopyButton text={props.text} label={`Copy ${props.name}`} />
    </>
  );
}

function Repositories({ host }: { host: Host }) {
  return (
    <Panel title="Repositories" flush>
      <SimpleTable
        caption="Package sources of this host"
        rows={host.repositories}
        rowKey={(r) => `${r.uri} ${r.suite} ${r.label}`}
        columns={[
          { name: 'Address', cell: (r) => r.uri, mono: true },
          { name: 'Suite', cell: (r) => r.suite, mono: true },
          { name: 'Label', cell: (r) => r.label },
          { name: 'Security', cell: (r) => (r.security ? 'yes' : 'no') },
          { name: 'Released', cell: (r) => <Time at={r.updated_at} never="not known" /> },
          {
            name: 'Problem',
            cell: (r) => (r.problem ? <Box sx={{ color: 'error.main' }}>{r.problem}</Box> : 'none'),
          },
        ]}
      />
    </Panel>
  );
}
