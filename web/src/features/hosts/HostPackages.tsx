import { problemOf } from '../../api/problem';
import type { Host, Package } from '../../api/types';
import { bytes } from '../../lib/numbers';
import { usePageState, useUrlState } from '../../lib/url';
import { type Column, DataTable } from '../../ui/DataTable';
import { Stack } from '../../ui/mui';
import { Mono, Panel } from '../../ui/Page';
import { SearchField } from '../../ui/SearchField';
import { EmptyState } from '../../ui/states';
import { useHostPart } from './queries';

const columns: Column<Package>[] = [
  { key: 'name', name: 'Package', width: 200, grow: true, cell: (p) => <Mono>{p.name}</Mono> },
  {
    key: 'version',
    name: 'Version',
    width: 220,
    grow: true,
    cell: (p) => <Mono>{p.version}</Mono>,
  },
  { key: 'arch', name: 'Arch', width: 80, cell: (p) => p.arch },
  { key: 'source', name: 'Source', width: 180, cell: (p) => <Mono>{p.source}</Mono> },
  { key: 'origin', name: 'Origin', width: 140, cell: (p) => p.origin || 'not known' },
  { key: 'size', name: 'Size', width: 90, align: 'right', cell: (p) => bytes(p.size_bytes) },
  { key: 'held', name: 'Held', width: 70, cell: (p) => (p.held ? 'held' : 'no') },
  {
    key: 'auto',
    name: 'Installed as',
    width: 110,
    cell: (p) => (p.auto ? 'dependency' : 'chosen'),
  },
];

export function HostPackages({ host }: { host: Host }) {
  const [get, set] = useUrlState();
  const [at, setAt] = usePageState();
  const q = get('q') || undefined;
  const packages = useHostPart('hostPackages', host.id, {
    q,
    page: at.page,
    page_size: at.pageSize,
  });
  return (
    <Panel flush>
      <Stack direction="row" sx={{ p: 1.5 }}>
        <SearchField
          label="Search packages"
          value={get('q')}
          onChange={(value) => set({ q: value, page: undefined })}
        />
      </Stack>
      <DataTable
        label={`Packages of ${host.name}`}
        columns={columns}
        rows={packages.data?.items}
        total={packages.data?.total ?? 0}
        rowId={(p) => `${p.name}:${p.arch}:${p.version}`}
        at={at}
        onChange={setAt}
        busy={packages.isPlaceholderData}
        problem={problemOf(packages)}
        empty={
          <EmptyState title={q ? 'No package matches' : 'Packages were never read'}>
            {q ? 'Change the search words.' : 'Refresh the host to read them now.'}
          </EmptyState>
        }
      />
    </Panel>
  );
}
