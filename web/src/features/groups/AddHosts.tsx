import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { problemOf } from '../../api/problem';
import type { Group, HostRow } from '../../api/types';
import { count } from '../../lib/words';
import { Choice } from '../../ui/Choice';
import { DataTable, type TablePage } from '../../ui/DataTable';
import { Button, Stack } from '../../ui/mui';
import { SearchField } from '../../ui/SearchField';
import { SidePanel } from '../../ui/SidePanel';
import { EmptyState, ErrorState } from '../../ui/states';
import { hostColumns, sortOf } from './hostColumns';
import { useAddHosts, useHostList } from './queries';

const firstPage: TablePage = { page: 1, pageSize: 25, sort: 'name', order: 'asc' };

/** Chooses hosts from the whole fleet; those that are in the group already cannot be chosen. */
export function AddHosts({ group, onClose }: { group: Group; onClose: () => void }) {
  const [q, setQ] = useState('');
  const [which, setWhich] = useState('');
  const [at, setAt] = useState(firstPage);
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const add = useAddHosts(group.id, group.name, onClose);
  const hosts = useHostList({
    q: q || undefined,
    group_id: which ? [which] : undefined,
    sort: sortOf(at.sort),
    order: at.order,
    page: at.page,
    page_size: at.pageSize,
  });
  const isIn = (host: HostRow) => host.groups.some((g) => g.id === group.id);
  return (
    <SidePanel
      title={`Add hosts to ${group.name}`}
      width={860}
      onClose={onClose}
      footer={
        <>
          <span role="status" style={{ marginRight: 'auto', alignSelf: 'center' }}>
            {selected.size > 0 &&
              `${count(group.member_count, 'member')} will see ${count(selected.size, 'more host', 'more hosts')}.`}
          </span>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="contained"
            disabled={selected.size === 0}
            loading={add.isPending}
            onClick={() => add.mutate([...selected])}
          >
            Add {count(selected.size, 'host')}
          </Button>
        </>
      }
    >
      <Stack direction="row" sx={{ mb: 1.5, gap: 1 }}>
        <SearchField
          label="Search name or address"
          value={q}
          autoFocus
          onChange={(text) => {
            setQ(text);
            setAt(firstPage);
          }}
        />
        <Choice
          label="Group"
          value={which}
          options={[['none', 'In no group']]}
          onChange={(value) => {
            setWhich(value);
            setAt(firstPage);
          }}
        />
      </Stack>
      {add.error && (
        <ErrorState message={messageOf(add.error)} requestId={requestIdOf(add.error)} />
      )}
      <DataTable
        label="Hosts to add"
        columns={hostColumns}
        rows={hosts.data?.items}
        total={hosts.data?.total ?? 0}
        rowId={(h) => h.id}
        at={at}
        onChange={setAt}
        busy={hosts.isPlaceholderData}
        problem={problemOf(hosts)}
        selected={selected}
        onSelect={setSelected}
        isSelectable={(host) => !isIn(host)}
        empty={<EmptyState title="No host matches" />}
      />
    </SidePanel>
  );
}
