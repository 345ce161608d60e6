import { useState } from 'react';
import { useNavigate } from 'react-router';
import { problemOf } from '../../api/problem';
import { useSession } from '../../api/session';
import type { Group } from '../../api/types';
import { can } from '../../lib/can';
import { paths, withQuery } from '../../lib/paths';
import { usePageState, useUrlState } from '../../lib/url';
import { count } from '../../lib/words';
import { type Column, DataTable } from '../../ui/DataTable';
import { CountLink, Link } from '../../ui/Link';
import { Button, Stack } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { SearchField } from '../../ui/SearchField';
import { EmptyState } from '../../ui/states';
import { Time } from '../../ui/Time';
import { DeleteGroup } from './DeleteGroup';
import { GroupDialog } from './GroupDialog';
import { useGroups } from './queries';

/** Members are users, whom operators may not list: there the number is no link. */
const columnsFor = (seesUsers: boolean): Column<Group>[] => [
  {
    key: 'name',
    name: 'Name',
    width: 200,
    grow: true,
    cell: (g) => <Link to={paths.group(g.id)}>{g.name}</Link>,
  },
  {
    key: 'description',
    name: 'Description',
    width: 280,
    grow: true,
    cell: (g) => <span title={g.description}>{g.description || '–'}</span>,
  },
  {
    key: 'hosts',
    name: 'Hosts',
    width: 90,
    align: 'right',
    cell: (g) => (
      <CountLink
        n={g.host_count}
        to={withQuery(paths.hosts, { group_id: g.id })}
        label={`hosts in ${g.name}`}
      />
    ),
  },
  {
    key: 'members',
    name: 'Members',
    width: 90,
    align: 'right',
    cell: (g) =>
      seesUsers ? (
        <CountLink
          n={g.member_count}
          to={withQuery(paths.users, { group_id: g.id })}
          label={`members of ${g.name}`}
        />
      ) : (
        <span className="num">{g.member_count}</span>
      ),
  },
  { key: 'created', name: 'Made', width: 110, cell: (g) => <Time at={g.created_at} /> },
];

/** Which operators may touch which hosts? */
export default function GroupsPage() {
  const [get, set] = useUrlState();
  const [at, setAt] = usePageState();
  const navigate = useNavigate();
  const me = useSession().user;
  const mayChange = can(me, 'groups.manage');
  const q = get('q');
  const groups = useGroups({ q: q || undefined, page: at.page, page_size: at.pageSize });
  const [deleting, setDeleting] = useState<Group | null>(null);
  const columns = [
    ...columnsFor(can(me, 'users.read')),
    ...(mayChange
      ? [
          {
            key: 'action',
            name: 'Action',
            width: 100,
            align: 'right' as const,
            cell: (g: Group) => (
              <Button
                color="error"
                aria-label={`Delete group ${g.name}`}
                onClick={() => setDeleting(g)}
              >
                Delete…
              </Button>
            ),
          },
        ]
      : []),
  ];
  const create = mayChange && (
    <Button variant="contained" onClick={() => set({ new: '1' }, true)}>
      New group
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Groups"
        subtitle={
          groups.data
            ? `${count(groups.data.total, 'group')}: an operator sees the hosts of their groups`
            : 'Loading'
        }
        actions={create}
      />
      <Panel flush>
        <Stack direction="row" sx={{ p: 1.5 }}>
          <SearchField
            label="Search groups"
            value={q}
            onChange={(text) => set({ q: text, page: undefined })}
          />
        </Stack>
        <DataTable
          label="Groups"
          columns={columns}
          rows={groups.data?.items}
          total={groups.data?.total ?? 0}
          rowId={(g) => g.id}
          at={at}
          onChange={setAt}
          busy={groups.isPlaceholderData}
          problem={problemOf(groups)}
          empty={
            q ? (
              <EmptyState
                title="No group matches"
                action={
                  <Button variant="outlined" onClick={() => set({ q: undefined })}>
                    Clear the search
                  </Button>
                }
              />
            ) : (
              <EmptyState title="No groups" action={create}>
                {mayChange
                  ? 'A group joins hosts with the operators who may patch them. Without one only admins can.'
                  : 'You are in no group yet, so you see no host. Ask an admin to add you to one.'}
              </EmptyState>
            )
          }
        />
      </Panel>
      {mayChange && get('new') === '1' && (
        <GroupDialog
          onClose={() => set({ new: undefined })}
          onSaved={(id) => navigate(paths.group(id), { replace: true })}
        />
      )}
      {deleting && (
        <DeleteGroup
          group={deleting}
          onClose={() => setDeleting(null)}
          onDeleted={() => setDeleting(null)}
        />
      )}
    </>
  );
}
