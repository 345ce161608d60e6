import { problemOf } from '../../api/problem';
import { useMay } from '../../api/session';
import type { Host, Patch } from '../../api/types';
import { bytes } from '../../lib/numbers';
import { deployTo } from '../../lib/paths';
import { severityStatus } from '../../lib/status';
import { usePageState, useUrlState } from '../../lib/url';
import { type Column, DataTable } from '../../ui/DataTable';
import { LinkButton } from '../../ui/LinkButton';
import { Stack, ToggleButton, Tooltip } from '../../ui/mui';
import { Mono, Panel } from '../../ui/Page';
import { SearchField } from '../../ui/SearchField';
import { StatusPill } from '../../ui/StatusPill';
import { EmptyState } from '../../ui/states';
import { Time } from '../../ui/Time';
import { useHostPart } from './queries';

const columns: Column<Patch>[] = [
  {
    key: 'name',
    name: 'Package',
    width: 140,
    grow: true,
    cell: (p) => (
      <Tooltip title={`${p.name} ${p.arch}, source ${p.source}`} describeChild>
        <span className="mono">{p.name}</span>
      </Tooltip>
    ),
  },
  {
    key: 'current_version',
    name: 'Installed',
    width: 140,
    grow: true,
    cell: (p) => <Mono title={p.current_version}>{p.current_version}</Mono>,
  },
  {
    key: 'available_version',
    name: 'Available',
    width: 140,
    grow: true,
    cell: (p) => <Mono title={p.available_version}>{p.available_version}</Mono>,
  },
  {
    key: 'severity',
    name: 'Severity',
    width: 106,
    cell: (p) => (
      <StatusPill
        status={severityStatus(p.severity)}
        hint={p.severity === 'unknown' ? 'No source has said how severe this is.' : undefined}
      />
    ),
  },
  { key: 'security', name: 'Kind', width: 80, cell: (p) => (p.security ? 'security' : 'other') },
  {
    key: 'origin',
    name: 'Origin',
    width: 124,
    cell: (p) => (
      <Tooltip title={`${p.origin} ${p.suite}`} describeChild>
        <span>{p.origin}</span>
      </Tooltip>
    ),
  },
  { key: 'cves', name: 'Advisories', width: 116, cell: (p) => <Advisories patch={p} /> },
  { key: 'size_bytes', name: 'Size', width: 76, align: 'right', cell: (p) => bytes(p.size_bytes) },
  { key: 'notes', name: 'Notes', width: 72, grow: true, cell: (p) => notes(p) },
];

function Advisories({ patch }: { patch: Patch }) {
  const all = [...patch.advisories, ...patch.cve_ids];
  if (all.length === 0) return 'none known';
  return (
    <Tooltip title={all.join(', ')} describeChild>
      <span>
        {all[0]}
        {all.length > 1 && ` +${all.length - 1}`}
      </span>
    </Tooltip>
  );
}

function notes(patch: Patch): string {
  return (
    [
      patch.held && 'held',
      patch.phased && 'phased',
      patch.kept_back,
      patch.requires_reboot && 'reboot',
    ]
      .filter(Boolean)
      .join(', ') || '–'
  );
}

export function HostPatches({ host }: { host: Host }) {
  const [get, set] = useUrlState();
  const [at, setAt] = usePageState();
  const onlySecurity = get('security') === 'true';
  const query = {
    q: get('q') || undefined,
    security: onlySecurity ? ('true' as const) : undefined,
    page: at.page,
    page_size: at.pageSize,
  };
  const mayDeploy = useMay('fleet.operate');
  const patches = useHostPart('hostPatches', host.id, query);
  return (
    <Panel flush>
      <Stack direction="row" sx={{ p: 1.5, gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
        <SearchField
          label="Search packages or CVEs"
          value={get('q')}
          onChange={(q) => set({ q, page: undefined })}
        />
        <ToggleButton
          value="security"
          size="small"
          selected={onlySecurity}
          sx={{ height: 34, textTransform: 'none' }}
          onChange={() => set({ security: onlySecurity ? undefined : 'true', page: undefined })}
        >
          Security only
        </ToggleButton>
        <span>
          Package lists of <Time at={patches.data?.checked_at} never="an unknown time" />
        </span>
        {mayDeploy && (
          <LinkButton sx={{ ml: 'auto' }} variant="outlined" to={deployTo([host.id])}>
            Plan these patches
          </LinkButton>
        )}
      </Stack>
      <DataTable
        label={`Pending patches of ${host.name}`}
        columns={columns}
        rows={patches.data?.items}
        total={patches.data?.total ?? 0}
        rowId={(p) => `${p.name}:${p.arch}`}
        at={at}
        onChange={setAt}
        busy={patches.isPlaceholderData}
        problem={problemOf(patches)}
        empty={<NoPatches host={host} filtered={Boolean(query.q || onlySecurity)} />}
      />
    </Panel>
  );
}

function NoPatches({ host, filtered }: { host: Host; filtered: boolean }) {
  if (filtered)
    return (
      <EmptyState title="No patch matches">
        Change the search words or show more than security updates.
      </EmptyState>
    );
  if (!host.pending)
    return (
      <EmptyState title="Patches were never read">
        The agent has not answered yet; refresh the host to try now.
      </EmptyState>
    );
  return (
    <EmptyState title="Nothing is pending">
      Every installed package is the newest that its repositories offer.
    </EmptyState>
  );
}
