import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { isNotFound } from '../../api/errors';
import { problemOf } from '../../api/problem';
import { useSession } from '../../api/session';
import type { Group } from '../../api/types';
import { can } from '../../lib/can';
import { deployTo, paths } from '../../lib/paths';
import { LinkButton } from '../../ui/LinkButton';
import { LinkTabs } from '../../ui/LinkTabs';
import { MenuButton } from '../../ui/MenuButton';
import { MenuItem } from '../../ui/mui';
import { notify } from '../../ui/notify';
import { PageHeader, Panel } from '../../ui/Page';
import { EmptyState, ErrorState, TextSkeleton } from '../../ui/states';
import { DeleteGroup } from './DeleteGroup';
import { GroupDialog } from './GroupDialog';
import { GroupHosts } from './GroupHosts';
import { GroupMembers } from './GroupMembers';
import { useGroup } from './queries';

/** Who may do what to which hosts? */
export default function GroupPage() {
  const { id = '', tab = 'hosts' } = useParams();
  const group = useGroup(id);
  if (group.error && isNotFound(group.error)) return <Gone />;
  const problem = problemOf(group);
  if (!group.data)
    return (
      <>
        <PageHeader title="Group" />
        {problem ? (
          <ErrorState {...problem} onRetry={problem.retry} />
        ) : (
          <Panel>
            <TextSkeleton lines={8} />
          </Panel>
        )}
      </>
    );
  return <GroupView group={group.data} tab={tab} />;
}

const Gone = () => (
  <Panel>
    <EmptyState
      title="No such group"
      action={
        <LinkButton to={paths.groups} variant="outlined">
          All groups
        </LinkButton>
      }
    >
      It was deleted, or it never existed, or you are not in it.
    </EmptyState>
  </Panel>
);

function GroupView({ group, tab }: { group: Group; tab: string }) {
  const me = useSession().user;
  const seesUsers = can(me, 'users.read');
  const shown = tab === 'members' && seesUsers ? 'members' : 'hosts';
  const tabs = [
    { id: 'hosts', label: 'Hosts', to: paths.group(group.id), count: group.host_count },
    {
      id: 'members',
      label: 'Members',
      to: paths.group(group.id, 'members'),
      count: group.member_count,
    },
  ];
  return (
    <>
      <PageHeader
        title={group.name}
        subtitle={group.description || 'No description'}
        actions={
          <>
            {can(me, 'groups.manage') && <Actions group={group} />}
            {can(me, 'fleet.operate') && group.host_count > 0 && (
              <LinkButton variant="contained" to={deployTo({ filter: `group_id=${group.id}` })}>
                Deploy
              </LinkButton>
            )}
          </>
        }
      />
      <LinkTabs
        label="Parts of this group"
        selected={shown}
        tabs={tabs.filter((t) => seesUsers || t.id !== 'members')}
      />
      {shown === 'hosts' ? <GroupHosts group={group} /> : <GroupMembers group={group} />}
    </>
  );
}

function Actions({ group }: { group: Group }) {
  const navigate = useNavigate();
  const [asked, setAsked] = useState<'edit' | 'delete' | null>(null);
  const choose = (what: 'edit' | 'delete', close: () => void) => () => {
    close();
    setAsked(what);
  };
  return (
    <>
      <MenuButton
        variant="outlined"
        label="More"
        items={(close) => [
          <MenuItem key="edit" onClick={choose('edit', close)}>
            Edit name and description…
          </MenuItem>,
          <MenuItem key="delete" onClick={choose('delete', close)}>
            Delete group…
          </MenuItem>,
        ]}
      />
      {asked === 'edit' && (
        <GroupDialog
          group={group}
          onClose={() => setAsked(null)}
          onSaved={() => {
            setAsked(null);
            notify('The group was saved.', 'success');
          }}
        />
      )}
      {asked === 'delete' && (
        <DeleteGroup
          group={group}
          onClose={() => setAsked(null)}
          onDeleted={() => navigate(paths.groups)}
        />
      )}
    </>
  );
}
