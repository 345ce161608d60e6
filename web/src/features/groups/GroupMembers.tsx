import { useState } from 'react';
import { messageOf, requestIdOf } from '../../api/errors';
import { problemOf } from '../../api/problem';
import { useSession } from '../../api/session';
import type { Group, UserRow } from '../../api/types';
import { can } from '../../lib/can';
import { paths } from '../../lib/paths';
import { count, plain } from '../../lib/words';
import { Confirm } from '../../ui/Confirm';
import { FormDialog } from '../../ui/FormDialog';
import { Link } from '../../ui/Link';
import { Box, Button } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { Panel } from '../../ui/Page';
import { PickMany } from '../../ui/PickMany';
import { SimpleTable } from '../../ui/SimpleTable';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { Time } from '../../ui/Time';
import { useChangeMembers, useEverybody, useHostsOf, useMembers } from './queries';
import { lostSight, sightWords } from './sight';

/** Who sees and patches the hosts of a group. */
export function GroupMembers({ group }: { group: Group }) {
  const members = useMembers(group.id);
  // Membership is part of an account: who may change users may change it.
  const mayChange = can(useSession().user, 'users.manage');
  const [asked, setAsked] = useState<'add' | UserRow | null>(null);
  const problem = problemOf(members);
  const items = members.data?.items;
  const add = mayChange && (
    <Button variant="contained" disabled={!items} onClick={() => setAsked('add')}>
      Add members
    </Button>
  );
  return (
    <Panel title="Members" flush actions={items && items.length > 0 ? add : undefined}>
      {problem && <ErrorState {...problem} onRetry={problem.retry} />}
      {!problem && !items && (
        <Box sx={{ p: 2 }}>
          <TextSkeleton lines={4} />
        </Box>
      )}
      {items &&
        (items.length > 0 ? (
          <List items={items} onRemove={mayChange ? setAsked : undefined} />
        ) : (
          <EmptyState title="No members" action={add}>
            Only admins patch these hosts, and auditors see them.
          </EmptyState>
        ))}
      {items && asked === 'add' && (
        <AddMembers group={group} members={items} onClose={() => setAsked(null)} />
      )}
      {items && asked && asked !== 'add' && (
        <RemoveMember group={group} member={asked} onClose={() => setAsked(null)} />
      )}
    </Panel>
  );
}

function List(props: { items: UserRow[]; onRemove?: (user: UserRow) => void }) {
  return (
    <SimpleTable
      caption="Members"
      rows={props.items}
      rowKey={(u) => u.id}
      columns={[
        { name: 'User name', cell: (u) => <Link to={paths.user(u.id)}>{u.username}</Link> },
        { name: 'Name', cell: (u) => u.display_name || '–' },
        {
          name: 'Role',
          cell: (u) =>
            u.role === 'operator' ? 'Operator' : `${plain(u.role)}: sees all hosts anyway`,
        },
        { name: 'Status', cell: (u) => plain(u.status) },
        { name: 'Last sign-in', cell: (u) => <Time at={u.last_sign_in_at} /> },
        {
          name: 'Action',
          align: 'right',
          cell: (u) =>
            props.onRemove && (
              <Button
                color="error"
                aria-label={`Remove member ${u.username}`}
                onClick={() => props.onRemove?.(u)}
              >
                Remove…
              </Button>
            ),
        },
      ]}
    />
  );
}

function AddMembers(props: { group: Group; members: UserRow[]; onClose: () => void }) {
  const everybody = useEverybody();
  const [ids, setIds] = useState<string[]>([]);
  const there = new Set(props.members.map((u) => u.id));
  const save = useChangeMembers(props.group.id, () => {
    notify(`${count(ids.length, 'member')} added to ${props.group.name}.`, 'success');
    props.onClose();
  });
  const error = save.error ?? everybody.error;
  return (
    <FormDialog
      open
      title={`Add members to ${props.group.name}`}
      submit={`Add ${count(ids.length, 'member')}`}
      busy={save.isPending}
      error={error ? messageOf(error) : undefined}
      requestId={requestIdOf(error)}
      onClose={props.onClose}
      onSubmit={(event) => {
        event.preventDefault();
        if (ids.length > 0) save.mutate({ add: ids });
      }}
    >
      <PickMany
        label="Users"
        autoFocus
        loading={everybody.isPending}
        options={(everybody.data?.items ?? [])
          .filter((u) => !there.has(u.id))
          .map((u) => ({
            id: u.id,
            name: u.display_name ? `${u.username} (${u.display_name})` : u.username,
          }))}
        value={ids}
        onChange={setIds}
        noOptions="Nobody else is there to add."
        helper={`Operators among them will see and may patch ${count(props.group.host_count, 'host')}.`}
      />
    </FormDialog>
  );
}

function RemoveMember(props: { group: Group; member: UserRow; onClose: () => void }) {
  const { group, member } = props;
  const hosts = useHostsOf(group.id);
  const save = useChangeMembers(group.id, () => {
    notify(`${member.username} is no longer in ${group.name}.`, 'success');
    props.onClose();
  });
  const error = save.error ?? hosts.error;
  return (
    <Confirm
      open
      title="Remove member"
      verb="Remove 1 member"
      danger
      disabled={!hosts.data}
      busy={save.isPending}
      error={error ? messageOf(error) : undefined}
      requestId={requestIdOf(error)}
      onClose={props.onClose}
      onConfirm={() => save.mutate({ remove: member.id })}
    >
      <strong>{member.username}</strong> leaves {group.name}.{' '}
      <span role="status">
        {hosts.data
          ? sightWords(
              lostSight(group.id, [member], hosts.data.items),
              hosts.data.total > hosts.data.items.length,
            )
          : 'Looking which hosts are lost from sight.'}
      </span>
    </Confirm>
  );
}
