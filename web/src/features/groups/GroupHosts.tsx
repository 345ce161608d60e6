import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { problemOf } from '../../api/problem';
import { useSession } from '../../api/session';
import type { Group, HostRow } from '../../api/types';
import { can } from '../../lib/can';
import { usePageState, useUrlState } from '../../lib/url';
import { count } from '../../lib/words';
import { Confirm } from '../../ui/Confirm';
import { DataTable } from '../../ui/DataTable';
import { Button, Stack } from '../../ui/mui';
import { Panel } from '../../ui/Page';
import { SearchField } from '../../ui/SearchField';
import { EmptyState } from '../../ui/states';
import { AddHosts } from './AddHosts';
import { hostColumns, sortOf } from './hostColumns';
import { useHostList, useMembers, useRemoveHosts } from './queries';
import { lostSight, sightWords } from './sight';

/** The hosts of a group, with adding and removing. */
export function GroupHosts({ group }: { group: Group }) {
  const [get, set] = useUrlState();
  const [at, setAt] = usePageState({ sort: 'name', order: 'asc' });
  const mayChange = can(useSession().user, 'groups.manage');
  const [selected, setSelected] = useState<Map<string, HostRow>>(new Map());
  const [asked, setAsked] = useState<'add' | 'remove' | null>(null);
  const hosts = useHostList({
    q: get('q') || undefined,
    group_id: [group.id],
    sort: sortOf(at.sort),
    order: at.order,
    page: at.page,
    page_size: at.pageSize,
  });
  const choose = (ids: Set<string>) => {
    const known = [...selected.values(), ...(hosts.data?.items ?? [])];
    setSelected(new Map(known.filter((h) => ids.has(h.id)).map((h) => [h.id, h])));
  };
  const add = mayChange && (
    <Button variant="contained" onClick={() => setAsked('add')}>
      Add hosts
    </Button>
  );
  return (
    <Panel flush>
      <Stack direction="row" sx={{ p: 1.5, gap: 1, alignItems: 'center', flexWrap: 'wrap' }}>
        <SearchField
          label="Search name or address"
          value={get('q')}
          onChange={(q) => set({ q, page: undefined })}
        />
        <Stack direction="row" sx={{ ml: 'auto', gap: 1 }}>
          {selected.size > 0 && (
            <Button color="error" variant="outlined" onClick={() => setAsked('remove')}>
              Remove {count(selected.size, 'host')}…
            </Button>
          )}
          {add}
        </Stack>
      </Stack>
      <DataTable
        label={`Hosts of ${group.name}`}
        columns={hostColumns}
        rows={hosts.data?.items}
        total={hosts.data?.total ?? 0}
        rowId={(h) => h.id}
        at={at}
        onChange={setAt}
        busy={hosts.isPlaceholderData}
        problem={problemOf(hosts)}
        selected={mayChange ? new Set(selected.keys()) : undefined}
        onSelect={mayChange ? choose : undefined}
        empty={
          get('q') ? (
            <EmptyState title="No host of this group matches" />
          ) : (
            <EmptyState title="No hosts in this group" action={add}>
              Its members see no host through it.
            </EmptyState>
          )
        }
      />
      {asked === 'add' && <AddHosts group={group} onClose={() => setAsked(null)} />}
      {asked === 'remove' && (
        <Remove
          group={group}
          hosts={[...selected.values()]}
          onClose={() => setAsked(null)}
          onDone={() => {
            setAsked(null);
            setSelected(new Map());
          }}
        />
      )}
    </Panel>
  );
}

function Remove(props: {
  group: Group;
  hosts: HostRow[];
  onClose: () => void;
  onDone: () => void;
}) {
  const members = useMembers(props.group.id);
  const remove = useRemoveHosts(props.group.id, props.group.name, props.onDone);
  const error = remove.error ?? members.error;
  return (
    <Confirm
      open
      title="Remove from the group"
      verb={`Remove ${count(props.hosts.length, 'host')}`}
      danger
      disabled={!members.data}
      busy={remove.isPending}
      error={error ? messageOf(error) : undefined}
      requestId={requestIdOf(error)}
      onClose={props.onClose}
      onConfirm={() => remove.mutate(props.hosts.map((h) => h.id))}
    >
      {count(props.hosts.length, 'host')} {props.hosts.length === 1 ? 'leaves' : 'leave'}{' '}
      <strong>{props.group.name}</strong>; nothing changes on the machines.{' '}
      <span role="status">
        {members.data
          ? sightWords(lostSight(props.group.id, members.data.items, props.hosts))
          : 'Looking who loses sight of them.'}
      </span>
    </Confirm>
  );
}
