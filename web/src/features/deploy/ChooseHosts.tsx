import { useState } from 'react';
import { problemOf } from '../../api/problem';
import type { HostRow } from '../../api/types';
import { paths } from '../../lib/paths';
import { hostStatus } from '../../lib/status';
import { usePageState } from '../../lib/url';
import { count } from '../../lib/words';
import { type Column, DataTable } from '../../ui/DataTable';
import { LinkButton } from '../../ui/LinkButton';
import { Button, Stack } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { SearchField } from '../../ui/SearchField';
import { SeverityCounts } from '../../ui/SeverityCounts';
import { StatusPill } from '../../ui/StatusPill';
import { EmptyState } from '../../ui/states';
import { Time } from '../../ui/Time';
import { useHostChoice } from './queries';

const columns: Column<HostRow>[] = [
  { key: 'name', name: 'Name', width: 200, grow: true, sortable: true, cell: (h) => h.name },
  {
    key: 'state',
    name: 'State',
    width: 130,
    sortable: true,
    cell: (h) => <StatusPill status={hostStatus(h.state)} />,
  },
  {
    key: 'security',
    name: 'Severity',
    width: 170,
    sortable: true,
    cell: (h) => (h.pending ? <SeverityCounts counts={h.pending} /> : 'not known'),
  },
  {
    key: 'pending',
    name: 'Patches',
    width: 90,
    align: 'right',
    sortable: true,
    cell: (h) => h.pending?.total ?? '–',
  },
  { key: 'os', name: 'System', width: 180, sortable: true, cell: (h) => h.os },
  {
    key: 'last_seen',
    name: 'Last seen',
    width: 110,
    sortable: true,
    cell: (h) => <Time at={h.last_seen_at} />,
  },
];

const sorts = ['name', 'state', 'os', 'pending', 'security', 'last_seen'] as const;

/** The hosts to choose from, those with security updates first. */
export function ChooseHosts(props: { chosen: string[]; onChoose: (ids: string[]) => void }) {
  const [selected, setSelected] = useState(new Set(props.chosen));
  const [q, setQ] = useState('');
  const [at, setAt] = usePageState({ sort: 'security', order: 'desc' }, 'h_');
  const hosts = useHostChoice({
    q: q || undefined,
    sort: sorts.find((s) => s === at.sort),
    order: at.order,
    page: at.page,
    page_size: at.pageSize,
  });
  return (
    <Panel flush>
      <Stack direction="row" sx={{ p: 1.5, gap: 1, alignItems: 'center' }}>
        <SearchField
          label="Search name or address"
          value={q}
          onChange={(text) => {
            setQ(text);
            setAt({ ...at, page: 1 });
          }}
        />
        <span role="status">{count(selected.size, 'host')} chosen</span>
        <Button
          sx={{ ml: 'auto' }}
          variant="contained"
          disabled={selected.size === 0}
          onClick={() => props.onChoose([...selected])}
        >
          Go on with {count(selected.size, 'host')}
        </Button>
      </Stack>
      <DataTable
        label="Hosts to choose from"
        columns={columns}
        rows={hosts.data?.items}
        total={hosts.data?.total ?? 0}
        rowId={(h) => h.id}
        at={at}
        onChange={setAt}
        busy={hosts.isPlaceholderData}
        problem={problemOf(hosts)}
        selected={selected}
        onSelect={setSelected}
        empty={
          <EmptyState
            title={q ? 'No host matches' : 'No hosts yet'}
            action={
              !q && (
                <LinkButton variant="contained" to={paths.addHost}>
                  Add a host
                </LinkButton>
              )
            }
          />
        }
      />
    </Panel>
  );
}
