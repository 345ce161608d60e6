import { useMemo } from 'react';
import { useAllGroups } from '../../api/groups';
import { problemOf } from '../../api/problem';
import { useSession } from '../../api/session';
import type { Role, UserRow } from '../../api/types';
import { can } from '../../lib/can';
import { usePageState, useUrlState } from '../../lib/url';
import { count } from '../../lib/words';
import { Choice } from '../../ui/Choice';
import { DataTable } from '../../ui/DataTable';
import { Button, Stack } from '../../ui/mui';
import { PageHeader, Panel } from '../../ui/Page';
import { SearchField } from '../../ui/SearchField';
import { EmptyState } from '../../ui/states';
import { userColumns } from './columns';
import { NewUser } from './NewUser';
import { type UserFilter, useUsers } from './queries';
import { roles, statusOptions } from './words';

/** The filter as the address says it; nonsense is left out. */
function filterFrom(get: (name: string) => string): UserFilter {
  const known = <T extends string>(value: string, options: readonly (readonly string[])[]) =>
    options.some(([option]) => option === value) ? [value as T] : undefined;
  return {
    q: get('q') || undefined,
    role: known<Role>(get('role'), roles),
    status: known<UserRow['status']>(get('status'), statusOptions),
    group_id: get('group_id') || undefined,
  };
}

/** Who has access, to what, and is it used? */
export default function UsersPage() {
  const [get, set] = useUrlState();
  const [at, setAt] = usePageState({ sort: 'username', order: 'asc' });
  const filter = filterFrom(get);
  const filtered = Object.values(filter).some(Boolean);
  const users = useUsers({
    ...filter,
    sort: at.sort === 'last_sign_in' ? 'last_sign_in' : 'username',
    order: at.order,
    page: at.page,
    page_size: at.pageSize,
  });
  const groups = useAllGroups().data?.items;
  const columns = useMemo(() => userColumns(groups), [groups]);
  const mayChange = can(useSession().user, 'users.manage');
  const change = (values: Record<string, string | undefined>) =>
    set({ ...values, page: undefined });
  return (
    <>
      <PageHeader
        title="Users"
        subtitle={
          users.data ? `${count(users.data.total, 'user')}${filtered ? ' match' : ''}` : 'Loading'
        }
        actions={
          mayChange && (
            <Button variant="contained" onClick={() => set({ new: '1' }, true)}>
              New user
            </Button>
          )
        }
      />
      <Panel flush>
        <Stack direction="row" sx={{ p: 1.5, gap: 1, flexWrap: 'wrap' }}>
          <SearchField label="Search users" value={get('q')} onChange={(q) => change({ q })} />
          <Choice
            label="Role"
            value={get('role')}
            options={roles.map(([value, name]) => [value, name])}
            onChange={(role) => change({ role })}
            width={120}
          />
          <Choice
            label="Status"
            value={get('status')}
            options={statusOptions}
            onChange={(status) => change({ status })}
          />
          <Choice
            label="Group"
            value={get('group_id')}
            options={(groups ?? []).map((g) => [g.id, `${g.name} (${g.member_count})`])}
            onChange={(group_id) => change({ group_id })}
            width={180}
          />
        </Stack>
        <DataTable
          label="Users"
          columns={columns}
          rows={users.data?.items}
          total={users.data?.total ?? 0}
          rowId={(u) => u.id}
          at={at}
          onChange={setAt}
          busy={users.isPlaceholderData}
          problem={problemOf(users)}
          empty={
            <EmptyState
              title="No user matches"
              action={
                <Button
                  variant="outlined"
                  onClick={() => change({ q: '', role: '', status: '', group_id: '' })}
                >
                  Clear the filter
                </Button>
              }
            >
              Change the search words or one of the filters.
            </EmptyState>
          }
        />
      </Panel>
      {mayChange && get('new') === '1' && <NewUser onClose={() => set({ new: undefined })} />}
    </>
  );
}
