import { groupNames } from '../../api/groups';
import type { Group, UserRow } from '../../api/types';
import { paths } from '../../lib/paths';
import { listOf } from '../../lib/words';
import type { Column } from '../../ui/DataTable';
import { CountLink, Link } from '../../ui/Link';
import { Box, Tooltip } from '../../ui/mui';
import { StatusPill } from '../../ui/StatusPill';
import { Time } from '../../ui/Time';
import { factorWords, roleName, userStatus } from './words';

function GroupsCell(props: { user: UserRow; groups: Group[] | undefined }) {
  if (props.user.role !== 'operator') return <Quiet>all hosts</Quiet>;
  const names = groupNames(props.user.group_ids, props.groups);
  if (names.length === 0) return <Quiet>none: sees no host</Quiet>;
  return (
    <Tooltip title={names.join('\n')} describeChild>
      <span>{listOf(names, 2)}</span>
    </Tooltip>
  );
}

const Quiet = (props: { children: string }) => (
  <Box component="span" sx={{ color: 'text.secondary' }}>
    {props.children}
  </Box>
);

/** Who, what they may, whether they can, and when they last did. */
export const userColumns = (groups: Group[] | undefined): Column<UserRow>[] => [
  {
    key: 'username',
    name: 'User name',
    width: 124,
    grow: true,
    sortable: true,
    cell: (u) => <Link to={paths.user(u.id)}>{u.username}</Link>,
  },
  { key: 'display_name', name: 'Name', width: 120, grow: true, cell: (u) => u.display_name || '–' },
  { key: 'role', name: 'Role', width: 80, cell: (u) => roleName(u.role) },
  {
    key: 'groups',
    name: 'Groups',
    width: 150,
    grow: true,
    cell: (u) => <GroupsCell user={u} groups={groups} />,
  },
  {
    key: 'status',
    name: 'Status',
    width: 138,
    cell: (u) => <StatusPill status={userStatus(u.status)} />,
  },
  {
    key: 'mfa',
    name: 'Second factors',
    width: 152,
    cell: (u) => (u.mfa.length > 0 ? factorWords(u) : <Quiet>{factorWords(u)}</Quiet>),
  },
  {
    key: 'last_sign_in',
    name: 'Last sign-in',
    width: 100,
    sortable: true,
    cell: (u) => <Time at={u.last_sign_in_at} />,
  },
  {
    key: 'sessions',
    name: 'Sessions',
    width: 76,
    align: 'right',
    cell: (u) => (
      <CountLink n={u.sessions} to={paths.user(u.id)} label={`sessions of ${u.username}`} />
    ),
  },
];
