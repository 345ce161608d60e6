import { messageOf, requestIdOf } from '../../api/errors';
import type { Group } from '../../api/types';
import { count } from '../../lib/words';
import { Confirm } from '../../ui/Confirm';
import { notify } from '../../ui/notify';
import { useDeleteGroup, useHostsOf, useMembers } from './queries';
import { lostSight, sightWords } from './sight';

/** Deletes a group after saying who loses sight of what. */
export function DeleteGroup(props: { group: Group; onClose: () => void; onDeleted: () => void }) {
  const { group } = props;
  const hosts = useHostsOf(group.id);
  const members = useMembers(group.id);
  const remove = useDeleteGroup(group.id, () => {
    notify(`${group.name} was deleted.`, 'success');
    props.onDeleted();
  });
  const error = remove.error ?? hosts.error ?? members.error;
  const known = hosts.data && members.data;
  return (
    <Confirm
      open
      title="Delete group"
      verb="Delete 1 group"
      danger
      typed={group.host_count > 0 && group.member_count > 0 ? group.name : undefined}
      disabled={!known}
      busy={remove.isPending}
      error={error ? messageOf(error) : undefined}
      requestId={requestIdOf(error)}
      onClose={props.onClose}
      onConfirm={() => remove.mutate()}
    >
      The group <strong>{group.name}</strong> is deleted. Its {count(group.host_count, 'host')} and{' '}
      {count(group.member_count, 'member')} stay.{' '}
      <span role="status">
        {known
          ? sightWords(
              lostSight(group.id, members.data.items, hosts.data.items),
              hosts.data.total > hosts.data.items.length,
            )
          : 'Looking who loses sight of which hosts.'}
      </span>
    </Confirm>
  );
}
